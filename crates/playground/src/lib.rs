//! One learner's session: a cluster, psql over it, snapshots and the log, as plain values.
//!
//! - [`Playground`]: runs texts, answers what the page asks, keeps snapshots
//! - `engine`: the only module that touches the cluster and psql
//! - `ask`: questions of the page, answered from a copy of the state
//! - `fresh`: the cluster and the psql that every session begins with
//! - `view`, `trace`: the cluster, and what it did for a statement, as values to draw
//! - `names`: what can be named in a statement, for an editor to offer
//! - `matrix`: what Citus lets reference what, for the page to draw
//!
//! Time and randomness enter here, through [`Options`], and nowhere below.

mod ask;
mod engine;
pub mod fresh;
mod matrix;
mod names;
mod session;
mod trace;
mod view;

pub use kumquat_protocol as protocol;
pub use kumquat_protocol::message::Options;
pub use session::Playground;
