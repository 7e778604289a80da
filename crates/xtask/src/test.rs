//! Every test there is, by parts.

use std::fs;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::conformance;
use crate::process::{cargo, command, path_with, root, run, say};
use crate::setup::{chromium, node, tools, wasm_target};
use crate::{serve, site};

type Part = (&'static str, fn() -> Result<()>);

/// A part's name and what runs it, quickest to fail first.
const PARTS: [Part; 5] = [
    ("native", native),
    ("conformance", conformance::test),
    ("lessons", lessons),
    ("wasm", wasm),
    ("browser", browser),
];

/// Runs the parts named, or all.
pub fn test(names: &[String]) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| PARTS.iter().all(|(part, _)| part != name)) {
        bail!("cargo xtask test has no part {unknown}");
    }
    let mut times = Vec::new();
    for (name, part) in PARTS {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            say(format!("Testing: {name}"));
            let start = Instant::now();
            part()?;
            times.push((name, start.elapsed()));
        }
    }
    say("All tests passed");
    for (name, time) in times {
        println!("{name:<12} {:>6.1} s", time.as_secs_f64());
    }
    Ok(())
}

/// `cargo fmt --check` and clippy, warnings as errors.
pub fn lint() -> Result<()> {
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    run(&mut cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn native() -> Result<()> {
    run(&mut cargo(&["test", "--workspace"]))
}

/// Writes `docs/coverage.md` from what the engine answers; a test fails when the page is stale.
pub fn coverage() -> Result<()> {
    let write = ["test", "--package", "kumquat-playground", "--test", "laws", "coverage"];
    run(cargo(&write).env("KUMQUAT_WRITE_COVERAGE", "1"))
}

fn lessons() -> Result<()> {
    let check = ["run", "--package", "kumquat-cli", "--", "lesson", "check", "lessons"];
    run(&mut cargo(&check))
}

/// The bindings' tests, in Node and in Chromium.
fn wasm() -> Result<()> {
    let compiler = wasm_target::install()?;
    let tools = tools::install()?;
    let browser = chromium::install()?;
    let driver = browser.driver.to_string_lossy().into_owned();
    let in_node = ["--node"];
    let in_chromium = ["--headless", "--chrome", "--chromedriver", driver.as_str()];
    for place in [&in_node[..], &in_chromium[..]] {
        let mut test = command(tools.join("wasm-pack"), &["test"]);
        test.args(place).args(["--mode", "no-install", "crates/wasm"]);
        compiler.dress(&mut test)?;
        let path = test
            .get_envs()
            .find(|(name, _)| *name == "PATH")
            .and_then(|(_, value)| value);
        let path = match path {
            Some(path) => std::env::join_paths(std::iter::once(tools.clone()).chain(std::env::split_paths(path)))?,
            None => path_with(std::slice::from_ref(&tools))?,
        };
        run(test.env("PATH", path))?;
    }
    Ok(())
}

/// The page, clicked through in Chromium.
fn browser() -> Result<()> {
    let mut arguments = vec![
        "--test".into(),
        "--test-concurrency=1".into(),
        "--test-reporter=spec".into(),
    ];
    for entry in fs::read_dir(root().join("tests/browser"))? {
        let path = entry?.path().to_string_lossy().into_owned();
        if path.ends_with(".test.mjs") {
            arguments.push(path);
        }
    }
    arguments.sort();
    in_browser(&arguments)
}

/// Takes the README's pictures anew.
pub fn picture() -> Result<()> {
    in_browser(&["tests/browser/picture.mjs".into()])
}

/// Times the page from click to paint.
pub fn bench_page() -> Result<()> {
    in_browser(&["tests/bench/paint.mjs".into()])
}

/// Measures the frames per second of the map.
pub fn frames() -> Result<()> {
    in_browser(&["tests/browser/frames.mjs".into()])
}

/// Runs Node with what a browser test needs: the site, served, and a browser.
fn in_browser(arguments: &[String]) -> Result<()> {
    let site = site::build()?;
    let browser = chromium::install()?;
    let address = serve::in_background(site.directory)?;
    run(node::node(arguments)
        .env("KUMQUAT_ADDRESS", address)
        .env("KUMQUAT_CHROMIUM", browser.chromium))
}
