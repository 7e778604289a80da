//! Which subcommand of ALTER TABLE works on which kind of relation (`ATSimplePermissions`).

use kumquat_sql::ast::{AlterTableCmd, FiringMode, TriggerSelection};
use kumquat_types::{Error, Result, SqlState};

use crate::catalog::{Relation, RelationKind};
use crate::commands::relation_kind::kind_not_supported;

/// A letter for each kind: `t` tables, `v` views, `m` materialized views, `i` indexes, `I` partitioned
/// indexes, `c` composite types, `f` foreign tables, `S` sequences.
fn letter(kind: RelationKind) -> char {
    match kind {
        RelationKind::Table | RelationKind::PartitionedTable | RelationKind::System => 't',
        RelationKind::View => 'v',
        RelationKind::MaterializedView => 'm',
        RelationKind::Index => 'i',
        RelationKind::PartitionedIndex => 'I',
        RelationKind::CompositeType => 'c',
        RelationKind::ForeignTable => 'f',
        RelationKind::Sequence => 'S',
    }
}

pub fn check(relation: &Relation, command: &AlterTableCmd) -> Result<()> {
    let (name, kinds) = name_and_kinds(command);
    if kinds.contains(letter(relation.kind)) {
        return Ok(());
    }
    Err(Error::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "ALTER action {name} cannot be performed on relation \"{}\"",
            relation.name
        ),
    )
    .detail(kind_not_supported(relation.kind)))
}

/// What messages call a subcommand, and the kinds it works on.
fn name_and_kinds(command: &AlterTableCmd) -> (&'static str, &'static str) {
    match command {
        AlterTableCmd::AddColumn { .. } => ("ADD COLUMN", "tcf"),
        AlterTableCmd::ColumnDefault { .. } => ("ALTER COLUMN ... SET DEFAULT", "tvf"),
        AlterTableCmd::DropNotNull { .. } => ("ALTER COLUMN ... DROP NOT NULL", "tf"),
        AlterTableCmd::SetNotNull { .. } => ("ALTER COLUMN ... SET NOT NULL", "tf"),
        AlterTableCmd::DropExpression { .. } => ("ALTER COLUMN ... DROP EXPRESSION", "tf"),
        AlterTableCmd::SetStatistics { .. } => ("ALTER COLUMN ... SET STATISTICS", "tmiIf"),
        AlterTableCmd::SetColumnOptions { .. } => ("ALTER COLUMN ... SET", "tmf"),
        AlterTableCmd::ResetColumnOptions { .. } => ("ALTER COLUMN ... RESET", "tmf"),
        AlterTableCmd::SetStorage { .. } => ("ALTER COLUMN ... SET STORAGE", "tmf"),
        AlterTableCmd::SetCompression { .. } => ("ALTER COLUMN ... SET COMPRESSION", "tm"),
        AlterTableCmd::AddIdentity { .. } => ("ALTER COLUMN ... ADD IDENTITY", "tvf"),
        AlterTableCmd::SetIdentity { .. } => ("ALTER COLUMN ... SET", "tvf"),
        AlterTableCmd::DropIdentity { .. } => ("ALTER COLUMN ... DROP IDENTITY", "tvf"),
        AlterTableCmd::DropColumn { .. } => ("DROP COLUMN", "tcf"),
        AlterTableCmd::AlterColumnType { .. } => ("ALTER COLUMN ... SET DATA TYPE", "tcf"),
        AlterTableCmd::AlterColumnGenericOptions { .. } => ("ALTER COLUMN ... OPTIONS", "f"),
        AlterTableCmd::AddConstraint(_) => ("ADD CONSTRAINT", "tf"),
        AlterTableCmd::AlterConstraint { .. } => ("ALTER CONSTRAINT", "t"),
        AlterTableCmd::ValidateConstraint { .. } => ("VALIDATE CONSTRAINT", "tf"),
        AlterTableCmd::DropConstraint { .. } => ("DROP CONSTRAINT", "tf"),
        AlterTableCmd::ClusterOn { .. } => ("CLUSTER ON", "tm"),
        AlterTableCmd::SetWithoutCluster => ("SET WITHOUT CLUSTER", "tm"),
        AlterTableCmd::SetLogged => ("SET LOGGED", "tS"),
        AlterTableCmd::SetUnlogged => ("SET UNLOGGED", "tS"),
        AlterTableCmd::SetWithoutOids => ("SET WITHOUT OIDS", "tf"),
        AlterTableCmd::SetAccessMethod { .. } => ("SET ACCESS METHOD", "tm"),
        AlterTableCmd::SetTablespace { .. } => ("SET TABLESPACE", "tmiI"),
        AlterTableCmd::SetRelOptions(_) => ("SET", "tvmi"),
        AlterTableCmd::ResetRelOptions(_) => ("RESET", "tvmi"),
        AlterTableCmd::Trigger { firing, which } => (trigger_words(*firing, which), "tf"),
        AlterTableCmd::Rule { firing, .. } => (
            match firing {
                FiringMode::Enable => "ENABLE RULE",
                FiringMode::EnableAlways => "ENABLE ALWAYS RULE",
                FiringMode::EnableReplica => "ENABLE REPLICA RULE",
                FiringMode::Disable => "DISABLE RULE",
            },
            "t",
        ),
        AlterTableCmd::AddInherit(_) => ("INHERIT", "tf"),
        AlterTableCmd::DropInherit(_) => ("NO INHERIT", "tf"),
        AlterTableCmd::AddOf(_) => ("OF", "t"),
        AlterTableCmd::DropOf => ("NOT OF", "t"),
        AlterTableCmd::ReplicaIdentity(_) => ("REPLICA IDENTITY", "tm"),
        AlterTableCmd::EnableRowSecurity => ("ENABLE ROW SECURITY", "t"),
        AlterTableCmd::DisableRowSecurity => ("DISABLE ROW SECURITY", "t"),
        AlterTableCmd::ForceRowSecurity => ("FORCE ROW SECURITY", "t"),
        AlterTableCmd::NoForceRowSecurity => ("NO FORCE ROW SECURITY", "t"),
        AlterTableCmd::GenericOptions(_) => ("OPTIONS", "f"),
        AlterTableCmd::ChangeOwner(_) => ("OWNER TO", "tvmiIcfS"),
        AlterTableCmd::AttachPartition { .. } => ("ATTACH PARTITION", "tI"),
        AlterTableCmd::DetachPartition { .. } => ("DETACH PARTITION", "t"),
        AlterTableCmd::DetachPartitionFinalize { .. } => ("DETACH PARTITION ... FINALIZE", "t"),
    }
}

fn trigger_words(firing: FiringMode, which: &TriggerSelection) -> &'static str {
    match (firing, which) {
        (FiringMode::Enable, TriggerSelection::Named(_)) => "ENABLE TRIGGER",
        (FiringMode::Enable, TriggerSelection::All) => "ENABLE TRIGGER ALL",
        (FiringMode::Enable, TriggerSelection::User) => "ENABLE TRIGGER USER",
        (FiringMode::EnableAlways, _) => "ENABLE ALWAYS TRIGGER",
        (FiringMode::EnableReplica, _) => "ENABLE REPLICA TRIGGER",
        (FiringMode::Disable, TriggerSelection::Named(_)) => "DISABLE TRIGGER",
        (FiringMode::Disable, TriggerSelection::All) => "DISABLE TRIGGER ALL",
        (FiringMode::Disable, TriggerSelection::User) => "DISABLE TRIGGER USER",
    }
}
