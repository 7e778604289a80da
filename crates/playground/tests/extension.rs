//! Databases with and without the extension.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use kumquat_playground::Playground;
use kumquat_playground::protocol::message::Options;

/// What the last statement prints.
fn last_output(playground: &mut Playground, text: &str) -> String {
    let mut last = String::new();
    playground.run(text, &mut |outcome| {
        last = outcome.output.into_iter().map(|output| output.text).collect();
    });
    last
}

#[test]
fn a_database_with_the_extension_alone_is_a_cluster_of_one_node() {
    let mut playground = Playground::new(&Options::default());
    let rows = last_output(
        &mut playground,
        "\\t on\n\\a\nCREATE DATABASE solo;\n\\c solo\nCREATE EXTENSION citus;\nCREATE TABLE t (a int);\n\
         SELECT create_distributed_table('t', 'a', shard_count := 4);\n\
         SELECT nodename, nodeport, count(*) FROM citus_shards GROUP BY 1, 2;\n",
    );
    assert_eq!(rows, "localhost|9700|4\n");
}

#[test]
fn without_the_extension_its_objects_are_gone_and_its_tables_empty() {
    let mut playground = Playground::new(&Options::default());
    let setup = "\\t on\n\\a\nCREATE TABLE t (a int);\nSELECT create_distributed_table('t', 'a');\n\
                 INSERT INTO t VALUES (1);\nDROP EXTENSION citus;\n";
    let check = |playground: &mut Playground, statement: &str, expected: &str| {
        let printed = last_output(playground, statement);
        assert_eq!(printed.lines().next(), Some(expected), "{statement}");
    };
    check(&mut playground, setup, "DROP EXTENSION");
    check(&mut playground, "SELECT count(*) FROM t;\n", "0");
    check(
        &mut playground,
        "SELECT citus_version();\n",
        "ERROR:  function citus_version() does not exist",
    );
    check(
        &mut playground,
        "TABLE pg_dist_node;\n",
        "ERROR:  relation \"pg_dist_node\" does not exist",
    );
    check(&mut playground, "CREATE EXTENSION citus;\n", "CREATE EXTENSION");
    check(&mut playground, "SELECT count(*) FROM pg_dist_node;\n", "0");
}
