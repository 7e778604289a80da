//! Debian's packages.

use std::path::Path;

use anyhow::Result;

use crate::process::{command, output, run, say};

/// Whether packages can be installed here: Debian or a relative of it, as root.
pub fn available() -> bool {
    Path::new("/usr/bin/apt-get").exists() && output(&mut command("id", &["-u"])).is_ok_and(|id| id.trim() == "0")
}

/// Installs packages from freshly updated lists.
pub fn install(packages: &[&str]) -> Result<()> {
    say(format!("Installing Debian's {}", packages.join(", ")));
    run(&mut command("apt-get", &["update", "-q"]))?;
    let mut install = command("apt-get", &["install", "-q", "-y", "--no-install-recommends"]);
    run(install.args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
}
