//! The law: whatever message a node fails at, a transaction has happened on all nodes or on none.
//!
//! Each transaction is run again and again: a worker stops answering at its first message, at its second, and so on
//! until the transaction ends before the worker fails. Each time the worker comes back, prepared transactions are
//! recovered, and the cluster must be as it was before the transaction or as it is after it.

use kumquat_postgres::server::Availability;
use kumquat_psql::Psql;
use kumquat_types::Severity;

use crate::lab;

const CLUSTER: &[&str] = &[
    "CREATE TABLE accounts (id int PRIMARY KEY, owner text, balance int)",
    "SELECT create_distributed_table('accounts', 'id', shard_count => 6)",
    "CREATE TABLE rates (name text PRIMARY KEY, rate numeric)",
    "SELECT create_reference_table('rates')",
    "INSERT INTO accounts SELECT i, 'owner ' || i, 100 FROM generate_series(1, 20) i",
    "INSERT INTO rates VALUES ('low', 1), ('high', 2)",
];

/// What makes up the state: every shard's rows, and every copy of the reference table.
const STATE: &[&str] = &[
    "SELECT * FROM accounts ORDER BY id",
    "SELECT nodeport, success, result FROM run_command_on_placements('rates', \
     'SELECT string_agg(t::text, '';'' ORDER BY t::text) FROM %s t') ORDER BY nodeport",
];

const TRANSACTIONS: &[&[&str]] = &[
    &["UPDATE accounts SET balance = balance + 1"],
    &["DELETE FROM accounts WHERE balance > 0"],
    &["INSERT INTO accounts SELECT i, 'new', 0 FROM generate_series(100, 120) i"],
    &["INSERT INTO accounts VALUES (31, 'a', 1), (32, 'b', 2), (33, 'c', 3), (34, 'd', 4), (35, 'e', 5)"],
    &["INSERT INTO rates VALUES ('new', 3)"],
    &["UPDATE rates SET rate = rate * 2"],
    &["TRUNCATE accounts"],
    &[
        "BEGIN",
        "UPDATE accounts SET balance = balance - 10 WHERE id = 1",
        "UPDATE accounts SET balance = balance + 5 WHERE id = 2",
        "UPDATE accounts SET balance = balance + 5 WHERE id = 4",
        "INSERT INTO rates VALUES ('third', 3)",
        "COMMIT",
    ],
    &[
        "BEGIN",
        "DELETE FROM accounts WHERE id < 10",
        "SAVEPOINT s",
        "UPDATE accounts SET owner = 'nobody'",
        "ROLLBACK TO SAVEPOINT s",
        "UPDATE rates SET rate = 0",
        "COMMIT",
    ],
];

#[test]
fn a_transaction_is_atomic_whatever_message_a_worker_fails_at() {
    let mut cluster = lab::psql(2);
    CLUSTER
        .iter()
        .for_each(|statement| drop(lab::must(&mut cluster, statement)));
    let before = state(&mut lab::copy(&cluster));
    let (mut failed, mut recovered) = (0, 0);
    for transaction in TRANSACTIONS {
        let mut done = lab::copy(&cluster);
        transaction
            .iter()
            .for_each(|statement| drop(lab::must(&mut done, statement)));
        let after = state(&mut done);
        assert_ne!(before, after, "{transaction:?} changes nothing");
        for worker in 1..=2 {
            for message in 0.. {
                let mut psql = lab::copy(&cluster);
                let trial = Trial {
                    transaction,
                    worker,
                    message,
                };
                match trial.run(&mut psql, &before, &after) {
                    Ended::Undone => failed += 1,
                    Ended::Recovered => recovered += 1,
                    Ended::BeforeTheFault => break,
                }
            }
        }
    }
    assert!(
        failed > 50 && recovered > 10,
        "{failed} were undone and {recovered} recovered"
    );
}

/// A transaction during which a worker fails.
#[derive(Debug)]
struct Trial<'a> {
    transaction: &'a [&'a str],
    worker: usize,
    message: u64,
}

enum Ended {
    Undone,
    /// Committed, on the worker that failed by recovery.
    Recovered,
    BeforeTheFault,
}

impl Trial<'_> {
    fn run(&self, psql: &mut Psql, before: &State, after: &State) -> Ended {
        set(psql, self.worker, Availability::For(self.message));
        let mut failure = None;
        let mut warnings = 0;
        for statement in self.transaction {
            let answer = lab::ask(psql, statement);
            warnings += answer
                .notices
                .iter()
                .filter(|notice| notice.severity == Severity::Warning)
                .count();
            if let Some(error) = answer.error {
                failure = failure.or(Some(error.message.clone()));
            }
        }
        lab::ask(psql, "ROLLBACK");
        let is_down = psql.network.servers[self.worker].is_down();
        set(psql, self.worker, Availability::Up);
        let count = lab::must(psql, "SELECT recover_prepared_transactions()").rows[0][0].clone();
        self.check_nothing_is_left(psql);
        let found = state(psql);
        match failure {
            Some(message) => {
                assert!(
                    message.starts_with("connection to the remote node postgres@localhost:970"),
                    "{self:?}: {message}"
                );
                assert_eq!(&found, before, "{self:?} left something");
                Ended::Undone
            }
            None => {
                assert_eq!(&found, after, "{self:?} lost something");
                if count.as_deref() == Some("0") {
                    assert!(!is_down || warnings == 0, "{self:?} had nothing to recover");
                    return Ended::BeforeTheFault;
                }
                assert_eq!(warnings, 1, "{self:?}");
                Ended::Recovered
            }
        }
    }

    fn check_nothing_is_left(&self, psql: &mut Psql) {
        assert!(
            psql.network.servers.iter().all(|server| server.prepared.is_empty()),
            "{self:?}"
        );
        let records = lab::must(psql, "SELECT count(*) FROM pg_dist_transaction").rows;
        assert_eq!(records, [[Some("0".to_string())]], "{self:?}");
    }
}

type State = Vec<Vec<Vec<Option<String>>>>;

fn state(psql: &mut Psql) -> State {
    STATE.iter().map(|query| lab::must(psql, query).rows).collect()
}

fn set(psql: &mut Psql, worker: usize, availability: Availability) {
    psql.network.servers[worker].availability = availability;
}

#[test]
fn what_others_have_changed_since_stays_when_a_prepared_transaction_is_committed() {
    let mut psql = lab::psql(0);
    for statement in [
        "CREATE TABLE t (a int)",
        "CREATE TABLE u (a int)",
        "INSERT INTO t VALUES (1), (2), (3)",
        "BEGIN",
        "INSERT INTO t VALUES (4)",
        "DELETE FROM t WHERE a = 1",
        "PREPARE TRANSACTION 'p'",
        "INSERT INTO t VALUES (5)",
        "DELETE FROM t WHERE a = 2",
        "INSERT INTO u VALUES (6)",
        "COMMIT PREPARED 'p'",
    ] {
        lab::must(&mut psql, statement);
    }
    let rows = lab::must(&mut psql, "SELECT a FROM t UNION ALL SELECT a FROM u ORDER BY 1").rows;
    let values: Vec<&str> = rows.iter().filter_map(|row| row[0].as_deref()).collect();
    assert_eq!(values, ["3", "4", "5", "6"]);
}
