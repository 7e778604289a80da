//! Laws: what holds whatever a learner types, tried on many inputs made from a fixed seed.
//!
//! - [`distributed`]: a distributed table gives the answers of a local one
//! - [`mutations`]: no text makes the engine panic, hang, or lose state
//!
//! [`lab`], [`random`], [`schemas`] and [`queries`] are what they share.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod distributed;
mod lab;
mod mutations;
mod queries;
mod random;
mod schemas;
