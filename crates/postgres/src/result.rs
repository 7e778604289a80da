//! What a statement gives its client: rows, a command tag, or a request for COPY data.

use kumquat_types::{Chunk, Error, Oid};

use crate::catalog::Name;

/// One column of a result (RowDescription of the protocol).
#[derive(Clone, Debug)]
pub struct ResultColumn {
    pub name: Name,
    pub type_oid: Oid,
    pub type_modifier: i32,
}

/// All rows of a result, as columns.
#[derive(Clone, Debug, Default)]
pub struct ResultSet {
    pub columns: Vec<ResultColumn>,
    pub chunks: Vec<Chunk>,
}

impl ResultSet {
    pub fn row_count(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.rows).sum()
    }
}

/// What a query gives: rows if it returns any (SELECT, RETURNING), and its tag.
#[derive(Clone, Debug)]
pub struct QueryOutcome {
    pub rows: Option<ResultSet>,
    pub tag: CommandTag,
    /// Rows selected or modified.
    pub processed: u64,
}

/// CommandComplete of the protocol: `INSERT 0 3`, `CREATE TABLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandTag(pub Name);

impl CommandTag {
    pub fn new(tag: &str) -> CommandTag {
        CommandTag(tag.into())
    }

    pub fn with_count(tag: &str, count: u64) -> CommandTag {
        CommandTag(format!("{tag} {count}").into())
    }
}

/// One message of the server to its client, in the order PostgreSQL's protocol sends them.
#[derive(Clone, Debug)]
pub enum Message {
    /// NOTICE, WARNING, INFO ... between the others.
    Notice(Error),
    /// The rows of one statement, with text forms made on demand.
    Rows(ResultSet),
    /// The rows of COPY TO STDOUT, a line each.
    CopyOut(Vec<String>),
    Complete(CommandTag),
    /// The text held no statement.
    Empty,
    Error(Error),
}

/// The other end of a connection: takes messages and gives COPY data.
pub trait Client {
    fn message(&mut self, message: Message);
    /// All of the data of a COPY FROM STDIN that has begun, without the closing `\.`.
    fn copy_data(&mut self) -> String;
}
