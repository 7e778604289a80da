//! Questions of the page, such as the rows of a shard or a statement's EXPLAIN.

use kumquat_postgres::Backend;
use kumquat_postgres::result::{Client, Message, ResultSet};
use kumquat_protocol::message::{Answer, Question};
use kumquat_psql::Psql;

/// Takes what the server says; a question copies no data in.
#[derive(Default)]
struct Listener {
    rows: Option<ResultSet>,
    error: Option<String>,
}

impl Client for Listener {
    fn message(&mut self, message: Message) {
        match message {
            Message::Rows(rows) => self.rows = Some(rows),
            Message::Error(error) => self.error = Some(error.message.clone()),
            _ => {}
        }
    }

    fn copy_data(&mut self) -> String {
        String::new()
    }
}

/// Runs a question where psql is connected. What it changes is lost with `psql`.
pub fn ask(psql: &mut Psql, question: &Question) -> Answer {
    let mut listener = Listener::default();
    let mut backend = Backend {
        network: &mut psql.network,
        session: &mut psql.session,
        extension: psql.extension,
    };
    backend.simple_query(&question.sql, &mut listener);
    let rows = listener.rows.unwrap_or_default();
    let limit = usize::try_from(question.limit).unwrap_or(usize::MAX);
    Answer {
        columns: rows.columns.iter().map(|column| column.name.to_string()).collect(),
        rows: texts(&backend, &rows, limit),
        count: rows.row_count() as f64,
        error: listener.error,
    }
}

fn texts(backend: &Backend<'_>, rows: &ResultSet, limit: usize) -> Vec<Vec<Option<String>>> {
    let places = rows
        .chunks
        .iter()
        .flat_map(|chunk| (0..chunk.rows).map(move |row| (chunk, row)));
    places
        .take(limit)
        .map(|(chunk, row)| {
            let columns = rows.columns.iter().enumerate();
            columns
                .map(|(column, about)| backend.output_text(about.type_oid, &chunk.get(column, row)))
                .collect()
        })
        .collect()
}
