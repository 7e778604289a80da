//! A psql over a fresh cluster, for the terminal: the files it may read are those on disk.

use kumquat_playground::fresh;
use kumquat_psql::Psql;

const WORKERS: u16 = 2;
/// Microseconds from 2000-01-01 to the moment that sessions begin with, so that runs repeat.
const START: i64 = 780_000_000_000_000;

/// A psql connected to the coordinator of a fresh cluster.
pub fn new_psql() -> Psql {
    let mut psql = fresh::psql(WORKERS);
    psql.session.clock.now = START;
    psql.load_file = Some(|name| std::fs::read_to_string(name).ok());
    psql
}
