//! Programs from crates.io, built into `target/tools`.

use std::path::PathBuf;

use anyhow::Result;

use crate::process::{cargo, root, run, say};

/// wasm-pack, and the runner it starts for `wasm-pack test`, of wasm-bindgen's own version.
const TOOLS: [(&str, &str, &str); 2] = [
    ("wasm-pack", "0.15.1", "wasm-pack"),
    ("wasm-bindgen-cli", "0.2.130", "wasm-bindgen-test-runner"),
];

/// Installs what is missing and returns the directory that holds the programs.
pub fn install() -> Result<PathBuf> {
    let directory = root().join("target/tools");
    let binaries = directory.join("bin");
    for (package, version, program) in TOOLS {
        if binaries.join(program).exists() {
            continue;
        }
        say(format!(
            "Installing {package} {version} into target/tools (some minutes, once)"
        ));
        let mut install = cargo(&["install", package, "--version", version, "--bins"]);
        run(install
            .arg("--root")
            .arg(&directory)
            .env("CARGO_TARGET_DIR", directory.join("build"))
            // Built once and run a few times: compile fast.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"))?;
    }
    Ok(binaries)
}
