//! Lessons from the site's files.

use kumquat_protocol::lesson::{Lesson, LessonSummary, Term};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::session::Assets;

/// The list of lessons, in their order.
pub async fn list(assets: &Assets) -> Result<Vec<LessonSummary>, String> {
    fetch(&format!("{}lessons.json", assets.base)).await
}

/// One lesson, whole.
pub async fn lesson(assets: &Assets, id: &str) -> Result<Lesson, String> {
    fetch(&format!("{}lesson-{id}.json", assets.base)).await
}

/// What Citus's terms mean.
pub async fn glossary(assets: &Assets) -> Result<Vec<Term>, String> {
    fetch(&format!("{}glossary.json", assets.base)).await
}

async fn fetch<T: DeserializeOwned>(address: &str) -> Result<T, String> {
    let json = json(address).await.map_err(|error| format!("{address}: {error:?}"))?;
    serde_wasm_bindgen::from_value(json).map_err(|error| format!("{address}: {error}"))
}

async fn json(address: &str) -> Result<JsValue, JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: Response = JsFuture::from(window.fetch_with_str(address)).await?.dyn_into()?;
    if !response.ok() {
        return Err(JsValue::from(response.status()));
    }
    JsFuture::from(response.json()?).await
}
