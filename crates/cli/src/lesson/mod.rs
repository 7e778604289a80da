//! `kumquat lesson`: tools for those who write lessons.
//!
//! - `check`: proves that a lesson can be done as it is written
//! - `new`: begins a lesson file

mod check;
mod new;

use std::path::Path;
use std::process::ExitCode;

use kumquat_lessons::Result;

const USAGE: &str = "\
Usage: kumquat lesson check PATH...   run each lesson's solutions and checks
       kumquat lesson script FILE     print a lesson's SQL as a psql script
       kumquat lesson new FILE        write a lesson to begin with
";

/// Carries out the command; arguments are those after `lesson`.
pub fn run(arguments: &[String]) -> ExitCode {
    let outcome = match arguments.split_first() {
        Some((command, paths)) if command == "check" && !paths.is_empty() => check::paths(paths),
        Some((command, [path])) if command == "script" => script(path),
        Some((command, [path])) if command == "new" => Ok(new::write(Path::new(path))),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn script(path: &str) -> Result<bool> {
    let lesson = kumquat_lessons::read_file(Path::new(path))?;
    print!("{}", kumquat_lessons::script(&lesson));
    Ok(true)
}
