//! What a fresh machine with Rust and Node lacks, brought when it is first needed.
//!
//! - `apt`: Debian's packages, where this runs as root
//! - `node`: packages from npm, by the lock file
//! - `wasm_target`: the standard library for `wasm32-unknown-unknown`
//! - `tools`: wasm-pack and wasm-bindgen-test-runner, built into `target/tools`
//! - `chromium`: a browser and its driver

mod apt;
pub mod chromium;
pub mod node;
pub mod tools;
pub mod wasm_target;
