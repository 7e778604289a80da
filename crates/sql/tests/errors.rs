//! Refused statements: what PostgreSQL 15 says of each, and where.
//!
//! A case is a statement, under it a caret at the position and the message (`!` where there is no
//! position), and perhaps a hint.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use kumquat_sql::plpgsql::{self, Signature};
use kumquat_types::Error;

/// Checks every case of a file.
fn check_all(cases: &str, parse: impl Fn(&str) -> Option<Error>) {
    for case in cases.trim_end().split("\n\n") {
        let statement = case.lines().next().unwrap();
        let error = parse(statement).unwrap_or_else(|| panic!("not refused: {statement}"));
        assert_eq!(show(statement, &error), case);
    }
}

fn show(statement: &str, error: &Error) -> String {
    let mark = match error.position {
        Some(at) => " ".repeat(statement[..at as usize].chars().count()) + "^",
        None => "!".to_owned(),
    };
    let hint = error.hint.iter().map(|hint| format!("\nHINT {hint}"));
    format!("{statement}\n{mark} {}{}", error.message, hint.collect::<String>())
}

#[test]
fn queries_are_refused_as_by_postgresql() {
    check_all(include_str!("errors/queries.txt"), |sql| {
        kumquat_sql::parse_many(sql).err()
    });
}

#[test]
fn other_statements_are_refused_as_by_postgresql() {
    check_all(include_str!("errors/statements.txt"), |sql| {
        kumquat_sql::parse_many(sql).err()
    });
}

#[test]
fn function_bodies_are_refused_as_by_postgresql() {
    let signature = Signature {
        name: "ff".to_owned(),
        parameters: vec!["p".to_owned(), "q".to_owned()],
        ..Signature::default()
    };
    check_all(include_str!("errors/plpgsql.txt"), |body| {
        plpgsql::parse(body, &signature).err()
    });
}
