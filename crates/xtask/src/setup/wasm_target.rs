//! The standard library for `wasm32-unknown-unknown`.
//!
//! rustup brings it where its server can be reached. Where it can't, Debian's own compiler for
//! the web builds it from source.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::apt;
use crate::process::{cargo, command, output, path_with, say, succeeds};

const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];

/// The compiler that builds for the target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Compiler {
    /// The machine's ordinary one.
    Ordinary,
    /// Debian's, which builds the standard library along with the crates.
    Debian,
}

/// Makes sure that something builds for the target.
pub fn install() -> Result<Compiler> {
    if has_target() {
        return Ok(Compiler::Ordinary);
    }
    if has_debian_compiler() {
        return Ok(Compiler::Debian);
    }
    say(format!("Adding the target {TARGET} with rustup"));
    if succeeds(&mut command("rustup", &["target", "add", TARGET])) {
        return Ok(Compiler::Ordinary);
    }
    say("rustup can't bring the target; trying Debian's compiler for the web");
    if !apt::available() {
        bail!(
            "the target {TARGET} is missing. Run `rustup target add {TARGET}`, or on Debian, as \
             root, `apt-get install {}`",
            DEBIAN_PACKAGES.join(" ")
        );
    }
    apt::install(&DEBIAN_PACKAGES)?;
    Ok(Compiler::Debian)
}

impl Compiler {
    /// `cargo` as this compiler wants it.
    pub fn cargo(self, arguments: &[&str]) -> Result<Command> {
        let mut command = cargo(arguments);
        self.dress(&mut command)?;
        Ok(command)
    }

    /// Sets the environment in which a command (cargo, or wasm-pack that calls it) finds this
    /// compiler.
    pub fn dress(self, command: &mut Command) -> Result<()> {
        if self == Compiler::Ordinary {
            return Ok(());
        }
        // `cargo run` puts rustup's toolchain first; Debian's programs lie in /usr/bin.
        command
            .env("PATH", path_with(&["/usr/bin".into()])?)
            .env_remove("RUSTC")
            .env_remove("CARGO")
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-22")
            .env("CARGO_TARGET_DIR", crate::process::root().join("target/debian"));
        Ok(())
    }

    /// Where cargo puts what it builds for the target.
    pub fn output_directory(self) -> std::path::PathBuf {
        let target = crate::process::root().join("target");
        match self {
            Compiler::Ordinary => target.join(TARGET),
            Compiler::Debian => target.join("debian").join(TARGET),
        }
    }
}

fn has_target() -> bool {
    output(&mut command("rustc", &["--print", "target-libdir", "--target", TARGET]))
        .is_ok_and(|directory| Path::new(directory.trim()).is_dir())
}

fn has_debian_compiler() -> bool {
    ["/usr/bin/cargo", "/usr/bin/rustc", "/usr/bin/wasm-ld-22"]
        .iter()
        .all(|program| Path::new(program).exists())
        && Path::new("/usr/src").exists()
        && succeeds(&mut command("dpkg", &["-s", DEBIAN_PACKAGES[2]]))
}
