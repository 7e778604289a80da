//! The law: a distributed table gives the answers of a local one.
//!
//! Random tables with the same rows are made twice, once plain and once distributed, by different columns, over
//! different numbers of shards, colocated or not, with reference tables among them. Random queries and modifications
//! run on both. What both answer must be the same; Citus may refuse where PostgreSQL does not, but only by name.
//!
//! `KUMQUAT_CASES` is the number of schemas, `KUMQUAT_SEED` the first of them.

use kumquat_psql::Psql;
use kumquat_types::SqlState;

use crate::lab::{self, Answer};
use crate::queries::Writer;
use crate::random::Random;
use crate::schemas;

const CASES: u64 = 12;
const STATEMENTS: u64 = 60;

#[test]
fn a_distributed_table_gives_the_answers_of_a_local_one() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, cases) = (
        number("KUMQUAT_SEED").unwrap_or(0),
        number("KUMQUAT_CASES").unwrap_or(CASES),
    );
    let mut tally = Tally::default();
    for seed in first..first + cases {
        case(seed, &mut tally);
    }
    let Tally {
        statements,
        refused,
        differences,
    } = tally;
    assert!(
        differences.is_empty(),
        "{} of {statements} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert!(
        refused * 3 < statements,
        "{refused} of {statements} are refused: too many to show anything"
    );
}

#[derive(Default)]
struct Tally {
    statements: usize,
    refused: usize,
    differences: Vec<String>,
}

fn case(seed: u64, tally: &mut Tally) {
    let mut random = Random::new(seed);
    let schema = schemas::random(&mut random);
    let (mut local, mut distributed) = (lab::psql(2), lab::psql(2));
    for statement in &schema.create {
        lab::must(&mut local, statement);
        lab::must(&mut distributed, statement);
    }
    for statement in &schema.distribute {
        lab::must(&mut distributed, statement);
    }
    for number in 0..STATEMENTS {
        let mut writer = Writer::new(&mut random, &schema);
        let modifies = number % 3 == 2;
        let text = if modifies {
            writer.modification(1000 * (number + 1))
        } else {
            writer.query()
        };
        let ordered = text.rfind(" ORDER BY 1") > text.rfind(')') && !text.starts_with("WITH");
        tally.statements += 1;
        let before = lab::copy(&local);
        let (expected, found) = (lab::ask(&mut local, &text), lab::ask(&mut distributed, &text));
        match verdict(&expected, &found, ordered) {
            Verdict::Same => {}
            Verdict::Refused => {
                tally.refused += 1;
                local = before;
            }
            Verdict::Differs(how) => {
                tally.differences.push(format!("seed {seed}: {text}\n  {how}"));
                return;
            }
        }
        if modifies
            && let Some(table) = schema
                .tables
                .iter()
                .find(|table| !same_rows(&mut local, &mut distributed, table.name))
        {
            tally
                .differences
                .push(format!("seed {seed}: {text}\n  leaves other rows in {}", table.name));
            return;
        }
    }
}

fn same_rows(local: &mut Psql, distributed: &mut Psql, table: &str) -> bool {
    let all = format!("SELECT * FROM {table} ORDER BY k, id");
    lab::must(local, &all).rows == lab::must(distributed, &all).rows
}

enum Verdict {
    Same,
    Refused,
    Differs(String),
}

fn verdict(expected: &Answer, found: &Answer, ordered: bool) -> Verdict {
    match (&expected.error, &found.error) {
        (Some(expected), Some(found)) if expected.sqlstate == found.sqlstate => Verdict::Same,
        (_, Some(found)) if is_refusal(found.sqlstate, &found.message) => Verdict::Refused,
        (None, None) => {
            let (mut expected_rows, mut found_rows) = (expected.rows.clone(), found.rows.clone());
            if !ordered {
                expected_rows.sort();
                found_rows.sort();
            }
            if expected_rows == found_rows && expected.tags == found.tags {
                return Verdict::Same;
            }
            Verdict::Differs(format!(
                "local:       {:?} {expected_rows:?}\n  distributed: {:?} {found_rows:?}",
                expected.tags, found.tags
            ))
        }
        (expected, found) => Verdict::Differs(format!("local: {expected:?}\n  distributed: {found:?}")),
    }
}

/// What Citus, or Kumquat, says by name that it does not do.
fn is_refusal(sqlstate: SqlState, message: &str) -> bool {
    const PHRASES: &[&str] = &[
        "cannot",
        "not supported",
        "not yet supported",
        "must not",
        "could not run distributed query",
        "complex joins are only supported",
        "is not allowed",
        "only supported",
    ];
    sqlstate == SqlState::FEATURE_NOT_SUPPORTED || PHRASES.iter().any(|phrase| message.contains(phrase))
}
