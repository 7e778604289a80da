//! Laws: what holds whatever a learner types, tried on many inputs made from a fixed seed.
//!
//! - [`coverage`]: all of Citus works or is refused by name, as `docs/coverage.md` says
//! - [`definitions`]: what is printed of an object makes the same object
//! - [`disk`]: what does not fit on a node's disk leaves everything as it was
//! - [`distributed`]: a distributed table gives the answers of a local one
//! - [`moves`]: every row lies in the shard of its hash, whatever is done with the shards
//! - [`mutations`]: no text makes the engine panic, hang, or lose state
//! - [`replay`]: a session that went back, or is built anew from its log, is the session
//! - [`runaway`]: no statement goes on without an end
//! - [`two_phase`]: whatever message a node fails at, a transaction is atomic
//!
//! [`lab`], [`random`], [`schemas`] and [`queries`] are what they share.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod coverage;
mod definitions;
mod disk;
mod distributed;
mod lab;
mod moves;
mod mutations;
mod queries;
mod random;
mod replay;
mod runaway;
mod schemas;
mod two_phase;
