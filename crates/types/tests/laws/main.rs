//! Laws of values: what holds for all of them, tried on the odd ones of each type.
//!
//! - [`functions`]: no built-in function panics; a kernel gives what its function gives row by row
//! - [`order`]: comparison is an order, and what compares as equal hashes alike
//! - [`text`]: what is printed is read as the same value
//!
//! [`values`] holds the values, [`session`] what functions ask of a session.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod functions;
mod order;
mod session;
mod text;
mod values;
