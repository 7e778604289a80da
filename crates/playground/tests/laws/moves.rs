//! The laws of shards: a hash lies in the interval of exactly one shard, every row lies in the shard of its hash, and
//! no row is lost or doubled whatever is done with the shards.

use kumquat_psql::Psql;

use crate::lab;

/// Types of distribution columns, and an expression of an integer `i` that gives values of the type.
const KEYS: &[(&str, &str)] = &[
    ("int", "i"),
    ("bigint", "i * 1000000007::bigint"),
    ("smallint", "i"),
    ("text", "'key ' || i"),
    ("varchar(20)", "'k' || i"),
    ("char(8)", "'k' || i"),
    ("numeric", "i / 4.0"),
    ("date", "date '2024-01-01' + i"),
    ("timestamp", "timestamp '2024-01-01' + i * interval '1 hour'"),
    ("timestamptz", "timestamptz '2024-01-01' + i * interval '1 hour'"),
    ("uuid", "md5(i::text)::uuid"),
    ("double precision", "i / 8.0"),
    ("boolean", "i % 2 = 0"),
    ("interval", "i * interval '1 day'"),
    ("inet", "'10.0.0.1'::inet + i"),
    ("bytea", "decode(md5(i::text), 'hex')"),
];

/// What leaves all rows as they are. `$SHARD` is the first shard, `$MIDDLE` a hash within it.
const OPERATIONS: &[&str] = &[
    "SELECT citus_move_shard_placement($SHARD, 'localhost', 9701, 'localhost', 9702, 'block_writes')",
    "SELECT citus_split_shard_by_split_points($SHARD, ARRAY['$MIDDLE'], ARRAY[2, 3], 'block_writes')",
    "SELECT isolate_tenant_to_new_shard('t', 7, 'CASCADE', 'block_writes')",
    "SELECT citus_add_node('localhost', 9703); SELECT rebalance_table_shards(shard_transfer_mode => 'block_writes')",
    "SELECT citus_drain_node('localhost', 9702, 'block_writes')",
    "SELECT alter_distributed_table('t', shard_count => 5, cascade_to_colocated => true)",
    "SELECT undistribute_table('t'); SELECT create_distributed_table('t', 'k', colocate_with => 'none', shard_count => 3)",
    "SELECT undistribute_table('r'); SELECT create_reference_table('r')",
    "SELECT alter_table_set_access_method('t', 'columnar')",
    "ALTER TABLE t ALTER v TYPE text USING v::text; ALTER TABLE t ALTER v TYPE int USING v::int",
];

const CLUSTER: &[&str] = &[
    "CREATE EXTENSION citus_columnar",
    "CREATE TABLE t (k int, v int)",
    "CREATE TABLE u (k int, w text)",
    "CREATE TABLE r (id int PRIMARY KEY, name text)",
    "SELECT create_distributed_table('t', 'k', shard_count => 4)",
    "SELECT create_distributed_table('u', 'k', colocate_with => 't')",
    "SELECT create_reference_table('r')",
    "INSERT INTO t SELECT i % 50, i FROM generate_series(1, 300) i",
    "INSERT INTO u SELECT i % 70, 'row ' || i FROM generate_series(1, 200) i",
    "INSERT INTO r SELECT i, 'name ' || i FROM generate_series(1, 20) i",
];

fn run(psql: &mut Psql, statements: &[&str]) {
    statements.iter().for_each(|statement| drop(lab::must(psql, statement)));
}

fn texts(psql: &mut Psql, query: &str) -> Vec<Vec<String>> {
    let rows = lab::must(psql, query).rows;
    let row = |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect();
    rows.into_iter().map(row).collect()
}

/// The shards of a table cover all hashes, none twice.
fn check_intervals(psql: &mut Psql, table: &str) {
    let shards = texts(
        psql,
        &format!(
            "SELECT shardminvalue, shardmaxvalue FROM pg_dist_shard WHERE logicalrelid = '{table}'::regclass \
             ORDER BY shardminvalue::int"
        ),
    );
    let mut next = i64::from(i32::MIN);
    for shard in &shards {
        let (low, high): (i64, i64) = (shard[0].parse().unwrap(), shard[1].parse().unwrap());
        assert_eq!(low, next, "{table}: {shards:?}");
        assert!(high >= low, "{table}: {shards:?}");
        next = high + 1;
    }
    assert_eq!(next, i64::from(i32::MAX) + 1, "{table}: {shards:?}");
}

/// Each row lies in the shard that its key is hashed to.
fn check_places(psql: &mut Psql, table: &str) {
    let places = texts(
        psql,
        &format!(
            "SELECT shardid, result FROM run_command_on_shards('{table}', 'SELECT json_agg(DISTINCT k::text) FROM %s') WHERE result <> ''"
        ),
    );
    assert!(!places.is_empty());
    let key_type = key_type(psql, table);
    for place in places {
        let wrong = texts(
            psql,
            &format!(
                "SELECT key FROM json_array_elements_text('{}') key, pg_dist_shard WHERE shardid = {} AND \
                 (get_shard_id_for_distribution_column('{table}', key) <> shardid OR worker_hash(key::{key_type}) NOT BETWEEN \
                 shardminvalue::int AND shardmaxvalue::int)",
                place[1].replace('\'', "''"),
                place[0],
            ),
        );
        assert!(wrong.is_empty(), "{table}: shard {} holds {wrong:?}", place[0]);
    }
}

fn key_type(psql: &mut Psql, table: &str) -> String {
    let query = format!(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname = 'k'"
    );
    texts(psql, &query)[0][0].clone()
}

#[test]
fn every_hash_lies_in_one_shard_and_every_row_in_the_shard_of_its_hash() {
    for (number, (key, values)) in KEYS.iter().enumerate() {
        let mut psql = lab::psql(2);
        let shards = [1, 2, 3, 5, 7, 16][number % 6];
        run(
            &mut psql,
            &[
                &format!("CREATE TABLE t (k {key})"),
                &format!("SELECT create_distributed_table('t', 'k', shard_count => {shards})"),
                &format!("INSERT INTO t SELECT {values} FROM generate_series(1, 25) i"),
            ],
        );
        check_intervals(&mut psql, "t");
        check_places(&mut psql, "t");
    }
}

#[test]
fn no_row_is_lost_or_doubled_whatever_is_done_with_the_shards() {
    const ROWS: &[&str] = &["TABLE t ORDER BY k, v", "TABLE u ORDER BY k, w", "TABLE r ORDER BY id"];
    let mut cluster = lab::psql(3);
    lab::ask(&mut cluster, "SELECT citus_remove_node('localhost', 9703)");
    run(&mut cluster, CLUSTER);
    let before: Vec<_> = ROWS.iter().map(|query| texts(&mut cluster, query)).collect();
    for operation in OPERATIONS {
        let mut psql = lab::copy(&cluster);
        let first = texts(
            &mut psql,
            "SELECT shardid, (shardminvalue::bigint + shardmaxvalue::bigint) / 2 FROM pg_dist_shard \
             WHERE logicalrelid = 't'::regclass ORDER BY shardid LIMIT 1",
        );
        let operation = operation
            .replace("$SHARD", &first[0][0])
            .replace("$MIDDLE", &first[0][1]);
        lab::must(&mut psql, &operation);
        let after: Vec<_> = ROWS.iter().map(|query| texts(&mut psql, query)).collect();
        assert_eq!(before, after, "{operation}");
        for table in ["t", "u"] {
            check_intervals(&mut psql, table);
            check_places(&mut psql, table);
        }
    }
}
