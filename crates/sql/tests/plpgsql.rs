//! Bodies of PL/pgSQL functions become trees.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use kumquat_sql::plpgsql::ast::*;
use kumquat_sql::plpgsql::{Returns, Signature, parse};

const BODY: &str = "
declare
  total int := 0;
  r record;
begin
  for r in select * from items where id > p loop
    total := total + r.price;
  end loop;
  select max(id) into strict total from items;
  if total > 10 then
    raise notice 'much: % %%', total using hint = 'less';
  end if;
  return total;
exception when division_by_zero or sqlstate 'P0001' then
  return p.x;
end";

fn parsed(body: &str) -> Block {
    let signature = Signature {
        name: "f".to_owned(),
        parameters: vec!["p".to_owned()],
        ..Signature::default()
    };
    parse(body, &signature).unwrap().body
}

#[test]
fn statements_know_their_lines() {
    let lines: Vec<u32> = parsed(BODY).body.iter().map(|stmt| stmt.line).collect();
    assert_eq!(lines, [6, 9, 10, 13]);
}

#[test]
fn into_is_taken_out_of_the_statement() {
    let block = parsed(BODY);
    let StmtKind::Sql { sql, into: Some(into) } = &block.body[1].kind else {
        panic!("{:?}", block.body[1]);
    };
    assert!(into.strict);
    assert_eq!(into.targets[0].name, ["total"]);
    assert_eq!(sql.text, "select max(id)                   from items");
    assert_eq!(Ok(&sql.statement), kumquat_sql::parse(&sql.text).as_ref());
}

#[test]
fn expressions_keep_their_text_and_their_place() {
    let block = parsed(BODY);
    let StmtKind::ForQuery { query, body, .. } = &block.body[0].kind else {
        panic!("{:?}", block.body[0]);
    };
    assert_eq!(query.text, "select * from items where id > p");
    let StmtKind::Assign { target, expression, .. } = &body[0].kind else {
        panic!("{:?}", body[0]);
    };
    assert_eq!(target.name, ["total"]);
    assert_eq!(expression.text, "total + r.price");
    let at = expression.location.offset().unwrap();
    assert!(BODY[at..].starts_with("total + r.price;"));
}

#[test]
fn conditions_have_their_codes() {
    let handler = &parsed(BODY).handlers[0];
    assert_eq!(
        handler.conditions,
        [
            Condition::Named("division_by_zero".to_owned(), vec!["22012".to_owned()]),
            Condition::SqlState("P0001".to_owned()),
        ]
    );
}

#[test]
fn loops_are_told_apart() {
    let check = |statement: &str, expect: &str| {
        let body = format!("declare r record; c cursor for select 1; begin {statement} null; end loop; end");
        let kind = format!("{:?}", parsed(&body).body[0].kind);
        assert!(kind.starts_with(expect), "{statement}: {kind}");
    };
    check("loop", "Loop ");
    check("while p loop", "While ");
    check("for i in 1..3 loop", "ForInteger ");
    check("for i in reverse p..(1) by 2 loop", "ForInteger ");
    check("for r in select 1 loop", "ForQuery ");
    check("for r in execute 'x' using 1 loop", "ForExecute ");
    check("for x in c loop", "ForCursor ");
    check("foreach p in array '{}' loop", "Foreach ");
}

#[test]
fn return_depends_on_what_is_returned() {
    let check = |returns, body: &str, expect: Option<&str>| {
        let signature = Signature {
            returns,
            ..Signature::default()
        };
        let error = parse(&format!("begin {body} end"), &signature).err();
        assert_eq!(error.as_ref().map(|e| e.message.as_str()), expect, "{returns:?} {body}");
    };
    check(Returns::Void, "return;", None);
    check(
        Returns::Void,
        "return 1;",
        Some("RETURN cannot have a parameter in function returning void"),
    );
    check(
        Returns::Procedure,
        "return 1;",
        Some("RETURN cannot have a parameter in a procedure"),
    );
    check(Returns::Value, "return;", Some("missing expression at or near \";\""));
    check(
        Returns::Value,
        "return next 1;",
        Some("cannot use RETURN NEXT in a non-SETOF function"),
    );
    check(Returns::Set, "return next 1; return query select 2; return;", None);
    check(Returns::SetOfOutParameters, "return next;", None);
}

#[test]
fn nesting_is_bounded() {
    let body = format!("{}null;{}", "begin ".repeat(10_000), " end;".repeat(10_000));
    let error = parse(&body, &Signature::default()).unwrap_err();
    assert_eq!(error.message, "stack depth limit exceeded");
}
