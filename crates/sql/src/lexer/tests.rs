#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

/// The tokens of a text as a line: values of identifiers and constants, the source of the rest.
fn tokens(text: &str) -> String {
    let mut notices = Vec::new();
    let shown: Vec<String> = tokenize(text, &mut notices)
        .iter()
        .map(|token| match &token.kind {
            Tok::Ident(name) => name.clone(),
            Tok::Sconst(value) => format!("'{value}'"),
            Tok::BitString(digits) => format!("bits {digits}"),
            Tok::Iconst(value) => format!("int {value}"),
            Tok::Fconst(value) => format!("num {value}"),
            Tok::Param(number) => format!("${number}"),
            Tok::Error(error) => format!("{error:?}"),
            Tok::End => format!("end@{}", token.start),
            _ => text[token.start..token.end].to_owned(),
        })
        .collect();
    shown.join("|")
}

fn check(text: &str, expect: &str) {
    assert_eq!(tokens(text), expect, "{text}");
}

#[test]
fn operators_are_as_long_as_postgresql_allows() {
    check("1<=-1", "int 1|<=|-|int 1|end@5");
    check("1 !=-1", "int 1|!=-|int 1|end@6");
    check("a@-3", "a|@-|int 3|end@4");
    check("a@--x\n3", "a|@|int 3|end@7");
    check("a*/*x*/-3", "a|*|-|int 3|end@9");
    check("a->>'b'||c", "a|->>|'b'||||c|end@10");
    check("a <> - 1", "a|<>|-|int 1|end@8");
    check("a::int:=b=>c..d", "a|::|int|:=|b|=>|c|..|d|end@15");
    check("*-+", "*|-|+|end@3");
    check("|&>", "|&>|end@3");
    check("`?", "`?|end@2");
}

#[test]
fn numbers_are_cut_as_by_postgresql() {
    check(".5 5. 1e3 1.5E-3", "num .5|num 5.|num 1e3|num 1.5E-3|end@16");
    check("2147483647 2147483648", "int 2147483647|num 2147483648|end@21");
    check("1..2", "int 1|..|int 2|end@4");
    check("t.1", "t|num .1|end@3");
    check(
        "12abc$1 x",
        "ERROR:  trailing junk after numeric literal at or near \"12abc$1\" at 0",
    );
    check(
        " 1e+",
        "ERROR:  trailing junk after numeric literal at or near \"1e+\" at 1",
    );
    check(
        "$1abc",
        "ERROR:  trailing junk after parameter at or near \"$1abc\" at 0",
    );
}

#[test]
fn strings_have_the_value_postgresql_gives_them() {
    check("'it''s'", "'it's'|end@7");
    check("'a' \n -- c\n 'b' 'c'", "'ab'|'c'|end@19");
    check("'a' /* c */\n'b'", "'a'|'b'|end@15");
    check(r"E'a\tb\x41\101\u0042\'\\'", "'a\tbAAB'\\'|end@25");
    check(r"E'\U0001F600\uD83D\uDE00'", "'😀😀'|end@25");
    check("B'01'\n'1' x'1F'", "bits b011|bits x1F|end@15");
    check("n'x'", "n|'x'|end@4");
    check(r"U&'d\0061t\+000061'", "'data'|end@19");
    check("U&'d!0061t' UESCAPE '!' x", "'dat'|x|end@25");
    check("$a$x$b$y$a$ $$z$$ a$1", "'x$b$y'|'z'|a$1|end@21");
    check(r"'a\'", r"'a\'|end@4");
}

#[test]
fn identifiers_are_folded_and_truncated() {
    check("Ab \"Ab\"\"c\" Äb", "ab|Ab\"c|Äb|end@14");
    check("\u{a0}x", "\u{a0}x|end@3");
    check(r#"U&"d\0061ta""#, "data|end@12");
    let mut notices = Vec::new();
    let long = "x".repeat(62) + "äy";
    let tokens = tokenize(&long, &mut notices);
    assert!(matches!(&tokens[0].kind, Tok::Ident(name) if name.len() == 62));
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].sqlstate, SqlState::NAME_TOO_LONG);
}

#[test]
fn what_is_not_closed_is_told_where_it_begins() {
    check(
        "select 'abc\n",
        "select|ERROR:  unterminated quoted string at or near \"'abc\n\" at 7",
    );
    check(
        "\"abc",
        "ERROR:  unterminated quoted identifier at or near \"\"abc\" at 0",
    );
    check(
        "1 /* a /* b */",
        "int 1|ERROR:  unterminated /* comment at or near \"/* a /* b */\" at 2",
    );
    check(
        "x'01",
        "ERROR:  unterminated hexadecimal string literal at or near \"x'01\" at 0",
    );
    check(
        "$a$ $b$",
        "ERROR:  unterminated dollar-quoted string at or near \"$a$ $b$\" at 0",
    );
    check(
        "\"\"",
        "ERROR:  zero-length delimited identifier at or near \"\"\"\" at 0",
    );
}

#[test]
fn bad_escapes_are_told_where_they_are() {
    check(r"E'\u12'", "ERROR:  invalid Unicode escape at 2");
    check(
        r"E'ab\uD800x'",
        "ERROR:  invalid Unicode surrogate pair at or near \"x\" at 10",
    );
    check(r"E'a\xff'", "ERROR:  invalid byte sequence for encoding \"UTF8\": 0xff");
    check(r"U&'\12'", "ERROR:  invalid Unicode escape at 3");
    check(
        "U&'a' UESCAPE 'a'",
        "ERROR:  invalid Unicode escape character at or near \"'a'\" at 14",
    );
    check(
        "U&'a' UESCAPE 1",
        "ERROR:  UESCAPE must be followed by a simple string literal at or near \"1\" at 14",
    );
}

#[test]
fn key_words_look_at_what_follows() {
    let kind = |text: &str| match tokenize(text, &mut Vec::new()).swap_remove(0).kind {
        Tok::Keyword(keyword) => keyword,
        other => panic!("{other:?}"),
    };
    assert_eq!(kind("not in"), Keyword::NotLa);
    assert_eq!(kind("not exists"), Keyword::Not);
    assert_eq!(kind("nulls first"), Keyword::NullsLa);
    assert_eq!(kind("with time"), Keyword::WithLa);
    assert_eq!(kind("with x"), Keyword::With);
}

#[test]
fn windows_of_the_tokenizer_do_not_show() {
    let words: Vec<String> = (0..3000).map(|i| format!("äbc{i}")).collect();
    let long = "s".repeat(10_000);
    let text = format!("{} '{long}' x'1'", words.join(" /**/ "));
    let expect = format!("{}|'{long}'|bits x1|end@{}", words.join("|"), text.len());
    check(&text, &expect);
}
