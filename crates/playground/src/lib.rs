//! One learner's session: cluster, psql, trace, history, lessons, as plain serialisable values.
