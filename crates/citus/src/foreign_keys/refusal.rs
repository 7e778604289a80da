//! A foreign key that Citus refused, with the rule behind the refusal, for people to look at.

use std::sync::Arc;

use kumquat_types::Oid;

use crate::metadata::TableType;

/// One end of a refused key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEnd {
    pub relation: Oid,
    /// Qualified and quoted.
    pub name: String,
    /// `None`: a local table.
    pub table_type: Option<TableType>,
    pub columns: Vec<Arc<str>>,
}

/// A condition of the rule, and whether the key meets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub text: String,
    pub met: bool,
}

/// SQL after which the key can be made; it ends with making it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    pub title: String,
    pub sql: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKeyRefusal {
    pub name: Arc<str>,
    pub from: KeyEnd,
    pub to: KeyEnd,
    /// The rule that forbids it, in one sentence.
    pub rule: &'static str,
    pub conditions: Vec<Condition>,
    pub repairs: Vec<Repair>,
}
