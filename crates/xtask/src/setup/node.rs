//! Packages from npm: the tests' browser driver, wasm-opt, and the peers of the bench.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{command, root, run, say, which};

/// Installs what `package-lock.json` names, unless that very lock is installed already.
pub fn install() -> Result<()> {
    if which("node").is_none() || which("npm").is_none() {
        bail!("Node.js 20 or newer with npm is needed: https://nodejs.org");
    }
    let lock = fs::read(root().join("package-lock.json"))?;
    let stamp = root().join("node_modules/.kumquat-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say("Installing npm packages into node_modules/");
    run(&mut command("npm", &["ci", "--no-audit", "--no-fund"]))?;
    Ok(fs::write(stamp, lock)?)
}

/// A program that an npm package brought.
pub fn program(name: &str) -> PathBuf {
    root().join("node_modules/.bin").join(name)
}

/// `node` with a script's path and arguments.
pub fn node<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    command("node", arguments)
}
