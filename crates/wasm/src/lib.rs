//! wasm-bindgen bindings of the playground: the engine's wasm module.
//!
//! [`Playground`] is the whole interface. A page talks to it through `js/worker.js`, which holds
//! one in a Web Worker and hands each request to [`Playground::answer`]; a test or a script
//! calls [`Playground::run`] and [`Playground::view`] itself. The TypeScript declarations of
//! the values come from `kumquat-protocol`.

use kumquat_playground::protocol::message::{Options, Reply, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

/// A cluster of a coordinator and two workers, and psql on its coordinator.
#[wasm_bindgen]
pub struct Playground {
    inner: kumquat_playground::Playground,
}

#[wasm_bindgen]
impl Playground {
    /// `seed` feeds `random()` and its kin; `clock` is the session's start in seconds since
    /// 1970-01-01 UTC. The same seed, clock and statements give the same output.
    #[wasm_bindgen(constructor)]
    pub fn new(seed: u32, clock: f64) -> Playground {
        let inner = kumquat_playground::Playground::new(&Options {
            seed,
            clock,
            ..Options::default()
        });
        Playground { inner }
    }

    /// Runs a text as if it were typed into psql.
    #[wasm_bindgen(unchecked_return_type = "StatementOutcome[]")]
    pub fn run(&mut self, text: &str) -> Result<JsValue, JsError> {
        let mut outcomes = Vec::new();
        self.inner.run(text, &mut |outcome| outcomes.push(outcome));
        to_js(&outcomes)
    }

    /// How the session stands: psql's prompt and the cluster.
    #[wasm_bindgen(unchecked_return_type = "SessionView")]
    pub fn view(&self) -> Result<JsValue, JsError> {
        to_js(&self.inner.view())
    }

    /// Keeps the present state and returns its number.
    pub fn snapshot(&mut self) -> u32 {
        self.inner.snapshot()
    }

    /// Goes back to a kept state; false if there is none under that number.
    pub fn restore(&mut self, snapshot: u32) -> bool {
        self.inner.restore(snapshot)
    }

    /// Looks whether the goal of a lesson's step is reached.
    #[wasm_bindgen(unchecked_return_type = "CheckResult")]
    pub fn check(&self, #[wasm_bindgen(unchecked_param_type = "Check")] check: JsValue) -> Result<JsValue, JsError> {
        to_js(&self.inner.check(&from_js(check)?))
    }

    /// Answers a request: calls `report` with every reply but the last, which it returns.
    #[wasm_bindgen(unchecked_return_type = "Reply")]
    pub fn answer(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Request")] request: JsValue,
        #[wasm_bindgen(unchecked_param_type = "(reply: Reply) => void")] report: &js_sys::Function,
    ) -> Result<JsValue, JsError> {
        let request: Request = from_js(request)?;
        let last = self.inner.answer(request, &mut |reply: Reply| {
            if let Ok(reply) = to_js(&reply) {
                // A listener that throws must not stop the statements.
                let _ = report.call1(&JsValue::NULL, &reply);
            }
        });
        to_js(&last)
    }
}

fn to_js<T: Serialize>(value: &T) -> Result<JsValue, JsError> {
    Ok(serde_wasm_bindgen::to_value(value)?)
}

fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, JsError> {
    Ok(serde_wasm_bindgen::from_value(value)?)
}
