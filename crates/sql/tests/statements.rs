//! Statements of every kind are read, and what is not quite one of them is refused without a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use kumquat_sql::ast::Statement;
use kumquat_sql::{parse, parse_many, parse_many_with_notices};

const STATEMENTS: &str = include_str!("statements.sql");

#[test]
fn statements_of_every_kind_are_read() {
    for (statement, range) in parse_many(STATEMENTS).unwrap() {
        let text = &STATEMENTS[range];
        assert!(
            !matches!(statement, Statement::Empty | Statement::Unsupported(_)),
            "{text}"
        );
        assert_eq!(parse(text), Ok(statement), "{text}");
    }
}

/// Numbers that look random and are the same on every run (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// The words of a statement and what is between them.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for c in text.chars() {
        match words.last_mut() {
            Some(word) if c.is_alphanumeric() && word.ends_with(char::is_alphanumeric) => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    words
}

#[test]
fn statements_with_a_word_too_many_or_too_few_do_no_harm() {
    let mut dice = Dice(88_172_645_463_325_252);
    for (_, range) in parse_many(STATEMENTS).unwrap() {
        let original = words(&STATEMENTS[range]);
        for _ in 0..15 {
            let mut words = original.clone();
            let (a, b) = (dice.below(words.len()), dice.below(words.len()));
            match dice.below(4) {
                0 => drop(words.remove(a)),
                1 => words.insert(a, format!(" {} ", original[b])),
                2 => words.swap(a, b),
                _ => words.truncate(a),
            }
            if let Err(error) = parse_many(&words.concat()) {
                assert!(error.position.is_none_or(|at| at as usize <= words.concat().len()));
            }
        }
    }
}

#[test]
fn nesting_is_bounded_and_flat_lists_are_not() {
    let nested = |open: &'static str, inner: &'static str, close: &'static str| {
        move |depth: usize| format!("select {}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let chained =
        |first: &'static str, next: &'static str| move |length: usize| format!("{first}{}", next.repeat(length));
    let check_bounded = |sql: &dyn Fn(usize) -> String, fine: usize| {
        assert!(parse(&sql(fine)).is_ok(), "{}", sql(3));
        let error = parse(&sql(10_000)).unwrap_err();
        assert_eq!(error.sqlstate.0, "54001", "{}", sql(3));
        assert_eq!(error.message, "stack depth limit exceeded");
    };
    check_bounded(&nested("(", "1", ")"), 90);
    check_bounded(&nested("f(", "1", ")"), 190);
    check_bounded(&nested("array[", "1", "]"), 90);
    check_bounded(&nested("case when ", "a", " then b end"), 190);
    check_bounded(&nested("(select ", "1", ")"), 30);
    check_bounded(&nested("not ", "a", ""), 190);
    check_bounded(&nested("- ", "a", ""), 190);
    check_bounded(&nested("", "a", "::int"), 380);
    check_bounded(&chained("select 1", " + 1"), 380);
    check_bounded(&chained("select 1", " union select 1"), 190);
    check_bounded(&chained("select * from a", " cross join a"), 190);
    check_bounded(
        &|n| format!("{}select 1{}", "with a as (".repeat(n), ") select 1".repeat(n)),
        30,
    );
    for flat in [
        chained("select a", " and b"),
        chained("select a", " or b"),
        chained("select 1, 2", ", 3"),
        chained("values (1)", ", (2)"),
        chained("select * from a", ", b"),
    ] {
        assert!(parse(&flat(10_000)).is_ok(), "{}", flat(3));
    }
}

#[test]
fn empty_statements_are_nothing_or_left_out() {
    assert_eq!(parse(" -- nothing\n"), Ok(Statement::Empty));
    assert_eq!(parse(" ; "), Ok(Statement::Empty));
    let ranges: Vec<_> = parse_many(" select 1; ; select 2 ").unwrap();
    let ranges: Vec<_> = ranges.into_iter().map(|(_, range)| range).collect();
    assert_eq!(ranges, [1..9, 13..21]);
}

#[test]
fn what_kumquat_lacks_is_refused_by_name() {
    let check = |sql, name| assert_eq!(parse(sql), Ok(Statement::Unsupported(name)), "{sql}");
    check(
        "create subscription s connection 'x' publication p;",
        "CREATE SUBSCRIPTION",
    );
    check(
        "create operator class c for type t using btree as operator 1 <",
        "CREATE OPERATOR CLASS",
    );
    let error = parse("select xmlelement(name a)").unwrap_err();
    assert_eq!(error.message, "XMLELEMENT is not supported by Kumquat");
    assert_eq!(error.position, Some(7));
}

#[test]
fn the_client_is_told_of_truncated_names_even_if_the_statement_is_refused() {
    let long = "a".repeat(70);
    let (result, notices) = parse_many_with_notices(&format!("select {long} from from"));
    assert!(result.is_err());
    let expect = format!("identifier \"{long}\" will be truncated to \"{}\"", &long[..63]);
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].message, expect);
}
