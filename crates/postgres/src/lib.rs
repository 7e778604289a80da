//! One PostgreSQL node, small: catalog, storage, analyzer, planner, executor, utility commands.
//!
//! # The life of a statement
//! 1. [`Backend::simple_query`] takes the text, splits it and parses each statement with `kumquat_sql`.
//! 2. [`analyze`] binds a query to the [`catalog`] and gives a typed [`query::Query`].
//! 3. The [`extension`]'s planner hook may take it over; else [`planner`] makes a [`plan`].
//! 4. [`executor`] runs the plan over column chunks from [`storage`].
//! 5. Everything else than queries goes to [`commands`], by way of the extension's utility hook.
//! 6. The client gets [`result::Message`]s.
//!
//! State is in [`server::Network`], an immutable value in effect: a copy is a snapshot, so a transaction is a
//! copy that is kept or dropped, and a statement that fails leaves no trace.

pub mod analyze;
pub mod backend;
pub mod catalog;
pub mod commands;
pub mod connect;
pub mod copy;
pub mod cursor;
pub mod driver;
pub mod environment;
pub mod executor;
pub mod explain;
pub mod extension;
pub mod planner;
pub mod prepared;
pub mod query;
pub mod result;
pub mod ruleutils;
pub mod server;
pub mod session;
pub mod settings;
pub mod storage;
pub mod system;
pub mod transaction;
pub mod two_phase;

pub use backend::Backend;
