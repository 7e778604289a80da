//! wasm-bindgen bindings of the playground.
