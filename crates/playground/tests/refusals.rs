//! What Citus refuses, in its words: the last statement of a script and the first line that it prints.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use kumquat_playground::Playground;
use kumquat_playground::protocol::message::Options;

fn check(script: &str, expected: &str) {
    let mut playground = Playground::new(&Options::default());
    let mut last = String::new();
    let lines = script.replace("; ", ";\n");
    playground.run(&format!("{lines};\n"), &mut |outcome| {
        last = outcome.output.into_iter().map(|output| output.text).collect();
    });
    assert_eq!(last.lines().next(), Some(expected), "{script}");
}

#[test]
fn tables_of_distributed_schemas_stay_among_themselves() {
    const TENANT: &str = "SET citus.enable_schema_based_sharding TO on; CREATE SCHEMA t1; CREATE TABLE t1.a (x int); \
                          CREATE TABLE t1.p (x int) PARTITION BY RANGE (x);";
    let cases = [
        (
            "CREATE TABLE h (x int); SELECT create_distributed_table('h', 'x'); ALTER TABLE h SET SCHEMA t1",
            "ERROR:  distributed schema cannot have distributed tables",
        ),
        (
            "CREATE TABLE public.child (y int) INHERITS (t1.a)",
            "ERROR:  tables in a distributed schema cannot inherit or be inherited",
        ),
        (
            "CREATE TABLE public.part PARTITION OF t1.p FOR VALUES FROM (1) TO (2)",
            "ERROR:  partitioning within a distributed schema is not supported when the parent and the child are in \
             different schemas",
        ),
    ];
    for (statement, expected) in cases {
        check(&format!("{TENANT} {statement}"), expected);
    }
}

#[test]
fn partitions_with_keys_of_their_own_stop_a_cascade() {
    check(
        "CREATE TABLE r (x int PRIMARY KEY); SELECT create_reference_table('r'); CREATE TABLE p (x int) PARTITION BY \
         RANGE (x); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9); SELECT create_distributed_table('p', \
         'x'); ALTER TABLE p1 ADD CONSTRAINT own FOREIGN KEY (x) REFERENCES r; SELECT undistribute_table('p', \
         cascade_via_foreign_keys => true)",
        "ERROR:  cannot cascade operation via foreign keys as partition table public.p1 involved in a foreign key \
         relationship that is not inherited from its parent table",
    );
}

#[test]
fn reference_tables_heed_parallel_accesses_behind_chains_of_keys() {
    const CHAIN: &str = "CREATE TABLE far (x int PRIMARY KEY); CREATE TABLE near (x int PRIMARY KEY REFERENCES far); \
                         CREATE TABLE d (x int REFERENCES near); SELECT create_reference_table('far'); SELECT \
                         create_reference_table('near'); SELECT create_distributed_table('d', 'x'); BEGIN;";
    let cases = [
        (
            "DELETE FROM d; UPDATE far SET x = 1",
            "ERROR:  cannot execute DML on table \"far\" because there was a parallel DML access to distributed table \
             \"d\" in the same transaction",
        ),
        (
            "SELECT count(*) FROM d; ALTER TABLE far ADD y int",
            "ERROR:  cannot execute DDL on table \"far\" because there was a parallel SELECT access to distributed \
             table \"d\" in the same transaction",
        ),
        (
            "UPDATE far SET x = 1; SHOW citus.multi_shard_modify_mode",
            " citus.multi_shard_modify_mode ",
        ),
        (
            "SELECT count(*) FROM d; ALTER TABLE d DROP CONSTRAINT d_x_fkey",
            "ERROR:  cannot modify table \"d\" because there was a parallel operation on a distributed table in the \
             transaction",
        ),
    ];
    for (statements, expected) in cases {
        check(&format!("{CHAIN} {statements}"), expected);
    }
}

#[test]
fn small_integers_of_sequences_are_not_given_out_on_workers() {
    check(
        "CREATE TABLE t (id serial, x int); SELECT create_distributed_table('t', 'x'); \n\\c - - - 9701\nINSERT INTO t \
         (x) VALUES (1)",
        "ERROR:  nextval(sequence) calls in worker nodes are not supported for column defaults of type int or smallint",
    );
}

#[test]
fn columnar_parameters_are_for_columnar_tables() {
    let cases = [
        (
            "CREATE TABLE h (x int); ALTER TABLE h SET (columnar.compression = none)",
            "ERROR:  columnar storage parameters specified on non-columnar table",
        ),
        (
            "CREATE TABLE c (x int) USING columnar; ALTER TABLE c SET (columnar.compression = fast)",
            "ERROR:  unknown compression type for columnar table: fast",
        ),
        (
            "CREATE TABLE c (x int) USING columnar; ALTER TABLE c SET (columnar.stripe_row_limit = 1)",
            "ERROR:  stripe row count limit out of range",
        ),
        (
            "CREATE TABLE c (x int) USING columnar WITH (columnar.compression = pglz); \\t on\nSELECT compression \
             FROM columnar.options",
            " pglz",
        ),
    ];
    for (statements, expected) in cases {
        check(&format!("CREATE EXTENSION citus_columnar; {statements}"), expected);
    }
}

#[test]
fn nodes_and_strategies_are_checked_before_they_are_kept() {
    let cases = [
        (
            "SELECT citus_remove_node('localhost', 9700); SELECT citus_add_node('localhost', 9700)",
            "ERROR:  Node cannot add itself as a worker.",
        ),
        (
            "SELECT citus_add_node('localhost', 9703, groupid => 1)",
            "ERROR:  group 1 already has a primary node",
        ),
        (
            "CREATE ROLE reader; SET ROLE reader; SELECT citus_remove_node('localhost', 9702)",
            "ERROR:  permission denied for function citus_remove_node",
        ),
        (
            "SELECT citus_add_rebalance_strategy('s', 'citus_version', 'citus_node_capacity_1', \
             'citus_shard_allowed_on_node_true', 0)",
            "ERROR:  signature for shard_cost_function is incorrect",
        ),
    ];
    for (statements, expected) in cases {
        check(statements, expected);
    }
}
