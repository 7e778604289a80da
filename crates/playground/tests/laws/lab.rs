//! A psql over a cluster, as every law begins with, and what its state is.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::well_known::BOOTSTRAP_SUPERUSER;
use kumquat_postgres::connect::open;
use kumquat_postgres::result::{Client, Message, ResultSet};
use kumquat_postgres::server::{Network, ServerId};
use kumquat_psql::Psql;
use kumquat_types::Error;

/// A psql connected to the coordinator of a fresh cluster.
pub fn psql(workers: u16) -> Psql {
    let network = kumquat_citus::new_cluster(workers);
    let mut session = open(ServerId(0), "lab".into(), BOOTSTRAP_SUPERUSER);
    session.clock.now = 780_000_000_000_000;
    Psql::new(network, session, &kumquat_citus::Citus)
}

/// A copy that shares nothing which changes.
pub fn copy(psql: &Psql) -> Psql {
    let mut copy = psql.clone();
    kumquat_citus::session::detach(&mut copy.session);
    copy
}

/// True if nothing that a failed statement may not change differs: rows, relations, types, functions, constraints,
/// roles and what depends on what, on all servers. Copies share what has not changed, so that telling is cheap.
pub fn same_state(before: &Network, after: &Network) -> bool {
    before.servers.len() == after.servers.len()
        && before.servers.iter().zip(&after.servers).all(|(before, after)| {
            before.roles.ptr_eq(&after.roles)
                && before.prepared.ptr_eq(&after.prepared)
                && before.databases.len() == after.databases.len()
                && before
                    .databases
                    .values()
                    .zip(after.databases.values())
                    .all(|(before, after)| {
                        let (old, new) = (&before.catalog, &after.catalog);
                        before.heaps.ptr_eq(&after.heaps)
                            && old.relations.ptr_eq(&new.relations)
                            && old.constraints.ptr_eq(&new.constraints)
                            && old.types.ptr_eq(&new.types)
                            && old.functions.ptr_eq(&new.functions)
                            && old.schemas.ptr_eq(&new.schemas)
                            && old.dependencies.ptr_eq(&new.dependencies)
                    })
        })
}

/// What one statement gave.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Values as psql prints them; NULL is `None`.
    pub rows: Vec<Vec<Option<String>>>,
    pub tags: Vec<String>,
    pub notices: Vec<Error>,
    pub error: Option<Error>,
}

/// Sends a statement as psql does.
pub fn ask(psql: &mut Psql, text: &str) -> Answer {
    let mut results = Vec::new();
    let mut answer = Answer::default();
    let mut client = Results(&mut answer, &mut results);
    let mut backend = Backend {
        network: &mut psql.network,
        session: &mut psql.session,
        extension: psql.extension,
    };
    backend.simple_query(text, &mut client);
    for result in results {
        for chunk in &result.chunks {
            for row in 0..chunk.rows {
                let columns = result.columns.iter().enumerate();
                let texts = columns.map(|(column, about)| backend.output_text(about.type_oid, &chunk.get(column, row)));
                answer.rows.push(texts.collect());
            }
        }
    }
    answer
}

/// Sends a statement that cannot fail.
pub fn must(psql: &mut Psql, text: &str) -> Answer {
    let answer = ask(psql, text);
    if let Some(error) = &answer.error {
        panic!("{text}\n{error:?}");
    }
    answer
}

struct Results<'a>(&'a mut Answer, &'a mut Vec<ResultSet>);

impl Client for Results<'_> {
    fn message(&mut self, message: Message) {
        match message {
            Message::Rows(rows) => self.1.push(rows),
            Message::Notice(notice) => self.0.notices.push(notice),
            Message::Complete(tag) => self.0.tags.push(tag.0.to_string()),
            Message::Error(error) => self.0.error = Some(error),
            Message::CopyOut(_) | Message::Empty => {}
        }
    }

    fn copy_data(&mut self) -> String {
        String::new()
    }
}
