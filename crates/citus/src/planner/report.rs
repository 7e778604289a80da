//! What the planner tells of its way to a learner who asks with `client_min_messages`.

use kumquat_postgres::Backend;
use kumquat_postgres::query::Query;
use kumquat_postgres::ruleutils::{self, Style};
use kumquat_types::{Error, Result, Severity, SqlState};

/// Messages of this severity are shown (`IsLoggableLevel`).
pub fn is_loggable(backend: &Backend<'_>, severity: Severity) -> bool {
    backend.least_severity() <= severity
}

/// `ereport(DEBUGn)`
pub fn debug(backend: &mut Backend<'_>, severity: Severity, message: impl Into<String>) {
    if is_loggable(backend, severity) {
        let message = Error::with_severity(severity, SqlState::SUCCESSFUL_COMPLETION, message);
        backend.notice(message);
    }
}

/// Why a way of planning was not taken (`RaiseDeferredError`).
pub fn deferred(backend: &mut Backend<'_>, severity: Severity, mut error: Error) {
    if is_loggable(backend, severity) {
        error.severity = severity;
        backend.notice(error);
    }
}

/// A query as the messages show it (`pg_get_query_def`).
pub fn query_text(backend: &Backend<'_>, query: &Query) -> Result<String> {
    ruleutils::deparse_query(backend, query, Style::Remote, &|_| None)
}
