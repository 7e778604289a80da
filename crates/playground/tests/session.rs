//! What the page asks of a session besides running statements.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use kumquat_playground::Playground;
use kumquat_playground::protocol::message::{File, Options, Reply, Request, Typed};
use kumquat_playground::protocol::outcome::StatementOutcome;

fn playground() -> Playground {
    Playground::new(&Options::default())
}

fn run(playground: &mut Playground, text: &str) -> Vec<StatementOutcome> {
    let mut outcomes = Vec::new();
    playground.run(text, &mut |outcome| outcomes.push(outcome));
    outcomes
}

fn printed(outcomes: &[StatementOutcome]) -> String {
    let output = outcomes.iter().flat_map(|outcome| &outcome.output);
    output.map(|output| output.text.as_str()).collect()
}

#[test]
fn an_error_tells_its_place_in_the_whole_text() {
    let check = |text: &str, expected: &str| {
        let failed = run(&mut playground(), text).into_iter().find(|outcome| outcome.failed);
        let place = failed.unwrap().error_at.expect("a place");
        assert_eq!(&text[usize::try_from(place).unwrap()..], expected, "{text}");
    };
    check("SELECT colour;", "colour;");
    check("SELECT 1;\n\nSELECT 2,\n  colour;\nSELECT 3;", "colour;\nSELECT 3;");
    check("SELECT 'Zoë', colour;", "colour;");
    check("SELEC 1;", "SELEC 1;");
    check("-- first\nSELECT 1; SELECT * FROM nowhere;", "nowhere;");
}

#[test]
fn a_statement_tells_how_much_of_the_text_is_done() {
    let text = "SELECT 1;\n\nSELECT\n2;\n\\echo x\n";
    let ends: Vec<_> = run(&mut playground(), text).iter().map(|outcome| outcome.end).collect();
    assert_eq!(ends, [10, 21, 29]);
}

#[test]
fn files_given_with_a_text_can_be_copied_and_included() {
    let file = |name: &str, text: &str| File {
        name: name.into(),
        text: text.into(),
    };
    let log = vec![Typed {
        text: "\\i make.sql\n\\copy t from rows.csv with (format csv)\n".into(),
        at: 0.0,
        files: vec![
            file("make.sql", "CREATE TABLE t (a int);\n"),
            file("rows.csv", "1\n2\n3\n"),
        ],
    }];
    let mut playground = playground();
    let mut reported = Vec::new();
    let boot = Request::Boot {
        options: Options::default(),
        log,
        report: true,
    };
    playground.answer(boot, &mut |reply| {
        if let Reply::Statement { outcome } = reply {
            reported.push(outcome);
        }
    });
    assert_eq!(printed(&reported), "CREATE TABLE\nCOPY 3\n");
}

#[test]
fn names_follow_the_catalog() {
    let mut playground = playground();
    run(
        &mut playground,
        "CREATE TABLE orders (order_id bigint, note text);\nBEGIN;\nSELECT 1/0;\n",
    );
    let Reply::Names { names } = playground.answer(Request::Names, &mut |_| {}) else {
        panic!("no names");
    };
    let orders = names
        .relations
        .iter()
        .find(|relation| relation.name == "orders")
        .unwrap();
    let columns: Vec<_> = orders
        .columns
        .iter()
        .map(|column| (&*column.name, &*column.type_name))
        .collect();
    assert_eq!(columns, [("order_id", "bigint"), ("note", "text")]);
    assert!(names.schemas.iter().any(|name| name == "public"));
    assert!(names.settings.iter().any(|setting| setting.name == "citus.shard_count"));
    let reference = names
        .functions
        .iter()
        .find(|function| function.name == "create_reference_table")
        .unwrap();
    assert_eq!(reference.arguments.as_deref(), Some("table_name regclass"));
    assert!(
        names
            .functions
            .iter()
            .any(|function| function.name == "generate_series")
    );
    let repeated = names.functions.windows(2).any(|two| two[0] == two[1]);
    assert!(!repeated, "no signature stands twice");
}

#[test]
fn psql_that_was_quit_is_there_again_for_the_next_text() {
    let mut playground = playground();
    run(&mut playground, "SELECT 1;\n\\q\nSELECT 2;\n");
    let outcomes = run(&mut playground, "SELECT\n3 AS three;\nSELECT 4 AS four;\n");
    assert!(printed(&outcomes).contains("three") && printed(&outcomes).contains("four"));
}

#[test]
fn a_log_that_is_replayed_tells_how_far_it_is() {
    let typed = |text: &str| Typed {
        text: text.into(),
        ..Typed::default()
    };
    let boot = Request::Boot {
        options: Options::default(),
        log: vec![typed("SELECT 1;\n"), typed("SELECT 2;\n")],
        report: false,
    };
    let mut replies = Vec::new();
    playground().answer(boot, &mut |reply| replies.push(reply));
    let expected = [1, 2].map(|texts| Reply::Replayed { texts, of: 2 });
    assert_eq!(replies, expected);
}

#[test]
fn a_statement_that_is_refused_tells_the_tables_it_names() {
    const TABLES: &str = "CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint, user_id bigint);
CREATE TABLE notes (a int);
SELECT create_distributed_table('users', 'id'), create_distributed_table('orders', 'user_id');
";
    let check = |sql: &str, expected: &[&str]| {
        let mut playground = playground();
        run(&mut playground, TABLES);
        let outcomes = run(&mut playground, sql);
        let trace = outcomes[0].trace.as_ref().expect("a trace");
        let tables = playground.view().cluster.tables;
        let mut named: Vec<&str> = Vec::new();
        for table in tables.iter().filter(|table| trace.named.contains(&table.oid)) {
            named.push(&table.name);
        }
        assert_eq!(named, expected, "{sql}");
    };
    check("SELECT count(*) FROM users;", &[]);
    check(
        "ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES users;",
        &["orders", "users"],
    );
    check(
        "SELECT u.id FROM users u FULL JOIN orders o ON u.id < o.id;",
        &["orders", "users"],
    );
    check("UPDATE users SET id = 2 WHERE id = 1;", &["users"]);
    check("SELECT create_distributed_table('notes', 'b');", &["notes"]);
    check(
        "SELECT create_distributed_table('notes', 'a', colocate_with => 'users');",
        &["notes", "users"],
    );
    check(
        "SELECT citus_move_shard_placement(102008, 'localhost', 9701, 'localhost', 9799);",
        &["users"],
    );
    check("CREATE UNIQUE INDEX ON orders (id);", &["orders"]);
    check("SELECT colour FROM users;", &[]);
}
