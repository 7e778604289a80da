//! `\sf` and `\sv`: the source of a function or view.

use super::footer::view_options;
use crate::Psql;
use crate::output::{Output, PieceKind};
use kumquat_postgres::catalog::RelationKind;

impl Psql {
    pub(super) fn show_source(&mut self, command: &str, argument: &str, verbose: bool, out: &mut Output) {
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
                let text = table.rows.into_iter().flatten().flatten().next().unwrap_or_default();
                let text = match command {
                    "sv" => match self.view_source(&literal, &text) {
                        Ok(text) => text,
                        Err(message) => return out.line(PieceKind::Error, message),
                    },
                    _ => text,
                };
                if text.is_empty() {
                    let text = format!("\\{command}: what is built in is not supported by Kumquat");
                    return out.line(PieceKind::Error, text);
                }
                let text = if text.ends_with('\n') {
                    text
                } else {
                    format!("{text}\n")
                };
                let text = if verbose {
                    with_line_numbers(&text, command == "sf")
                } else {
                    text
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

    /// The statement that would make a view, or why there is none.
    fn view_source(&mut self, literal: &str, definition: &str) -> Result<String, String> {
        let found = self
            .ask_rows(&format!("SELECT '{literal}'::pg_catalog.regclass::pg_catalog.oid"))
            .map(|rows| self.table_of(&rows))
            .ok()
            .and_then(|table| table.rows.into_iter().flatten().flatten().next())
            .and_then(|text| text.parse().ok());
        let relation = found.and_then(|oid| self.catalog()?.relation(kumquat_types::Oid(oid)).cloned());
        let Some(relation) = relation else {
            return Err(format!("relation \"{literal}\" does not exist"));
        };
        let quoted = |name: &str| kumquat_postgres::catalog::quote::quote_identifier(name);
        let name = format!("{}.{}", quoted(&self.schema_name_of(&relation)), quoted(&relation.name));
        if relation.kind != RelationKind::View && !relation.is_system_view() {
            return Err(format!(
                "\"{}.{}\" is not a view",
                self.schema_name_of(&relation),
                relation.name
            ));
        }
        if definition.is_empty() {
            return Ok(String::new());
        }
        let (options, check) = view_options(&relation);
        let options = if options.is_empty() {
            String::new()
        } else {
            format!("\n WITH ({options})")
        };
        let check = check
            .map(|kind| format!("\n WITH {kind} CHECK OPTION"))
            .unwrap_or_default();
        let definition = definition.trim_end_matches(';');
        Ok(format!(
            "CREATE OR REPLACE VIEW {name}{options} AS\n{definition}{check}\n"
        ))
    }
}

/// Each line behind its number; those of a function count from its body on.
fn with_line_numbers(text: &str, function: bool) -> String {
    let in_header = |line: &str| {
        !["AS ", "BEGIN ", "RETURN "]
            .iter()
            .any(|keyword| line.starts_with(keyword))
    };
    let header = if function {
        text.lines().take_while(|line| in_header(line)).count()
    } else {
        0
    };
    let mut shown = String::new();
    for (index, line) in text.lines().enumerate() {
        match (index + 1).checked_sub(header) {
            Some(number) if number > 0 => shown.push_str(&format!("{number:<7} {line}\n")),
            _ => shown.push_str(&format!("        {line}\n")),
        }
    }
    shown
}
