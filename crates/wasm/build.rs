//! Gives the wasm module a stack that holds what the engine's bounds on nesting let through.

fn main() {
    if std::env::var("TARGET").is_ok_and(|target| target.starts_with("wasm32")) {
        println!("cargo::rustc-link-arg=-zstack-size={}", 4 << 20);
    }
    println!("cargo::rerun-if-changed=build.rs");
}
