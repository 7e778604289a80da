//! Every repair that is offered for a refused key runs, and gets the learner past the refusal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use kumquat_playground::protocol::keys::{RefusedKey, Way};
use kumquat_playground::protocol::message::{Question, Reply, Request};
use kumquat_playground::{Options, Playground};

const TABLES: &str = "\
CREATE TABLE users (id bigint PRIMARY KEY, name text);
CREATE TABLE shops (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint, user_id bigint, shop_id bigint, PRIMARY KEY (id, user_id));
CREATE TABLE visits (user_id bigint, shop_id bigint);
";

/// Runs a text; the key it refused, if any, and what it printed.
fn run(playground: &mut Playground, text: &str) -> (Option<RefusedKey>, String, bool) {
    let (mut refused, mut printed, mut failed) = (None, String::new(), false);
    playground.run(text, &mut |outcome| {
        failed |= outcome.failed;
        refused = refused.take().or(outcome.trace.and_then(|trace| trace.refused_key));
        outcome.output.iter().for_each(|output| printed.push_str(&output.text));
    });
    (refused, printed, failed)
}

/// What is refused after `before`, and the titles of the repairs, each of which must run.
fn check(before: &str, refused: &str, titles: &[&str]) {
    let mut playground = Playground::new(&Options::default());
    let (_, printed, failed) = run(&mut playground, &format!("{TABLES}{before}\n"));
    assert!(!failed, "{before}: {printed}");
    let (key, printed, _) = run(&mut playground, &format!("{refused}\n"));
    let key = key.unwrap_or_else(|| panic!("{refused}: not refused, but {printed}"));
    assert!(
        key.conditions.iter().any(|condition| !condition.met),
        "{refused}: {key:?}"
    );
    let found: Vec<&str> = key.repairs.iter().map(|repair| repair.title.as_str()).collect();
    assert_eq!(found, titles, "{refused}");
    let start = playground.snapshot();
    for repair in &key.repairs {
        let (_, printed, failed) = run(&mut playground, &format!("{}\n", repair.sql));
        assert!(!failed, "{refused}: {}: {}\n{printed}", repair.title, repair.sql);
        assert!(playground.restore(start));
    }
}

const WITHOUT: &str = "Do without the key, and look for orphans yourself";

#[test]
fn a_key_between_groups_can_be_repaired() {
    check(
        "SELECT create_distributed_table('users', 'id'); SELECT create_distributed_table('visits', 'user_id', colocate_with => 'none');",
        "ALTER TABLE visits ADD CONSTRAINT k FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;",
        &[
            "Colocate visits with users",
            "Make users a reference table",
            "Distribute both by the key: user_id and id",
            WITHOUT,
        ],
    );
}

#[test]
fn a_key_that_misses_the_distribution_column_can_be_repaired() {
    check(
        "SELECT create_distributed_table('shops', 'id'); SELECT create_distributed_table('visits', 'user_id');",
        "ALTER TABLE visits ADD CONSTRAINT k FOREIGN KEY (shop_id) REFERENCES shops (id);",
        &[
            "Make shops a reference table",
            "Distribute both by the key: shop_id and id",
            WITHOUT,
        ],
    );
    // The primary key of orders lacks shop_id, so orders cannot be distributed by it.
    check(
        "SELECT create_distributed_table('shops', 'id'); SELECT create_distributed_table('orders', 'user_id');",
        "ALTER TABLE orders ADD CONSTRAINT k FOREIGN KEY (shop_id) REFERENCES shops (id);",
        &["Make shops a reference table", WITHOUT],
    );
}

#[test]
fn a_key_to_a_local_table_can_be_repaired() {
    check(
        "SELECT create_distributed_table('visits', 'user_id');",
        "ALTER TABLE visits ADD CONSTRAINT k FOREIGN KEY (shop_id) REFERENCES shops (id);",
        &[
            "Make shops a reference table",
            "Distribute both by the key: shop_id and id",
            WITHOUT,
        ],
    );
}

#[test]
fn a_key_in_the_way_of_distributing_can_be_repaired() {
    check(
        "ALTER TABLE orders ADD CONSTRAINT k FOREIGN KEY (shop_id) REFERENCES shops (id);",
        "SELECT create_distributed_table('orders', 'user_id');",
        &["Make shops a reference table", "Drop the key"],
    );
    check(
        "ALTER TABLE visits ADD CONSTRAINT k FOREIGN KEY (shop_id) REFERENCES shops (id); SELECT create_distributed_table('shops', 'id');",
        "SELECT create_distributed_table('visits', 'user_id');",
        &[
            "Make shops a reference table",
            "Distribute both by the key: shop_id and id",
            "Drop the key",
        ],
    );
}

#[test]
fn a_key_from_a_reference_table_can_be_repaired() {
    check(
        "SELECT create_reference_table('visits'); SELECT create_distributed_table('shops', 'id');",
        "ALTER TABLE visits ADD CONSTRAINT k FOREIGN KEY (shop_id) REFERENCES shops (id);",
        &[
            "Make shops a reference table",
            "Distribute both by the key: shop_id and id",
            WITHOUT,
        ],
    );
}

#[test]
fn an_action_on_the_distribution_column_can_be_left_out() {
    check(
        "SELECT create_distributed_table('users', 'id'); SELECT create_distributed_table('visits', 'user_id');",
        "ALTER TABLE visits ADD CONSTRAINT k FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL;",
        &["Make the key without the action", WITHOUT],
    );
}

#[test]
fn conditions_tell_what_was_found() {
    let mut playground = Playground::new(&Options::default());
    let tables = "SELECT create_distributed_table('shops', 'id'); \
                  SELECT create_distributed_table('visits', 'user_id', colocate_with => 'none');";
    run(&mut playground, &format!("{TABLES}{tables}\n"));
    let (key, ..) = run(
        &mut playground,
        "ALTER TABLE visits ADD FOREIGN KEY (shop_id) REFERENCES shops (id);\n",
    );
    let conditions: Vec<_> = key
        .unwrap()
        .conditions
        .into_iter()
        .map(|condition| (condition.way, condition.found, condition.met))
        .collect();
    let expected = [
        (Way::Reference, "shops is distributed by id", false),
        (Way::Colocated, "both are", true),
        (Way::Colocated, "visits is in group 2, shops in group 1", false),
        (Way::Colocated, "both bigint", true),
        (Way::Colocated, "visits.user_id is not in the key", false),
    ];
    assert_eq!(
        conditions,
        expected.map(|(way, found, met)| (way, found.to_string(), met))
    );
}

#[test]
fn a_question_is_answered_by_the_node_that_is_asked_and_changes_nothing() {
    let mut playground = Playground::new(&Options::default());
    let rows = "SELECT create_distributed_table('users', 'id'); INSERT INTO users SELECT i, NULL FROM generate_series(1, 99) i;";
    run(&mut playground, &format!("{TABLES}{rows}\n"));
    let mut check = |node: Option<u32>, sql: &str, limit: u32, rows: usize, count: f64, failed: bool| {
        let question = Question {
            sql: sql.into(),
            node,
            limit,
        };
        match playground.answer(Request::Ask { question }, &mut |_| {}) {
            Reply::Answered { answer } => {
                assert_eq!((answer.rows.len(), answer.count), (rows, count), "{sql}: {answer:?}");
                assert_eq!(answer.error.is_some(), failed, "{sql}: {answer:?}");
            }
            other => panic!("{sql}: {other:?}"),
        }
    };
    check(None, "SELECT * FROM users", 10, 10, 99.0, false);
    check(Some(2), "SELECT * FROM users_102008", 100, 3, 3.0, false);
    check(Some(3), "SELECT * FROM users_102008", 100, 0, 0.0, true);
    check(Some(99), "SELECT 1", 100, 0, 0.0, true);
    check(None, "DELETE FROM users", 100, 0, 0.0, false);
    check(None, "SELECT * FROM users", 1, 1, 99.0, false);
}
