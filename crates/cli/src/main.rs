//! The `kumquat` binary: a psql over a simulated cluster, and tools for authors of lessons.

mod interactive;
mod lesson;
mod run;
mod session;

use std::process::ExitCode;

const USAGE: &str = "\
Usage:
  kumquat                       a prompt like psql's
  kumquat run FILE.sql          print what psql -X -a < FILE.sql prints
  kumquat lesson check PATH     run the solutions and checks of lessons
  kumquat lesson script FILE    print a lesson's SQL as one script
  kumquat lesson new FILE       write a lesson to begin with
";

/// Deeply nested statements recurse; the main thread's stack may be too small for as deep as PostgreSQL goes.
const STACK_BYTES: usize = 256 << 20;

fn main() -> ExitCode {
    let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(dispatch);
    match worker.map(|thread| thread.join()) {
        Ok(Ok(code)) => code,
        _ => ExitCode::from(3),
    }
}

fn dispatch() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => interactive::run(),
        ["run", file] => run::run(file),
        ["lesson", ..] => lesson::run(arguments.get(1..).unwrap_or_default()),
        ["--help" | "-h" | "help"] => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => {
            eprint!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
