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

#[test]
fn columnar_tables_take_rows_and_refuse_to_change_them() {
    let mut playground = Playground::new(&Options::default());
    let mut check = |statement: &str, expected: &str| {
        let printed = last_output(&mut playground, &format!("{statement}\n"));
        assert_eq!(printed.lines().next(), Some(expected), "{statement}");
    };
    check(
        "CREATE TABLE t (a int) USING columnar;",
        "ERROR:  access method \"columnar\" does not exist",
    );
    check("CREATE EXTENSION citus_columnar;", "CREATE EXTENSION");
    check("CREATE TABLE t (a int) USING columnar;", "CREATE TABLE");
    check("INSERT INTO t VALUES (1), (2);", "INSERT 0 2");
    let refused = "ERROR:  UPDATE and CTID scans not supported for ColumnarScan";
    check("UPDATE t SET a = 3;", refused);
    check("DELETE FROM t;", refused);
    check("SELECT ctid FROM t;", refused);
    check(
        "CREATE UNLOGGED TABLE u (a int) USING columnar;",
        "ERROR:  unlogged columnar tables are not supported",
    );
    check("\\t on\n\\a\nSELECT compression FROM columnar.options;", "zstd");
    check(
        "EXPLAIN (COSTS OFF) SELECT a FROM t;",
        "Custom Scan (ColumnarScan) on t",
    );
    check(
        "SELECT alter_table_set_access_method('t', 'heap');",
        "NOTICE:  creating a new table for public.t",
    );
    check("UPDATE t SET a = 3;", "UPDATE 2");
}
