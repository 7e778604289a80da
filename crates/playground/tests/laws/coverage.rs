//! What there is of Citus, asked of the engine itself: `docs/coverage.md` is its answer.
//!
//! `docs/coverage/*.tsv` list what a real cluster has: functions, settings, relations. Each must be there and work, or
//! be refused by name. `cargo xtask coverage` writes the page (by way of `KUMQUAT_WRITE_COVERAGE`); this test fails
//! when it is stale.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use kumquat_psql::Psql;

use crate::lab;

const FOREWORD: &str = "# What Kumquat has of Citus\n\n\
Written by `cargo xtask coverage` from what the engine itself answers; not edited by hand. The lists are those of Citus \
13.2 on PostgreSQL 15 (`docs/coverage/`). **Works**: it is there and does what it is for as far as one learner's \
session shows it. **Refused**: it is known, and calling it says that Kumquat does not have it.\n";

#[test]
fn all_of_citus_works_or_is_refused_by_name_as_the_page_says() {
    let mut psql = cluster();
    let mut page = FOREWORD.to_string();
    let mut missing = Vec::new();
    for (title, file, answer) in [
        ("Functions", "functions", function as fn(&mut Psql, &[&str]) -> Status),
        ("Settings", "settings", setting),
        ("Tables and views", "relations", relation),
    ] {
        let facts = fs::read_to_string(root().join(format!("docs/coverage/{file}.tsv"))).unwrap();
        let rows: Vec<Vec<&str>> = facts.lines().skip(1).map(|line| line.split('\t').collect()).collect();
        let answers: Vec<Status> = rows.iter().map(|row| answer(&mut lab::copy(&psql), row)).collect();
        let works = answers
            .iter()
            .filter(|status| matches!(status, Status::Works(_)))
            .count();
        let _ = write!(
            page,
            "\n## {title}: {works} of {} work\n\n| Name | |\n|---|---|\n",
            rows.len()
        );
        for (row, status) in rows.iter().zip(answers) {
            let text = match status {
                Status::Works(how) => how.to_string(),
                Status::Refused => "refused".to_string(),
                Status::Missing(how) => {
                    missing.push(format!("{}: {how}", row[0]));
                    "missing".to_string()
                }
            };
            let _ = writeln!(page, "| `{}` | {text} |", row[0]);
        }
    }
    psql.session.notices.clear();
    assert!(
        missing.is_empty(),
        "neither there nor refused by name:\n{}",
        missing.join("\n")
    );
    let path = root().join("docs/coverage.md");
    if std::env::var_os("KUMQUAT_WRITE_COVERAGE").is_some() {
        fs::write(&path, page).unwrap();
        return;
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/coverage.md is stale: run `cargo xtask coverage`");
}

enum Status {
    Works(&'static str),
    Refused,
    Missing(String),
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A cluster with a table of each kind, for the functions to act on.
fn cluster() -> Psql {
    let mut psql = lab::psql(2);
    for statement in [
        "CREATE EXTENSION IF NOT EXISTS citus_columnar",
        "CREATE EXTENSION IF NOT EXISTS pg_stat_statements",
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz)",
        "SELECT create_distributed_table('t', 'id', shard_count => 4)",
    ] {
        lab::must(&mut psql, statement);
    }
    psql
}

/// Calls the function with arguments of its types; that they make no sense is no matter, but the function must be
/// found.
fn function(psql: &mut Psql, row: &[&str]) -> Status {
    let arguments: Vec<String> = split(row[1])
        .iter()
        .filter(|argument| !argument.is_empty() && !argument.starts_with("OUT ") && !argument.contains(" DEFAULT "))
        .map(|argument| sample(argument))
        .collect();
    let call = format!("{}({})", row[0], arguments.join(", "));
    let text = match row[2] {
        "procedure" => format!("CALL {call}"),
        "aggregate" => format!("SELECT {call} FROM (SELECT 1) one"),
        _ => format!("SELECT * FROM {call}"),
    };
    let error = lab::ask(psql, &text).error;
    match error {
        None => Status::Works("works"),
        Some(error) if error.message.contains("Kumquat") => Status::Refused,
        Some(error) if error.sqlstate.0 == "42883" && error.message.contains(&format!("{}(", row[0])) => {
            // Triggers and functions of internal types cannot be called; that they are in pg_proc is enough.
            let name = row[0].rsplit('.').next().unwrap_or_default();
            let known = lab::must(psql, &format!("SELECT 1 FROM pg_proc WHERE proname = '{name}'"));
            match known.rows.is_empty() {
                true => Status::Missing(format!("{text}: {}", error.message)),
                false => Status::Works("works"),
            }
        }
        Some(error) if error.sqlstate.0 == "XX000" && error.message.contains("no input") => {
            Status::Missing(format!("{text}: {}", error.message))
        }
        Some(_) => Status::Works("works"),
    }
}

/// Arguments at the commas outside of parentheses and quotes.
fn split(arguments: &str) -> Vec<String> {
    let (mut parts, mut depth, mut quoted) = (vec![String::new()], 0i32, false);
    for c in arguments.chars() {
        quoted ^= c == '\'';
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if c == ',' && depth == 0 && !quoted {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.iter().map(|part| part.trim().to_string()).collect()
}

/// A value of an argument's type.
fn sample(argument: &str) -> String {
    let words = argument.trim_start_matches("IN ").trim_start_matches("VARIADIC ");
    let type_name = match words.split_once(' ') {
        Some((_, rest)) if !words.starts_with("timestamp") && !words.starts_with("double") => rest,
        _ => words,
    };
    match type_name {
        "integer" | "bigint" | "real" | "double precision" | "smallint" => format!("1::{type_name}"),
        "boolean" => "true".into(),
        "regclass" => "'t'::regclass".into(),
        "oid" => "'t'::regclass::oid".into(),
        "text" => "'t'".into(),
        "name" => "'heap'::name".into(),
        "citus.shard_transfer_mode" => "'block_writes'::citus.shard_transfer_mode".into(),
        "\"any\"" => "1".into(),
        "regproc" => "'citus_shard_cost_1'::regproc".into(),
        "regnamespace" => "'public'::regnamespace".into(),
        "\"char\"" => "'b'::\"char\"".into(),
        "text[]" => "ARRAY['1']".into(),
        "bigint[]" | "integer[]" => format!("'{{1}}'::{type_name}"),
        "noderole" => "'primary'::noderole".into(),
        "json" | "jsonb" => format!("'{{}}'::{type_name}"),
        "interval" => "interval '1 day'".into(),
        "timestamp with time zone" => "now()".into(),
        "citus.distribution_type" => "'hash'::citus.distribution_type".into(),
        other => format!("NULL::{other}"),
    }
}

/// Shows the setting as a fresh session does; one that the engine's code names changes what it does.
fn setting(psql: &mut Psql, row: &[&str]) -> Status {
    let answer = lab::ask(psql, &format!("SHOW {}", row[0]));
    let shown = answer.rows.first().and_then(|row| row.first().cloned()).flatten();
    match (answer.error, shown) {
        (Some(error), _) => Status::Missing(error.message.clone()),
        (None, Some(shown)) if shown != row[1] => Status::Missing(format!("{shown}, not {}", row[1])),
        _ if is_read(row[0]) => Status::Works("works"),
        _ => Status::Works("can be shown and set"),
    }
}

/// The source of the extension asks for the setting.
fn is_read(setting: &str) -> bool {
    fn any(directory: &std::path::Path, test: &dyn Fn(&str) -> bool) -> bool {
        fs::read_dir(directory).unwrap().any(|entry| {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => any(&path, test),
                false => path.extension().is_some_and(|e| e == "rs") && test(&fs::read_to_string(&path).unwrap()),
            }
        })
    }
    let quoted = format!("\"{setting}\"");
    any(&root().join("crates/citus/src"), &|text| text.contains(&quoted))
}

/// Reads the relation and compares its columns.
fn relation(psql: &mut Psql, row: &[&str]) -> Status {
    let answer = lab::ask(psql, &format!("SELECT * FROM {}", row[0]));
    if let Some(error) = answer.error {
        return match error.message.contains("Kumquat") {
            true => Status::Refused,
            false => Status::Missing(error.message.clone()),
        };
    }
    let columns = format!(
        "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute \
         WHERE attrelid = '{}'::regclass AND attnum > 0",
        row[0]
    );
    let found = lab::must(psql, &columns).rows[0][0].clone().unwrap_or_default();
    match found == row[1] {
        true => Status::Works("works"),
        false => Status::Missing(format!("has the columns {found}, not {}", row[1])),
    }
}
