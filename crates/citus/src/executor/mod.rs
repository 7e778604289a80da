//! Runs the tasks of a distributed plan on the nodes that hold their shards.

pub mod copy;
