//! A foreign key that Citus refused, with the rule behind the refusal, for people to look at.

use std::sync::Arc;

use kumquat_types::Oid;

use crate::metadata::TableType;

/// One end of a refused key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEnd {
    pub relation: Oid,
    /// Quoted, and with its schema unless that is `public`.
    pub name: String,
    /// `None`: a local table.
    pub table_type: Option<TableType>,
    pub columns: Vec<Arc<str>>,
}

/// A condition of the rule, and whether the key meets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub way: Way,
    pub text: &'static str,
    /// How it is with this key.
    pub found: String,
    pub met: bool,
}

/// A way in which a key can be legal: all its conditions must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Every node has a copy of the referenced rows.
    Reference,
    /// Both rows lie on one node, because their tables lie together.
    Colocated,
    /// Needed on any way.
    Always,
}

/// SQL that gets past the refusal.
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

/// The rules, each as the page tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    ReferencedNotDistributed,
    SequenceDefault,
    ReferenceToLocalAction,
    LocalToDistributed,
    NotColocated,
    NotOnDistributionColumn,
    ActionOnDistributionColumn,
}

impl Rule {
    pub fn sentence(self) -> &'static str {
        match self {
            Rule::ReferencedNotDistributed => {
                "a distributed table can only reference tables whose rows are on the same node: colocated or \
                 reference tables"
            }
            Rule::SequenceDefault => {
                "SET DEFAULT needs a default that shards can compute, and shards have no sequences"
            }
            Rule::ReferenceToLocalAction => {
                "a local table's rows are on the coordinator only, so its changes cannot cascade to the copies of a \
                 reference table on other nodes"
            }
            Rule::LocalToDistributed => {
                "reference and local tables can only reference reference and local tables: no single node has all \
                 rows of a distributed table"
            }
            Rule::NotColocated => {
                "a distributed table can reference a colocated distributed table or a reference table"
            }
            Rule::NotOnDistributionColumn => {
                "between distributed tables, the distribution columns must stand at the same place in the key, so \
                 that both rows are in shards of the same node"
            }
            Rule::ActionOnDistributionColumn => "no action may change the distribution column",
        }
    }
}
