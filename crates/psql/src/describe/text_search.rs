//! `\dF+` and `\dFp+`: text search configurations and parsers in detail.

use super::pattern::Pattern;
use crate::Psql;
use crate::output::{Output, PieceKind};
use crate::print::Table;

impl Psql {
    /// The dictionaries that each type of token is looked up in.
    pub(super) fn describe_configurations(&mut self, pattern: Option<&Pattern>, text: &str, out: &mut Output) {
        let query = "SELECT c.oid, 'pg_catalog', c.cfgname, p.prsname FROM pg_ts_config c \
                     JOIN pg_ts_parser p ON p.oid = c.cfgparser ORDER BY 3";
        let found = self.chosen(query, pattern);
        if found.is_empty() {
            return self.say_none_found("text search configuration", text, out);
        }
        for [oid, schema, name, parser] in found {
            let tokens = format!(
                "SELECT (SELECT t.alias FROM ts_token_type(3722::oid) t WHERE t.tokid = m.maptokentype) AS \"Token\", \
                 string_agg(m.mapdict::regdictionary::text, ',' ORDER BY m.mapseqno) AS \"Dictionaries\" \
                 FROM pg_ts_config_map m WHERE m.mapcfg = {oid} GROUP BY m.maptokentype ORDER BY 1"
            );
            let title = format!("Text search configuration \"{schema}.{name}\"\nParser: \"{schema}.{parser}\"");
            self.show_details(&tokens, title, Some(Vec::new()), out);
        }
    }

    /// The functions of a parser and the types of token that it knows.
    pub(super) fn describe_parsers(&mut self, pattern: Option<&Pattern>, text: &str, out: &mut Output) {
        let query = "SELECT p.oid, 'pg_catalog', p.prsname, '' FROM pg_ts_parser p ORDER BY 3";
        let found = self.chosen(query, pattern);
        if found.is_empty() {
            return self.say_none_found("text search parser", text, out);
        }
        for [oid, schema, name, _] in found {
            let methods = [
                ("Start parse", "prsstart"),
                ("Get next token", "prstoken"),
                ("End parse", "prsend"),
                ("Get headline", "prsheadline"),
                ("Get token types", "prslextype"),
            ];
            let queries = methods.map(|(method, column)| {
                format!(
                    "SELECT '{method}' AS \"Method\", {column}::regproc AS \"Function\", '(internal)' AS \
                     \"Description\" FROM pg_ts_parser WHERE oid = {oid}"
                )
            });
            let title = format!("Text search parser \"{schema}.{name}\"");
            self.show_details(&queries.join(" UNION ALL "), title, Some(Vec::new()), out);
            let tokens = format!(
                "SELECT t.alias AS \"Token name\", t.description AS \"Description\" FROM ts_token_type({oid}::oid) t \
                 ORDER BY 1"
            );
            let title = format!("Token types for parser \"{schema}.{name}\"");
            self.show_details(&tokens, title, None, out);
        }
    }

    /// Rows of four columns, oid, schema, name and another, whose name a pattern chooses.
    fn chosen(&mut self, query: &str, pattern: Option<&Pattern>) -> Vec<[String; 4]> {
        let Ok(rows) = self.ask_rows(query) else {
            return Vec::new();
        };
        let rows = self.table_of(&rows).rows;
        let cells = rows
            .into_iter()
            .map(|row| row.into_iter().map(Option::unwrap_or_default));
        let rows = cells.filter_map(|cells| <[String; 4]>::try_from(cells.collect::<Vec<_>>()).ok());
        rows.filter(|[_, schema, name, _]| pattern.is_none_or(|pattern| pattern.matches(schema, name, true)))
            .collect()
    }

    fn show_details(&mut self, query: &str, title: String, footers: Option<Vec<String>>, out: &mut Output) {
        match self.ask_rows(query) {
            Ok(rows) => {
                let table = Table {
                    title: Some(title),
                    footers,
                    translated: true,
                    ..self.table_of(&rows)
                };
                self.print_description(&table, out);
            }
            Err(error) => out.line(PieceKind::Error, format!("ERROR:  {}", error.message)),
        }
    }

    fn say_none_found(&self, what: &str, name: &str, out: &mut Output) {
        let text = match name {
            "" => format!("Did not find any {what}s."),
            name => format!("Did not find any {what} named \"{name}\"."),
        };
        out.line(PieceKind::Error, text);
    }
}
