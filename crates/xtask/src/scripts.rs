//! The page's own JavaScript: what the browser offers only there, and the editor.
//!
//! esbuild bundles each entry with what it imports from npm. Modules that the site has as files
//! of their own stay imports, so that the browser loads them when they are first needed.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::process::{command, root, run, say};
use crate::setup::node;

/// Entries in `web/js`, each a file of the site.
const ENTRIES: [&str; 4] = ["start", "browser", "editor", "service-worker"];

/// Files of the site that are loaded by import.
const APART: [&str; 3] = ["./page.js", "./browser.js", "./editor.js"];

/// Bundles every entry; returns the directory with the bundles.
pub fn build() -> Result<PathBuf> {
    say("Bundling the scripts (esbuild)");
    let directory = root().join("target/site/scripts");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    let mut esbuild = command(node::program("esbuild"), &["--bundle", "--minify", "--format=esm"]);
    esbuild.args(["--target=es2022", "--legal-comments=none", "--log-level=warning"]);
    esbuild.arg(format!("--outdir={}", directory.display()));
    esbuild.args(APART.map(|module| format!("--external:{module}")));
    esbuild.args(ENTRIES.map(|entry| format!("web/js/{entry}.js")));
    run(&mut esbuild)?;
    Ok(directory)
}
