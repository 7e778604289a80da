//! `cargo xtask`: everything this project does besides compiling Rust.
//!
//! - `setup`: brings what a fresh machine lacks, each piece when it is first needed
//! - `site`: builds the page and the engine into `dist/`
//! - `scripts`: the page's JavaScript, bundled
//! - `serve`: serves `dist/` on this machine
//! - `test`: every test there is, by parts
//! - `conformance`: compares with recordings of a real cluster
//! - `coverage`: writes down what there is of Citus
//! - `bench`: times the engine beside its peers
//!
//! Whatever is fetched or built stays inside the tree: `target/`, `node_modules/`, `dist/`.

mod bench;
mod conformance;
mod process;
mod scripts;
mod serve;
mod setup;
mod site;
mod sizes;
mod test;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  serve [PORT]      set up what is missing, build, serve on 127.0.0.1
  build [page]      build the site into dist/ and list its sizes; with `page`, the
                    engine stays as it was built last
  test [PART...]    run every test, or the parts named:
                    native, conformance, lessons, wasm, browser
  conformance       print the conformance table by area
  coverage          write docs/coverage.md: what there is of Citus
  bench [page]      time the engine beside its peers in Node, or the page from click to paint
  picture           take the README's pictures of the page anew
  frames            measure the frames per second of the map at 32 nodes and 4,096 shards
  lint              cargo fmt --check and clippy, warnings as errors
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", arguments),
    };
    match command {
        "serve" => serve::serve(rest.first().map(String::as_str)),
        "build" if rest == ["page"] => site::build_page().map(|site| sizes::print(&site)),
        "build" => site::build().map(|site| sizes::print(&site)),
        "test" => test::test(rest),
        "conformance" => conformance::print_table(),
        "coverage" => test::coverage(),
        "bench" if rest == ["page"] => test::bench_page(),
        "bench" => bench::bench(),
        "lint" => test::lint(),
        "picture" => test::picture(),
        "frames" => test::frames(),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => bail!("cargo xtask has no command {other}\n\n{USAGE}"),
    }
}
