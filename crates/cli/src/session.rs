//! A psql over a fresh cluster, for the terminal: the files it may read are those on disk.

use kumquat_postgres::connect::open;
use kumquat_postgres::server::ServerId;
use kumquat_psql::Psql;

/// Microseconds from 2000-01-01 to the moment that sessions begin with, so that runs repeat.
const START: i64 = 780_000_000_000_000;

/// A psql connected to the coordinator of a cluster with two workers.
pub fn new_psql() -> Psql {
    let network = kumquat_citus::new_cluster(2);
    let mut session = open(
        ServerId(0),
        "lab".into(),
        kumquat_postgres::catalog::well_known::BOOTSTRAP_SUPERUSER,
    );
    session.clock.now = START;
    let mut psql = Psql::new(network, session, &kumquat_citus::Citus);
    psql.load_file = Some(|name| std::fs::read_to_string(name).ok());
    psql
}
