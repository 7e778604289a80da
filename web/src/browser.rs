//! What the browser offers to JavaScript alone, or more simply: `web/js/browser.js`.

use js_sys::{Array, Function};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

#[wasm_bindgen(raw_module = "./browser.js")]
extern "C" {
    /// The number of a desk that is this tab's alone.
    #[wasm_bindgen(js_name = takeDesk)]
    pub async fn take_desk() -> JsValue;

    pub async fn load(desk: u32, lesson: &str) -> JsValue;
    #[wasm_bindgen(js_name = keepRecord)]
    pub fn keep_record(desk: u32, lesson: &str, record: JsValue);
    pub fn append(desk: u32, lesson: &str, number: u32, entry: JsValue);
    pub fn cut(desk: u32, lesson: &str, number: u32);

    /// A text in letters that may stand in a link.
    #[wasm_bindgen(catch)]
    pub async fn pack(text: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    pub async fn unpack(letters: &str) -> Result<JsValue, JsValue>;

    /// Names and texts of files.
    #[wasm_bindgen(catch, js_name = readFiles)]
    pub async fn read_files(files: &Array) -> Result<JsValue, JsValue>;
    /// Gives a text to the browser as a download.
    pub fn save(name: &str, text: &str);

    /// Calls `offer` when a new version of the site is ready.
    #[wasm_bindgen(catch, js_name = offerUpdates)]
    pub async fn offer_updates(offer: &Function) -> Result<JsValue, JsValue>;
    /// Changes to the new version, which reloads the page.
    pub fn update();

    #[wasm_bindgen(catch, js_name = loadEditor)]
    pub async fn load_editor() -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// The module `web/js/editor.js`.
    #[derive(Clone)]
    pub type EditorModule;
    #[wasm_bindgen(method, catch)]
    pub fn mount(this: &EditorModule, parent: &HtmlElement, options: &JsValue) -> Result<EditorView, JsValue>;

    /// One editor.
    pub type EditorView;
    #[wasm_bindgen(method)]
    pub fn set(this: &EditorView, text: &str);
    /// Underlines the place of an error, counted in UTF-16 units, or takes the mark away.
    #[wasm_bindgen(method)]
    pub fn mark(this: &EditorView, place: Option<u32>, message: &str);
    #[wasm_bindgen(method)]
    pub fn focus(this: &EditorView);
    #[wasm_bindgen(method)]
    pub fn destroy(this: &EditorView);
}

/// A value for JavaScript; undefined if it has no form there, which no value of the page lacks.
pub fn to_js<T: Serialize>(value: &T) -> JsValue {
    serde_wasm_bindgen::to_value(value).unwrap_or_default()
}

/// A value from JavaScript, if it has the shape.
pub fn from_js<T: DeserializeOwned>(value: JsValue) -> Option<T> {
    serde_wasm_bindgen::from_value(value).ok()
}

/// An error's message, in its own words.
pub fn message(error: &JsValue) -> String {
    let text = error.dyn_ref::<js_sys::Error>().map(js_sys::Error::message);
    text.map_or_else(|| format!("{error:?}"), String::from)
}
