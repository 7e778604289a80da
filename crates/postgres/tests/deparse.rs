//! What `pg_get_viewdef` gives for many queries, plain and pretty, as a real PostgreSQL 15 printed it: one round
//! through parser, analyzer and deparser.
//!
//! `deparse/views.txt` holds for each query a line `--- QUERY`, the definition, `-- pretty`, and the definition
//! with pretty printing. `deparse/modifications.txt` has statements that change tables, as they stand in the bodies
//! of functions; blanks and line breaks are not compared there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use kumquat_postgres::analyze::{Parameters, analyze_definition};
use kumquat_postgres::extension::NoExtension;
use kumquat_postgres::result::{Client, Message};
use kumquat_postgres::ruleutils::{Style, deparse_query};
use kumquat_postgres::server::{Network, ServerId};
use kumquat_postgres::{Backend, connect};
use kumquat_types::Oid;

/// A client that takes no errors.
struct Quiet;

impl Client for Quiet {
    fn message(&mut self, message: Message) {
        if let Message::Error(error) = message {
            panic!("{error}");
        }
    }

    fn copy_data(&mut self) -> String {
        String::new()
    }
}

struct Case<'t> {
    query: &'t str,
    plain: String,
    pretty: String,
}

fn cases(text: &str) -> impl Iterator<Item = Case<'_>> {
    text.split("--- ").skip(1).map(|case| {
        let (query, definitions) = case.split_once('\n').unwrap();
        let (plain, pretty) = definitions.split_once("-- pretty\n").unwrap();
        Case {
            query,
            plain: plain.trim_end_matches('\n').to_string(),
            pretty: pretty.trim_end_matches('\n').to_string(),
        }
    })
}

/// Runs a test against a node with the schema.
fn with_schema(test: impl FnOnce(&Backend<'_>)) {
    let mut network = Network::new(&[("localhost", 5432)]);
    let mut session = connect::open(ServerId(0), "lab".into(), Oid(10));
    let mut backend = Backend {
        network: &mut network,
        session: &mut session,
        extension: &NoExtension,
    };
    backend.simple_query(include_str!("deparse/schema.sql"), &mut Quiet);
    test(&backend);
}

#[test]
fn modifications_are_written_as_postgres_writes_them() {
    with_schema(|backend| {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut failures = String::new();
        for case in include_str!("deparse/modifications.txt").split("--- ").skip(1) {
            let (query, expect) = case.split_once('\n').unwrap();
            let got = definition(backend, query, false);
            if words(&got) != words(expect) {
                failures.push_str(&format!("{query}\n= expected\n{expect}\n= got\n{got}\n\n"));
            }
        }
        assert!(failures.is_empty(), "{failures}");
    });
}

#[test]
fn definitions_of_views_are_written_as_postgres_writes_them() {
    with_schema(check_views);
}

fn check_views(backend: &Backend<'_>) {
    let mut failures = String::new();
    for case in cases(include_str!("deparse/views.txt")) {
        for (pretty, expect) in [(false, &case.plain), (true, &case.pretty)] {
            let got = definition(backend, case.query, pretty);
            if got != *expect {
                failures.push_str(&format!(
                    "{}\n= expected{}\n{expect}\n= got\n{got}\n\n",
                    case.query,
                    if pretty { " (pretty)" } else { "" }
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

fn definition(backend: &Backend<'_>, query: &str, pretty: bool) -> String {
    let statement = match kumquat_sql::parse(query) {
        Ok(statement) => statement,
        Err(error) => return error.to_string(),
    };
    let analyzed = match analyze_definition(backend, &statement, &mut Parameters::default()) {
        Ok(analyzed) => analyzed,
        Err(error) => return error.to_string(),
    };
    match deparse_query(backend, &analyzed, Style::Display { pretty }, &|_| None) {
        Ok(text) => text + ";",
        Err(error) => error.to_string(),
    }
}
