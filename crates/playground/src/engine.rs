//! The cluster and psql over it, behind the few calls that the session makes.

use kumquat_protocol::message::{Options, SessionView};
use kumquat_protocol::outcome::StatementOutcome;

/// The whole state of a session; a copy is cheap.
#[derive(Clone)]
pub struct Engine {}

impl Engine {
    pub fn new(_options: &Options) -> Engine {
        Engine {}
    }

    /// Runs a text and reports each statement as it is done.
    pub fn run(&mut self, text: &str, report: &mut dyn FnMut(StatementOutcome)) {
        report(StatementOutcome {
            echo: format!("{text}\n"),
            ..StatementOutcome::default()
        });
    }

    /// How things stand.
    pub fn view(&self) -> SessionView {
        SessionView {
            prompt: "lab=# ".to_string(),
            ..SessionView::default()
        }
    }
}
