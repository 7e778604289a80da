//! The Citus extension: metadata, hashing, DDL propagation, distributed planner, functions.
