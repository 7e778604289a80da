//! CREATE TYPE ... AS ENUM, ALTER TYPE ... ADD VALUE and RENAME VALUE.

use kumquat_sql::ast::{AlterEnumStmt, CreateEnumStmt};
use kumquat_types::{EnumLabel, Error, Oid, Result, SqlState};

use super::{creation_target, define, owned_type, update};
use crate::backend::Backend;
use crate::catalog::TypeDefinition;
use crate::catalog::naming::MAX_IDENTIFIER;
use crate::result::CommandTag;

pub fn create(backend: &mut Backend<'_>, stmt: &CreateEnumStmt) -> Result<CommandTag> {
    let (schema, name) = creation_target(backend, &stmt.type_name)?;
    let mut labels: Vec<EnumLabel> = Vec::new();
    let mut sort_order = 0.0;
    for label in &stmt.labels {
        check_label(label)?;
        if labels.iter().any(|known| *known.label == **label) {
            let type_oid = backend.network.next_oid;
            return Err(Error::new(
                SqlState::UNIQUE_VIOLATION,
                "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"",
            )
            .detail(format!(
                "Key (enumtypid, enumlabel)=({type_oid}, {label}) already exists."
            )));
        }
        sort_order += 1.0;
        labels.push(EnumLabel {
            oid: backend.new_oid(),
            sort_order,
            label: label.as_str().into(),
        });
    }
    define(backend, schema, name, TypeDefinition::Enum(labels))?;
    Ok(CommandTag::new("CREATE TYPE"))
}

fn check_label(label: &str) -> Result<()> {
    if label.len() <= MAX_IDENTIFIER {
        return Ok(());
    }
    Err(
        Error::new(SqlState::INVALID_NAME, format!("invalid enum label \"{label}\""))
            .detail(format!("Labels must be {MAX_IDENTIFIER} bytes or less.")),
    )
}

/// The enum's oid and its labels.
fn labels(backend: &Backend<'_>, names: &[String]) -> Result<(Oid, Vec<EnumLabel>)> {
    let (oid, user) = owned_type(backend, names)?;
    match user.map(|user| user.definition) {
        Some(TypeDefinition::Enum(labels)) => Ok((oid, labels)),
        _ => Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("{} is not an enum", backend.format_type(oid)),
        )),
    }
}

fn unknown_label(label: &str) -> Error {
    Error::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("\"{label}\" is not an existing enum label"),
    )
}

fn label_exists(label: &str) -> Error {
    Error::new(
        SqlState::DUPLICATE_OBJECT,
        format!("enum label \"{label}\" already exists"),
    )
}

pub fn alter(backend: &mut Backend<'_>, stmt: &AlterEnumStmt) -> Result<CommandTag> {
    let tag = CommandTag::new("ALTER TYPE");
    match stmt {
        AlterEnumStmt::AddValue {
            type_name,
            value,
            neighbor,
            if_not_exists,
        } => {
            let (oid, labels) = labels(backend, type_name)?;
            check_label(value)?;
            if labels.iter().any(|known| *known.label == **value) {
                if !if_not_exists {
                    return Err(label_exists(value));
                }
                let mut notice = Error::notice(format!("enum label \"{value}\" already exists, skipping"));
                notice.sqlstate = SqlState::DUPLICATE_OBJECT;
                backend.notice(notice);
                return Ok(tag);
            }
            add_value(backend, oid, labels, value, neighbor.as_ref())?;
        }
        AlterEnumStmt::RenameValue { type_name, old, new } => {
            let (oid, mut labels) = labels(backend, type_name)?;
            check_label(new)?;
            let taken = labels.iter().any(|known| *known.label == **new);
            let found = labels.iter_mut().find(|known| *known.label == **old);
            let found = found.ok_or_else(|| unknown_label(old))?;
            if taken {
                return Err(label_exists(new));
            }
            found.label = new.as_str().into();
            update(backend, oid, |user| user.definition = TypeDefinition::Enum(labels))?;
        }
    }
    Ok(tag)
}

/// Puts a label at the end, or between two others by a sort order between theirs.
fn add_value(
    backend: &mut Backend<'_>,
    oid: Oid,
    mut labels: Vec<EnumLabel>,
    value: &str,
    neighbor: Option<&(String, bool)>,
) -> Result<()> {
    let order = |at: Option<usize>| at.and_then(|at| labels.get(at)).map(|label| label.sort_order);
    let at = match neighbor {
        None => labels.len(),
        Some((name, after)) => {
            let found = labels.iter().position(|known| *known.label == **name);
            found.ok_or_else(|| unknown_label(name))? + usize::from(*after)
        }
    };
    let sort_order = match (order(at.checked_sub(1)), order(Some(at))) {
        (None, None) => 1.0,
        (Some(before), None) => before + 1.0,
        (None, Some(after)) => after - 1.0,
        (Some(before), Some(after)) => (before + after) / 2.0,
    };
    labels.insert(
        at,
        EnumLabel {
            oid: backend.new_oid(),
            sort_order,
            label: value.into(),
        },
    );
    update(backend, oid, |user| user.definition = TypeDefinition::Enum(labels))
}
