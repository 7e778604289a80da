//! `\sf` and `\sv`: the source of a function or view.

use crate::Psql;
use crate::output::{Output, PieceKind};

impl Psql {
    pub(super) fn show_source(&mut self, command: &str, argument: &str, out: &mut Output) {
        if argument.is_empty() {
            let what = if command == "sf" {
                "function name is required"
            } else {
                "view name is required"
            };
            return out.line(PieceKind::Error, what);
        }
        let literal = argument.trim_end_matches(';').replace('\'', "''");
        let query = match command {
            "sf" if argument.contains('(') => {
                format!("SELECT pg_catalog.pg_get_functiondef('{literal}'::pg_catalog.regprocedure)")
            }
            "sf" => format!("SELECT pg_catalog.pg_get_functiondef('{literal}'::pg_catalog.regproc)"),
            _ => format!("SELECT pg_catalog.pg_get_viewdef('{literal}'::pg_catalog.regclass, true)"),
        };
        match self.ask_rows(&query) {
            Ok(rows) => {
                let table = self.table_of(&rows);
                let Some(text) = table.rows.into_iter().flatten().flatten().next() else {
                    return;
                };
                let text = if command == "sv" {
                    self.view_source(&literal, &text)
                } else {
                    text
                };
                let text = if text.ends_with('\n') {
                    text
                } else {
                    format!("{text}\n")
                };
                self.write_result(text, out);
            }
            Err(mut error) => {
                error.position = None;
                let shown = crate::message::format_message(&error, &query, self.verbosity(), self.show_context());
                out.write(PieceKind::Error, shown);
            }
        }
    }

    fn view_source(&mut self, literal: &str, definition: &str) -> String {
        let name = self
            .ask_rows(&format!(
                "SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n \
                 ON n.oid = c.relnamespace WHERE c.oid = '{literal}'::pg_catalog.regclass"
            ))
            .map(|rows| self.table_of(&rows))
            .ok()
            .and_then(|table| table.rows.into_iter().flatten().flatten().next())
            .unwrap_or_else(|| literal.to_string());
        format!(
            "CREATE OR REPLACE VIEW {name} AS\n{}\n",
            definition.trim_end_matches(';')
        )
    }
}
