//! Checks that a relation is of the kind a command works on, with the words of `errdetail_relkind_not_supported`.

use kumquat_types::{Error, Result, SqlState};

use crate::catalog::{Relation, RelationKind};

/// `This operation is not supported for KINDS.`
pub fn kind_not_supported(kind: RelationKind) -> String {
    let kinds = match kind {
        RelationKind::Table | RelationKind::System => "tables",
        RelationKind::PartitionedTable => "partitioned tables",
        RelationKind::Index => "indexes",
        RelationKind::PartitionedIndex => "partitioned indexes",
        RelationKind::Sequence => "sequences",
        RelationKind::View => "views",
        RelationKind::MaterializedView => "materialized views",
        RelationKind::CompositeType => "composite types",
        RelationKind::ForeignTable => "foreign tables",
    };
    format!("This operation is not supported for {kinds}.")
}

/// `"t" is not a sequence` unless the relation is of one of these kinds.
pub fn expect_kind(relation: &Relation, kinds: &[RelationKind], noun: &str) -> Result<()> {
    if kinds.contains(&relation.kind) {
        return Ok(());
    }
    Err(not_a(&relation.name, noun))
}

/// `"t" is not a view`, with the article that fits.
pub fn not_a(name: &str, noun: &str) -> Error {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    Error::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!("\"{name}\" is not {article} {noun}"),
    )
}
