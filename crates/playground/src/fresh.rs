//! What every session begins with.

use kumquat_postgres::catalog::well_known::BOOTSTRAP_SUPERUSER;
use kumquat_postgres::connect;
use kumquat_psql::Psql;

use crate::view::COORDINATOR;

pub(crate) const DATABASE: &str = "lab";

/// A cluster of a coordinator and so many workers, and psql connected to the coordinator as `postgres`.
pub fn psql(workers: u16) -> Psql {
    let network = kumquat_citus::new_cluster(workers);
    let session = connect::open(COORDINATOR, DATABASE.into(), BOOTSTRAP_SUPERUSER);
    Psql::new(network, session, &kumquat_citus::Citus)
}
