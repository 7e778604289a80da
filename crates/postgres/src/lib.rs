//! One PostgreSQL node: catalog, storage, analyzer, planner, executor.
