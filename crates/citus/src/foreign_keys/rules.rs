//! What may reference what (`ErrorIfUnsupportedForeignConstraintExists`).
//!
//! ```text
//! from \ to      local   citus local  reference  distributed            single shard
//! local          yes     yes (1)      yes (1)    yes (2)                yes (2)
//! citus local    yes (1) yes          yes        no                     no
//! reference      yes (1) yes (3)      yes        no                     no
//! distributed    no      no           yes        colocated, on the key  no
//! single shard   no      no           yes        no                     colocated
//! ```
//! (1) the local table joins the metadata; (2) until the referencing table is distributed itself;
//! (3) without actions.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Catalog, Constraint, ForeignKey, ForeignKeyAction};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::refusal::{Condition, ForeignKeyRefusal, KeyEnd, Repair};
use super::{OtherEnd, foreign_key, referencing_keys};
use crate::metadata::{self, DistributedTable, Metadata, PartitionMethod, TableType};
use crate::session;
use crate::shards::create::calls_nextval;
use crate::shards::names::{qualified_name, quote_identifier, relation_name};

/// Checks the keys of a table that is in the metadata.
pub fn check_keys(backend: &mut Backend<'_>, relation: Oid) -> Result<()> {
    let table = metadata::of(backend)?.table(relation).cloned();
    table.map_or(Ok(()), |table| check_keys_as(backend, &table))
}

/// Checks the keys of a table as if it were distributed like this.
pub fn check_keys_as(backend: &mut Backend<'_>, table: &DistributedTable) -> Result<()> {
    for key in referencing_keys(backend, table.relation, OtherEnd::Any)? {
        if let Some(definition) = foreign_key(&key)
            && let Err((error, rule)) = check_key(backend, table, definition)
        {
            let refusal = refusal(backend, table, &key, definition, rule)?;
            session::log(backend, |log| log.trace.refused_key = Some(refusal));
            return Err(error);
        }
    }
    Ok(())
}

/// The rules, each as the page tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    ReferencedNotDistributed,
    SequenceDefault,
    ReferenceToLocalAction,
    LocalToDistributed,
    NotColocated,
    NotOnDistributionColumn,
    ActionOnDistributionColumn,
}

impl Rule {
    fn sentence(self) -> &'static str {
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

type Verdict = Result<(), (Error, Rule)>;

fn unsupported(message: &str) -> Error {
    Error::new(SqlState::FEATURE_NOT_SUPPORTED, message)
}

fn check_key(backend: &Backend<'_>, table: &DistributedTable, key: &ForeignKey) -> Verdict {
    let (Ok(metadata), Ok(catalog)) = (metadata::of(backend), backend.catalog()) else {
        return Ok(());
    };
    let referenced = match key.referenced == table.relation {
        true => Some(table),
        false => metadata.table(key.referenced),
    };
    let Some(referenced) = referenced else {
        return Err(not_distributed(catalog, table, key.referenced));
    };
    if sets_nextval_default(catalog, table.relation, key) {
        let message = "cannot create foreign key constraint since Citus does not support ON DELETE / UPDATE SET \
                       DEFAULT actions on the columns that default to sequences";
        return Err((Error::new(SqlState::INTERNAL_ERROR, message), Rule::SequenceDefault));
    }
    let everywhere = |table_type| matches!(table_type, TableType::CitusLocal | TableType::Reference);
    let (from, to) = (table.table_type(), referenced.table_type());
    if everywhere(from) {
        return match everywhere(to) {
            true => check_between_undistributed(catalog, from, to, key),
            false => Err((
                unsupported(
                    "cannot create foreign key constraint since foreign keys from reference tables and local tables \
                     to distributed tables are not supported",
                )
                .detail(
                    "Reference tables and local tables can only have foreign keys to reference tables and local tables",
                ),
                Rule::LocalToDistributed,
            )),
        };
    }
    if to != TableType::Reference && (table.colocation_id == 0 || table.colocation_id != referenced.colocation_id) {
        return Err((
            unsupported(
                "cannot create foreign key constraint since relations are not colocated or not referencing a \
                 reference table",
            )
            .detail(
                "A distributed table can only have foreign keys if it is referencing another colocated hash \
                 distributed table or a reference table",
            ),
            Rule::NotColocated,
        ));
    }
    check_distribution_column(table, referenced, key)
}

/// The referenced table is not in the metadata.
fn not_distributed(catalog: &Catalog, table: &DistributedTable, referenced: Oid) -> (Error, Rule) {
    let name = relation_name(catalog, referenced);
    let error = match table.table_type() == TableType::CitusLocal {
        true => unsupported(&format!(
            "cannot create foreign key constraint as \"{name}\" is a postgres local table"
        ))
        .hint(format!(
            "first add local table to citus metadata by using SELECT citus_add_local_table_to_metadata('{name}') and \
             execute the ALTER TABLE command to create the foreign key to local table"
        )),
        false => Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            format!("referenced table \"{name}\" must be a distributed table or a reference table"),
        )
        .detail("To enforce foreign keys, the referencing and referenced rows need to be stored on the same node.")
        .hint(create_reference_table_hint(&name)),
    };
    (error, Rule::ReferencedNotDistributed)
}

fn create_reference_table_hint(name: &str) -> String {
    format!(
        "You could use SELECT create_reference_table('{name}') to replicate the referenced table to all nodes or \
         consider dropping the foreign key"
    )
}

fn sets_nextval_default(catalog: &Catalog, relation: Oid, key: &ForeignKey) -> bool {
    let all = key.on_update == ForeignKeyAction::SetDefault
        || (key.on_delete == ForeignKeyAction::SetDefault && key.on_delete_columns.is_empty());
    let columns: &[i16] = match (all, key.on_delete) {
        (true, _) => &key.columns,
        (false, ForeignKeyAction::SetDefault) => &key.on_delete_columns,
        _ => &[],
    };
    let default = |column: &i16| catalog.relation(relation)?.attribute(*column)?.default.clone();
    columns
        .iter()
        .filter_map(default)
        .any(|default| calls_nextval(&default))
}

fn check_between_undistributed(catalog: &Catalog, from: TableType, to: TableType, key: &ForeignKey) -> Verdict {
    let acts = |action| !matches!(action, ForeignKeyAction::NoAction | ForeignKeyAction::Restrict);
    let has_action = acts(key.on_delete) || acts(key.on_update);
    if from == TableType::Reference && to == TableType::CitusLocal && has_action {
        let error = unsupported(
            "cannot define foreign key constraint, foreign keys from reference tables to local tables can only be \
             defined with NO ACTION or RESTRICT behaviors",
        )
        .hint(create_reference_table_hint(&relation_name(catalog, key.referenced)));
        return Err((error, Rule::ReferenceToLocalAction));
    }
    Ok(())
}

fn check_distribution_column(table: &DistributedTable, referenced: &DistributedTable, key: &ForeignKey) -> Verdict {
    let refused = || unsupported("cannot create foreign key constraint");
    let place = |columns: &[i16], column: Option<i16>| columns.iter().position(|number| Some(*number) == column);
    let here = place(&key.columns, table.column);
    let there = place(&key.referenced_columns, referenced.column);
    if here.is_some() {
        check_actions(key).map_err(|detail| (refused().detail(detail), Rule::ActionOnDistributionColumn))?;
    }
    let needs_column = !matches!(
        referenced.table_type(),
        TableType::Reference | TableType::CitusLocal | TableType::SingleShard
    );
    if needs_column && (here.is_none() || here != there) {
        let error = refused().detail(
            "Foreign keys are supported in two cases, either in between two colocated tables including partition \
             column in the same ordinal in the both tables or from distributed to reference tables",
        );
        return Err((error, Rule::NotOnDistributionColumn));
    }
    Ok(())
}

/// The detail of the refusal if an action would change the distribution column.
fn check_actions(key: &ForeignKey) -> Result<(), &'static str> {
    if matches!(key.on_delete, ForeignKeyAction::SetNull | ForeignKeyAction::SetDefault) {
        return Err(
            "SET NULL or SET DEFAULT is not supported in ON DELETE operation when distribution key is included in \
             the foreign key constraint",
        );
    }
    if matches!(
        key.on_update,
        ForeignKeyAction::SetNull | ForeignKeyAction::SetDefault | ForeignKeyAction::Cascade
    ) {
        return Err(
            "SET NULL, SET DEFAULT or CASCADE is not supported in ON UPDATE operation when distribution key included \
             in the foreign constraint.",
        );
    }
    Ok(())
}

/// Unique and exclusion constraints must contain the distribution column (`ErrorIfUnsupportedConstraint`).
pub fn check_unique_constraints(backend: &Backend<'_>, table: &DistributedTable) -> Result<()> {
    if table.method == PartitionMethod::None || crate::settings::is_on(backend, "citus.allow_unsafe_constraints") {
        return Ok(());
    }
    let catalog = backend.catalog()?;
    let lacks_column = catalog.indexes_of(table.relation).any(|relation| {
        relation.index.as_ref().is_some_and(|index| {
            (index.unique || index.exclusion) && !index.columns.iter().any(|key| Some(key.attribute) == table.column)
        })
    });
    if !lacks_column {
        return Ok(());
    }
    let name = relation_name(catalog, table.relation);
    Err(unsupported(&format!("cannot create constraint on \"{name}\"")).detail(
        "Distributed relations cannot have UNIQUE, EXCLUDE, or PRIMARY KEY constraints that do not include the \
             partition column (with an equality operator if EXCLUDE).",
    ))
}

/// The broken rule as data.
fn refusal(
    backend: &Backend<'_>,
    table: &DistributedTable,
    constraint: &Constraint,
    key: &ForeignKey,
    rule: Rule,
) -> Result<ForeignKeyRefusal> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let end = |relation: Oid, columns: &[i16], table_type| KeyEnd {
        relation,
        name: qualified_name(catalog, relation),
        table_type,
        columns: columns
            .iter()
            .filter_map(|column| Some(catalog.relation(relation)?.attribute(*column)?.name.clone()))
            .collect(),
    };
    let to_type = match key.referenced == table.relation {
        true => Some(table.table_type()),
        false => metadata.table_type(key.referenced),
    };
    let from = end(table.relation, &key.columns, Some(table.table_type()));
    let to = end(key.referenced, &key.referenced_columns, to_type);
    Ok(ForeignKeyRefusal {
        name: constraint.name.clone(),
        conditions: conditions(metadata, table, key),
        repairs: repairs(rule, &constraint.name, &from, &to),
        rule: rule.sentence(),
        from,
        to,
    })
}

/// Every condition of a key from a distributed table, met or not.
fn conditions(metadata: &Metadata, table: &DistributedTable, key: &ForeignKey) -> Vec<Condition> {
    let referenced = match key.referenced == table.relation {
        true => Some(table),
        false => metadata.table(key.referenced),
    };
    let to = referenced.map(DistributedTable::table_type);
    let condition = |text: &str, met| Condition {
        text: text.to_string(),
        met,
    };
    let place = |columns: &[i16], column: Option<i16>| columns.iter().position(|number| Some(*number) == column);
    let here = place(&key.columns, table.column);
    let there = referenced.and_then(|referenced| place(&key.referenced_columns, referenced.column));
    let colocated =
        referenced.is_some_and(|other| other.colocation_id == table.colocation_id && other.colocation_id != 0);
    vec![
        condition(
            "the referenced table is a reference table",
            to == Some(TableType::Reference),
        ),
        condition(
            "the referenced table is distributed",
            to.is_some_and(TableType::is_distributed),
        ),
        condition("both tables are colocated", colocated),
        condition("the distribution column is in the key", here.is_some()),
        condition(
            "the distribution columns stand at the same place in the key",
            here.is_some() && here == there,
        ),
        condition(
            "no action changes the distribution column",
            here.is_none() || check_actions(key).is_ok(),
        ),
    ]
}

fn repairs(rule: Rule, name: &str, from: &KeyEnd, to: &KeyEnd) -> Vec<Repair> {
    let columns = |end: &KeyEnd| {
        let quoted: Vec<String> = end.columns.iter().map(|column| quote_identifier(column)).collect();
        quoted.join(", ")
    };
    let add = format!(
        "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({});",
        from.name,
        quote_identifier(name),
        columns(from),
        to.name,
        columns(to)
    );
    let repair = |title: &str, sql: String| Repair {
        title: title.to_string(),
        sql: format!("{sql}\n{add}"),
    };
    let reference = |end: &KeyEnd| match end.table_type {
        None | Some(TableType::CitusLocal) => format!("SELECT create_reference_table('{}');", end.name),
        Some(_) => format!(
            "SELECT undistribute_table('{0}');\nSELECT create_reference_table('{0}');",
            end.name
        ),
    };
    let mut repairs = Vec::new();
    if rule != Rule::ActionOnDistributionColumn && rule != Rule::SequenceDefault {
        repairs.push(repair("make the referenced table a reference table", reference(to)));
    }
    if let (Rule::NotColocated | Rule::NotOnDistributionColumn, Some(from_column), Some(to_column)) =
        (rule, from.columns.first(), to.columns.first())
        && from.table_type.is_some_and(TableType::is_distributed)
        && to.table_type.is_some_and(TableType::has_distribution_key)
    {
        let sql = format!(
            "SELECT undistribute_table('{0}');\nSELECT undistribute_table('{2}');\nSELECT \
             create_distributed_table('{2}', '{3}');\nSELECT create_distributed_table('{0}', '{1}', colocate_with => \
             '{2}');",
            from.name, from_column, to.name, to_column
        );
        repairs.push(repair("distribute both tables by the columns of the key", sql));
    }
    repairs
}
