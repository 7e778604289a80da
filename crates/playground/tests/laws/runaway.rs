//! The law: a statement that has no end, or wants more than there is, fails with an error of PostgreSQL's form and
//! leaves the session as it was.

use crate::lab;

/// Statements, and the errors they end with. What is merely long is given a small bound on its work.
const ENDLESS: &[(&str, &str)] = &[
    ("SELECT * FROM generate_series(1, 1000000000000)", "out of memory"),
    (
        "SELECT array_agg(i) FROM generate_series(1, 1000000000000) i",
        "out of memory",
    ),
    (
        "SELECT generate_series(1, 1e1000)",
        "set-returning functions of more than 10000000 rows are not supported by Kumquat",
    ),
    ("SELECT repeat('x', 2000000000)", "requested length too large"),
    ("SELECT lpad('x', 2000000000)", "requested length too large"),
    (
        "SELECT array_fill(0, ARRAY[100000, 100000])",
        "array size exceeds the maximum allowed (134217727)",
    ),
    ("SELECT 9::numeric ^ 9999999", "value overflows numeric format"),
    (
        "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b",
        TIMEOUT,
    ),
    (
        "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        TIMEOUT,
    ),
    (
        "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT count(*) FROM r",
        TIMEOUT,
    ),
    ("DO $$ BEGIN LOOP END LOOP; END $$", TIMEOUT),
    ("DO $$ BEGIN WHILE true LOOP END LOOP; END $$", TIMEOUT),
    ("DO $$ BEGIN FOR i IN 1..2000000000 LOOP END LOOP; END $$", TIMEOUT),
    ("SELECT endless(1)", "stack depth limit exceeded"),
    (
        "SELECT ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(ROW(1)))))))))))))))))))))))))",
        "out of memory",
    ),
    ("SET statement_timeout TO '1s'; SELECT pg_sleep(10)", TIMEOUT),
];

const TIMEOUT: &str = "canceling statement due to statement timeout";

/// A small part of what a statement may do, so that a debug build gets there soon.
const WORK_LIMIT: u64 = 300_000;

#[test]
fn a_statement_without_an_end_fails_and_leaves_the_session_as_it_was() {
    let mut psql = lab::psql(2);
    psql.session.work_limit = WORK_LIMIT;
    lab::must(
        &mut psql,
        "CREATE FUNCTION endless(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN endless($1 + 1); END'",
    );
    for (statement, expected) in ENDLESS {
        let before = psql.network.clone();
        let error = lab::ask(&mut psql, statement).error;
        assert_eq!(
            error.map(|error| error.message.clone()).as_deref(),
            Some(*expected),
            "{statement}"
        );
        assert!(lab::same_state(&before, &psql.network), "{statement}");
        assert_eq!(lab::must(&mut psql, "SELECT 1").rows, [[Some("1".to_string())]]);
    }
}
