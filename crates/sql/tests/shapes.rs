//! What statements become: how operators group, what syntax turns into calls, where nodes stand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use kumquat_sql::ast::*;
use kumquat_sql::{parse, parse_expression, parse_type_name};

/// An expression with all its parentheses.
fn show(expr: &Expr) -> String {
    let list = |exprs: &[Expr]| exprs.iter().map(show).collect::<Vec<_>>().join(", ");
    match expr {
        Expr::ColumnRef(e) => fields(e),
        Expr::ParamRef(e) => format!("${}", e.number),
        Expr::Const(e) => match &e.value {
            Value::Integer(value) => value.to_string(),
            Value::Float(digits) => digits.clone(),
            Value::Boolean(value) => value.to_string(),
            Value::String(value) => format!("'{value}'"),
            Value::BitString(digits) => digits.clone(),
            Value::Null => "null".to_owned(),
        },
        Expr::TypeCast(e) => format!("{}::{}", show(&e.arg), type_name(&e.type_name)),
        Expr::Collate(e) => format!("({} collate {})", show(&e.arg), e.collation.join(".")),
        Expr::Op(e) => {
            let left = e.left.iter().map(|left| show(left) + " ").collect::<String>();
            let kind = match e.kind {
                AExprKind::Op => String::new(),
                kind => format!("{kind:?} "),
            };
            format!("({left}{kind}{} {})", e.name.join("."), show(&e.right))
        }
        Expr::In(e) => format!("({}{} in [{}])", not(e.negated), show(&e.expr), list(&e.list)),
        Expr::Between(e) => format!(
            "({}{} between {} and {})",
            not(e.negated),
            show(&e.expr),
            show(&e.low),
            show(&e.high)
        ),
        Expr::Bool(e) => format!("{:?}({})", e.op, list(&e.args)),
        Expr::NullTest(e) => format!("({} is {}null)", show(&e.arg), not(e.is_not)),
        Expr::BooleanTest(e) => format!("({} is {}{:?})", show(&e.arg), not(e.is_not), e.truth),
        Expr::FuncCall(e) => format!("{}({})", e.name.join("."), list(&e.args)),
        Expr::NamedArg(e) => format!("{} => {}", e.name, show(&e.arg)),
        Expr::Indirection(e) => format!("{}{:?}", show(&e.arg), e.indirection.len()),
        Expr::Array(e) => format!("array[{}]", list(&e.elements)),
        Expr::Row(e) => format!("row({})", list(&e.args)),
        Expr::SubLink(e) => format!("{:?}-sublink", e.kind),
        other => format!("{other:?}"),
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "not " } else { "" }
}

fn fields(column: &ColumnRef) -> String {
    let field = |field: &ColumnRefField| match field {
        ColumnRefField::Name(name) => name.clone(),
        ColumnRefField::Star => "*".to_owned(),
    };
    column.fields.iter().map(field).collect::<Vec<_>>().join(".")
}

fn type_name(name: &TypeName) -> String {
    let typmods: Vec<String> = name.typmods.iter().map(show).collect();
    let typmods = if typmods.is_empty() {
        String::new()
    } else {
        format!("({})", typmods.join(","))
    };
    name.names.join(".") + &typmods + &"[]".repeat(name.array_bounds.len())
}

#[test]
fn operators_group_as_in_postgresql() {
    let check = |sql, expect| assert_eq!(show(&parse_expression(sql).unwrap()), expect, "{sql}");
    check("1 + 2 * 3 ^ 4 - 5", "((1 + (2 * (3 ^ 4))) - 5)");
    check("a ^ b ^ c", "((a ^ b) ^ c)");
    check("-a ^ 2", "((- a) ^ 2)");
    check("- a::int", "(- a::pg_catalog.int4)");
    check("-1::int", "(- 1::pg_catalog.int4)");
    check("- 1", "-1");
    check("2 - -1", "(2 - -1)");
    check("a || b + c || d", "((a || (b + c)) || d)");
    check("@ a + b", "(@ (a + b))");
    check("a or b and not c or d", "Or(a, And(b, Not(c)), d)");
    check("(a and b) and (c and d)", "And(a, b, And(c, d))");
    check("not a = b", "Not((a = b))");
    check("a = not b = c", "(a = Not((b = c)))");
    check("a = b is null", "((a = b) is null)");
    check("a < b in (1, 2)", "(a < (b in [1, 2]))");
    check("a in (1) = b", "((a in [1]) = b)");
    check("a between 1 and 2 and b", "And((a between 1 and 2), b)");
    check("a + b = c not between d and e", "((a + b) = (not c between d and e))");
    check("a is distinct from b = c", "(a Distinct = (b = c))");
    check(
        "a like b || c escape d",
        "(a Like ~~ pg_catalog.like_escape((b || c), d))",
    );
    check("a not ilike any (b)", "(a OpAny !~~* b)");
    check("a at time zone b || c", "(pg_catalog.timezone(b, a) || c)");
    check("a || b collate \"C\"", "(a || (b collate C))");
    check("a operator(s.+) b * c", "(a s.+ (b * c))");
    check("a = any (select 1)", "Any-sublink");
    check("(a, b) overlaps (c, d)", "pg_catalog.overlaps(a, b, c, d)");
    check("((select 1) + 1)", "(Expr-sublink + 1)");
    check("((a, b))", "row(a, b)");
    check("not a is true", "Not((a is True))");
}

#[test]
fn special_syntax_becomes_calls() {
    let check = |sql, expect| assert_eq!(show(&parse_expression(sql).unwrap()), expect, "{sql}");
    check("extract(year from a)", "pg_catalog.extract('year', a)");
    check("position(a in b)", "pg_catalog.position(b, a)");
    check("substring(a from 2 for 3)", "pg_catalog.substring(a, 2, 3)");
    check("substring(a for 3 from 2)", "pg_catalog.substring(a, 2, 3)");
    check("substring(a for 3)", "pg_catalog.substring(a, 1, 3::pg_catalog.int4)");
    check("substring(a, 2)", "substring(a, 2)");
    check("trim(both 'x' from a)", "pg_catalog.btrim(a, 'x')");
    check("trim(leading from a)", "pg_catalog.ltrim(a)");
    check("overlay(a placing b from 1)", "pg_catalog.overlay(a, b, 1)");
    check("a is not nfc normalized", "Not(pg_catalog.is_normalized(a, 'NFC'))");
    check("treat(a as int)", "pg_catalog.int4(a)");
    check("f(a := 1, b => 2)", "f(a => 1, b => 2)");
    check("date '2024-01-01'", "'2024-01-01'::date");
    check("interval '1' day to second(3)", "'1'::pg_catalog.interval(7176,3)");
    check("s.t(5) 'x'", "'x'::s.t(5)");
}

#[test]
fn types_have_the_names_postgresql_gives_them() {
    let check = |sql, expect| assert_eq!(type_name(&parse_type_name(sql).unwrap()), expect, "{sql}");
    check("int", "pg_catalog.int4");
    check("double precision[]", "pg_catalog.float8[]");
    check("numeric(10, 2)", "pg_catalog.numeric(10,2)");
    check("float(24)", "pg_catalog.float4");
    check("char", "pg_catalog.bpchar(1)");
    check("character varying(5)", "pg_catalog.varchar(5)");
    check("bit", "pg_catalog.bit(1)");
    check("timestamp(3) with time zone", "pg_catalog.timestamptz(3)");
    check("time without time zone", "pg_catalog.time");
    check("interval(3)", "pg_catalog.interval(32767,3)");
    check("interval year to month", "pg_catalog.interval(6)");
    check("s.mood array[3]", "s.mood[]");
}

/// The text from where an expression is reported to be.
#[track_caller]
fn check_location(sql: &str, location: fn(&Expr) -> Location, expect: &str) {
    let at = location(&parse_expression(sql).unwrap()).offset().unwrap();
    assert_eq!(&sql[at..], expect, "{sql}");
}

#[test]
fn nodes_know_where_they_stand() {
    let own = |expr: &Expr| match expr {
        Expr::Op(e) => e.location,
        Expr::TypeCast(e) => e.location,
        Expr::Const(e) => e.location,
        Expr::In(e) => e.location,
        Expr::Bool(e) => e.location,
        Expr::FuncCall(e) => e.location,
        other => panic!("{other:?}"),
    };
    check_location("a + b", own, "+ b");
    check_location("a::int", own, "::int");
    check_location("cast(a as int)", own, "cast(a as int)");
    check_location("- 5", own, "- 5");
    check_location("a not in (1)", own, "not in (1)");
    check_location("a and b and c", own, "and b and c");
    check_location("a at time zone b", own, "at time zone b");
    check_location("'é' || s.f(a)", own, "|| s.f(a)");
    check_location("a * b + c", Expr::location, "a * b + c");
    check_location("f(a)", Expr::location, "f(a)");
    check_location("int '1'", Expr::location, "int '1'");
}

fn select(sql: &str) -> SelectStmt {
    match parse(sql).unwrap() {
        Statement::Select(select) => *select,
        other => panic!("{other:?}"),
    }
}

#[test]
fn set_operations_lean_to_the_left_and_intersect_binds_tighter() {
    fn show(select: &SelectStmt) -> String {
        match &select.body {
            SelectBody::SetOperation(op) => {
                format!("({} {:?} {})", show(&op.left), op.op, show(&op.right))
            }
            _ => "q".to_owned(),
        }
    }
    let check = |sql, expect| assert_eq!(show(&select(sql)), expect, "{sql}");
    check("select 1 union select 2 except select 3", "((q Union q) Except q)");
    check(
        "select 1 union select 2 intersect select 3",
        "(q Union (q Intersect q))",
    );
    check("select 1 union (select 2 union select 3)", "(q Union (q Union q))");
    check("table a union values (1)", "(q Union q)");
}

#[test]
fn joins_nest_by_their_conditions() {
    fn show(table: &TableRef) -> String {
        match table {
            TableRef::Table(table) => table.name.clone(),
            TableRef::Join(join) => format!("({} {})", show(&join.left), show(&join.right)),
            other => panic!("{other:?}"),
        }
    }
    let check = |from, expect| {
        let select = select(&format!("select from {from}"));
        let SelectBody::Select(core) = select.body else {
            panic!("{from}")
        };
        assert_eq!(show(&core.from[0]), expect, "{from}");
    };
    check("a join b on x join c on y", "((a b) c)");
    check("a join b join c on x on y", "(a (b c))");
    check("a cross join b natural join c", "((a b) c)");
    check("a join (b cross join c) on x", "(a (b c))");
    check("((a cross join b) cross join c)", "((a b) c)");
}

#[test]
fn key_words_may_be_labels() {
    let check = |sql, expect: &[&str]| {
        let SelectBody::Select(core) = select(sql).body else {
            panic!("{sql}")
        };
        let labels: Vec<_> = core
            .target_list
            .iter()
            .map(|t| t.name.as_deref().unwrap_or(""))
            .collect();
        assert_eq!(labels, expect, "{sql}");
    };
    check("select 1 and, 2 is from t", &["and", "is"]);
    check("select a as from, b value", &["from", "value"]);
    check("select a isnull", &[""]);
    check("select a is not null not", &["not"]);
}
