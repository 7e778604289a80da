//! Foreign keys and the rules of Citus over them.

use serde::{Deserialize, Serialize};
#[cfg(feature = "typescript")]
use tsify::Tsify;

use crate::view::TableKind;

/// A foreign key that stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct ForeignKey {
    pub name: String,
    pub from: KeyEnd,
    pub to: KeyEnd,
    /// Why Citus allows it, in a few words: `colocated, on user_id`.
    pub rule: String,
}

/// Columns of a table at one end of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct KeyEnd {
    pub table: u32,
    /// As the learner would write it: without the schema where the search path finds it.
    pub name: String,
    pub kind: TableKind,
    pub columns: Vec<String>,
}

/// A foreign key that a statement asked for and Citus refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct RefusedKey {
    pub name: String,
    pub from: KeyEnd,
    pub to: KeyEnd,
    /// The rule that forbids it, in one sentence.
    pub rule: String,
    /// Every condition of that rule, met or not.
    pub conditions: Vec<Condition>,
    pub repairs: Vec<Repair>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Condition {
    /// The way to a legal key that it belongs to: all conditions of one way must hold.
    pub way: Way,
    /// `both tables are colocated`
    pub text: String,
    /// How it is with this key: `both in group 2`.
    pub found: String,
    pub met: bool,
}

/// A way in which a key from a table can be legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub enum Way {
    /// Every node has a copy of the referenced rows.
    Reference,
    /// Both rows lie on one node, because their tables lie together.
    Colocated,
    /// Needed on any way.
    Always,
}

/// SQL that gets the learner past the refusal: it ends with making the key, or with the statement
/// that the key stood in the way of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Repair {
    pub title: String,
    pub sql: String,
}

/// A cell of the matrix of what may reference what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct MatrixCell {
    pub from: TableKind,
    pub to: TableKind,
    pub verdict: Verdict,
    /// The condition, or the reason of a refusal.
    pub note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub enum Verdict {
    Allowed,
    Conditional,
    Refused,
}
