//! `kumquat run FILE.sql`: what `psql -X -a < FILE.sql 2>&1` prints.

use std::io::Write;
use std::process::ExitCode;

use kumquat_psql::Output;

use crate::session::new_psql;

pub fn run(file: &str) -> ExitCode {
    let script = match std::fs::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            eprintln!("{file}: {error}");
            return ExitCode::from(2);
        }
    };
    let mut psql = new_psql();
    psql.variables.set("ECHO", "all");
    let mut out = Output::default();
    psql.run_script(&script, &mut out);
    let printed = std::io::stdout().lock().write_all(out.text().as_bytes());
    if printed.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    }
}
