//! What the page and the engine's worker say to each other: plain values, no behaviour.
//!
//! - [`message`]: requests to the worker and its replies, each with the request's number
//! - [`outcome`]: what one statement printed, and whether it failed
//! - [`trace`]: what the cluster did for it: plan, tasks, route, wire messages, metadata changes
//! - [`view`]: the cluster as the page draws it: nodes, colocation groups, tables, shards
//! - [`keys`]: foreign keys, the rule that allows or forbids each, and what would mend it
//! - [`names`]: what can be named in a statement, for an editor to offer
//! - [`lesson`]: lessons, their steps, and the checks on a step
//!
//! The page is one wasm module and the engine another; this crate is all they share. The page
//! computes no shard, hash or rule: whatever it draws stands in these values. Rows never travel
//! here, only their counts, so a view of a million rows is as small as that of an empty table.

pub mod keys;
pub mod lesson;
pub mod message;
pub mod names;
pub mod outcome;
pub mod trace;
pub mod view;
