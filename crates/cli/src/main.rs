//! The `kumquat` binary.

mod lesson;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((command, rest)) if command == "lesson" => lesson::run(rest),
        _ => {
            eprintln!("Usage: kumquat lesson ...");
            ExitCode::from(2)
        }
    }
}
