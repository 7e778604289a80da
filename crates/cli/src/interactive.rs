//! `kumquat` on a terminal: a prompt like psql's, with line editing and history.

use std::io::{IsTerminal, Read};
use std::process::ExitCode;

use kumquat_psql::Output;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::session::new_psql;

pub fn run() -> ExitCode {
    if !std::io::stdin().is_terminal() {
        return run_piped();
    }
    let mut editor = match DefaultEditor::new() {
        Ok(editor) => editor,
        Err(error) => {
            eprintln!("kumquat: {error}");
            return ExitCode::from(2);
        }
    };
    println!("Kumquat: psql over a simulated Citus cluster (a coordinator and two workers).");
    println!("Type \\? for the commands it knows, \\q to leave.\n");
    let mut psql = new_psql();
    while !psql.has_quit() {
        match editor.readline(&psql.prompt()) {
            Ok(line) => {
                if !line.trim().is_empty() {
                    // A full history is no reason to stop.
                    let _ = editor.add_history_entry(line.as_str());
                }
                let mut out = Output::default();
                psql.feed(&format!("{line}\n"), &mut out);
                print!("{}", out.text());
            }
            Err(ReadlineError::Interrupted) => psql.discard_pending(),
            Err(ReadlineError::Eof) => break,
            Err(error) => {
                eprintln!("kumquat: {error}");
                return ExitCode::from(2);
            }
        }
    }
    ExitCode::SUCCESS
}

/// Input from a pipe is a script, as it is to psql.
fn run_piped() -> ExitCode {
    let mut script = String::new();
    if let Err(error) = std::io::stdin().read_to_string(&mut script) {
        eprintln!("kumquat: {error}");
        return ExitCode::from(2);
    }
    let mut psql = new_psql();
    let mut out = Output::default();
    psql.run_script(&script, &mut out);
    print!("{}", out.text());
    ExitCode::SUCCESS
}
