//! Laws: what holds whatever a learner types, tried on many inputs made from a fixed seed.
//!
//! - [`coverage`]: all of Citus works or is refused by name, as `docs/coverage.md` says
//! - [`disk`]: what does not fit on a node's disk leaves everything as it was
//! - [`distributed`]: a distributed table gives the answers of a local one
//! - [`mutations`]: no text makes the engine panic, hang, or lose state
//! - [`runaway`]: no statement goes on without an end
//! - [`two_phase`]: whatever message a node fails at, a transaction is atomic
//!
//! [`lab`], [`random`], [`schemas`] and [`queries`] are what they share.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod coverage;
mod disk;
mod distributed;
mod lab;
mod mutations;
mod queries;
mod random;
mod runaway;
mod schemas;
mod two_phase;
