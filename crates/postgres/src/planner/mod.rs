//! From an analyzed query to a plan that the executor can run, after PostgreSQL's optimizer.
