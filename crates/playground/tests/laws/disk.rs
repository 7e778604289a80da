//! The law: what does not fit on a node's disk fails as a full disk does, and leaves everything as it was.

use kumquat_psql::Psql;

use crate::lab;

const FULL: &str = "No space left on device";

/// A cluster whose distributed table takes about a megabyte, half of it on each worker.
fn cluster() -> Psql {
    let mut psql = lab::psql(2);
    for statement in [
        "CREATE TABLE logs (id int PRIMARY KEY, line text)",
        "SELECT create_distributed_table('logs', 'id', shard_count => 4)",
        "INSERT INTO logs SELECT i, repeat('x', 100) FROM generate_series(1, 8000) i",
    ] {
        lab::must(&mut psql, statement);
    }
    psql
}

fn check_full(psql: &mut Psql, statement: &str) {
    let before = psql.network.clone();
    let error = lab::ask(psql, statement).error.expect(statement);
    assert!(
        error.message.starts_with("could not extend file \"base/"),
        "{statement}: {}",
        error.message
    );
    assert!(error.message.ends_with(FULL), "{statement}: {}", error.message);
    assert_eq!(error.hint.as_deref(), Some("Check free disk space."), "{statement}");
    assert_eq!(error.sqlstate.0, "53100");
    assert!(lab::same_state(&before, &psql.network), "{statement} left something");
}

#[test]
fn what_does_not_fit_on_a_disk_fails_and_leaves_everything_as_it_was() {
    let mut psql = cluster();
    lab::must(&mut psql, "SET kumquat.disk_size TO '800kB'");
    check_full(&mut psql, "SELECT undistribute_table('logs')");
    check_full(
        &mut psql,
        "INSERT INTO logs SELECT i, repeat('x', 100) FROM generate_series(8001, 16000) i",
    );
    lab::must(&mut psql, "SET citus.check_available_space_before_move TO off");
    let shard = "(SELECT shardid FROM citus_shards WHERE nodeport = 9701 ORDER BY 1 LIMIT 1)";
    let moves =
        format!("SELECT citus_move_shard_placement({shard}, 'localhost', 9701, 'localhost', 9702, 'block_writes')");
    lab::must(&mut psql, "SET kumquat.disk_size TO '700kB'");
    check_full(&mut psql, &moves);
    lab::must(&mut psql, "RESET kumquat.disk_size");
    lab::must(&mut psql, &moves);
    lab::must(&mut psql, "SELECT undistribute_table('logs')");
}

#[test]
fn a_move_leaves_free_what_citus_is_told_to_leave() {
    let mut psql = cluster();
    lab::must(&mut psql, "SET kumquat.disk_size TO '900kB'");
    let shard = "(SELECT shardid FROM citus_shards WHERE nodeport = 9701 ORDER BY 1 LIMIT 1)";
    let moves =
        format!("SELECT citus_move_shard_placement({shard}, 'localhost', 9701, 'localhost', 9702, 'block_writes')");
    let error = lab::ask(&mut psql, &moves).error.expect("no error");
    assert!(
        error
            .message
            .starts_with("not enough empty space on node if the shard is moved"),
        "{}",
        error.message
    );
    lab::must(&mut psql, "SET kumquat.disk_size TO '2MB'");
    lab::must(&mut psql, &moves);
}

#[test]
fn each_node_has_a_disk_of_its_own() {
    let mut psql = cluster();
    lab::must(&mut psql, "SET citus.enable_ddl_propagation TO off");
    lab::must(&mut psql, "ALTER DATABASE lab SET kumquat.disk_size TO '200kB'");
    check_full(&mut psql, "SELECT undistribute_table('logs')");
    lab::must(
        &mut psql,
        "INSERT INTO logs SELECT i, repeat('x', 100) FROM generate_series(8001, 16000) i",
    );
}
