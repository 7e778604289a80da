//! CREATE SEQUENCE, ALTER SEQUENCE: options, defaults and checks; who owns a sequence.

use kumquat_sql::ast::{AlterSeqStmt, CreateSeqStmt, DefArg, DefElem};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::define::{define_relation, persistence_of};
use super::options;
use super::relation_kind::{expect_kind, kind_not_supported};
use crate::analyze::resolve_type;
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{
    Attribute, DependencyKind, ObjectAddress, ObjectClass, Persistence, Relation, RelationKind, SequenceDefinition,
};
use crate::result::CommandTag;
use crate::server::SequenceValue;

pub fn create(backend: &mut Backend<'_>, stmt: &CreateSeqStmt) -> Result<CommandTag> {
    let tag = CommandTag::new("CREATE SEQUENCE");
    if stmt.sequence.persistence == kumquat_sql::ast::Persistence::Unlogged {
        let owner = backend.session.current_user;
        return define_from_range(backend, stmt, owner, Persistence::Unlogged).map(|_| tag);
    }
    let persistence = persistence_of(&stmt.sequence);
    let owner = backend.session.current_user;
    define_from_range(backend, stmt, owner, persistence)?;
    Ok(tag)
}

fn define_from_range(
    backend: &mut Backend<'_>,
    stmt: &CreateSeqStmt,
    owner: Oid,
    persistence: Persistence,
) -> Result<()> {
    let schema = backend.relation_creation_schema(&stmt.sequence)?;
    if stmt.if_not_exists && super::define::skip_existing(backend, schema, &stmt.sequence.name)? {
        return Ok(());
    }
    let name = truncate_identifier(&stmt.sequence.name);
    let sequence = create_sequence(backend, schema, name, owner, persistence, &stmt.options, Use::Plain)?;
    if let Some(owned_by) = find_option(&stmt.options, "owned_by") {
        set_owner_column(backend, sequence, owned_by, false)?;
    }
    Ok(())
}

/// Whether options are those of a sequence or of an identity column: their type errors differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Plain,
    Identity,
}

/// Makes a sequence (`DefineSequence`).
pub fn create_sequence(
    backend: &mut Backend<'_>,
    schema: Oid,
    name: &str,
    owner: Oid,
    persistence: Persistence,
    options: &[DefElem],
    usage: Use,
) -> Result<Oid> {
    let (definition, value) = parameters(backend, options, None, usage)?;
    let mut relation = Relation::new(Oid::INVALID, name, schema, RelationKind::Sequence, owner);
    relation.persistence = persistence;
    relation.sequence = Some(definition);
    relation.attributes = columns().into_iter().collect();
    let oid = define_relation(backend, relation)?;
    backend.database_mut()?.sequences.insert(oid, value);
    Ok(oid)
}

/// What `SELECT * FROM` a sequence shows.
fn columns() -> [Attribute; 3] {
    let column = |number, name, type_oid| Attribute {
        not_null: true,
        ..Attribute::new(number, name, type_oid, -1)
    };
    [
        column(1, "last_value", Oid::INT8),
        column(2, "log_cnt", Oid::INT8),
        column(3, "is_called", Oid::BOOL),
    ]
}

pub fn alter(backend: &mut Backend<'_>, stmt: &AlterSeqStmt) -> Result<CommandTag> {
    let tag = CommandTag::new("ALTER SEQUENCE");
    let Some(relation) = super::lookup_or_skip(backend, &stmt.sequence, stmt.missing_ok)? else {
        return Ok(tag);
    };
    expect_kind(&relation, &[RelationKind::Sequence], "sequence")?;
    backend.check_relation_owner(&relation)?;
    alter_sequence(backend, relation.oid, &stmt.options, Use::Plain)?;
    Ok(tag)
}

/// Changes a sequence's parameters and owner.
pub fn alter_sequence(backend: &mut Backend<'_>, sequence: Oid, options: &[DefElem], usage: Use) -> Result<()> {
    let mut relation = Relation::clone(&*backend.relation_by_oid(sequence)?);
    let current = backend.database()?.sequences.get(&sequence).copied();
    let before = relation.sequence.zip(current);
    let (definition, value) = parameters(backend, options, before, usage)?;
    relation.sequence = Some(definition);
    backend.catalog_mut()?.put_relation(relation);
    backend.database_mut()?.sequences.insert(sequence, value);
    if let Some(owned_by) = find_option(options, "owned_by") {
        set_owner_column(backend, sequence, owned_by, usage == Use::Identity)?;
    }
    Ok(())
}

fn find_option<'a>(options: &'a [DefElem], name: &str) -> Option<&'a DefElem> {
    options.iter().find(|option| option.name == name)
}

/// The options, each at most once.
#[derive(Default)]
struct Given<'a> {
    as_type: Option<&'a DefElem>,
    start: Option<&'a DefElem>,
    restart: Option<&'a DefElem>,
    increment: Option<&'a DefElem>,
    max: Option<&'a DefElem>,
    min: Option<&'a DefElem>,
    cache: Option<&'a DefElem>,
    cycle: Option<&'a DefElem>,
    owned_by: Option<&'a DefElem>,
}

impl<'a> Given<'a> {
    fn read(options: &'a [DefElem], usage: Use) -> Result<Given<'a>> {
        let mut given = Given::default();
        for option in options {
            let place = match option.name.as_str() {
                "as" => &mut given.as_type,
                "start" => &mut given.start,
                "restart" => &mut given.restart,
                "increment" => &mut given.increment,
                "maxvalue" => &mut given.max,
                "minvalue" => &mut given.min,
                "cache" => &mut given.cache,
                "cycle" => &mut given.cycle,
                "owned_by" => &mut given.owned_by,
                "sequence_name" if usage == Use::Plain => {
                    return Err(
                        Error::new(SqlState::SYNTAX_ERROR, "invalid sequence option SEQUENCE NAME").at(option.location),
                    );
                }
                _ => continue,
            };
            options::set_once(place, option)?;
        }
        Ok(given)
    }
}

fn invalid(message: String) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// The parameters that options make of those that were there, or of the defaults (`init_params`).
fn parameters(
    backend: &Backend<'_>,
    options: &[DefElem],
    before: Option<(SequenceDefinition, SequenceValue)>,
    usage: Use,
) -> Result<(SequenceDefinition, SequenceValue)> {
    let given = Given::read(options, usage)?;
    let fresh = before.is_none();
    let mut sequence = before.map_or(
        SequenceDefinition {
            type_oid: Oid::INT8,
            start: 1,
            increment: 1,
            min: 1,
            max: i64::MAX,
            cache: 1,
            cycle: false,
        },
        |(definition, _)| definition,
    );
    let mut value = before.map_or(
        SequenceValue {
            last_value: 1,
            is_called: false,
        },
        |(_, value)| value,
    );
    let (mut reset_max, mut reset_min) = (fresh, fresh);
    if let Some(option) = given.as_type {
        let type_oid = sequence_type(backend, option, usage)?;
        let (old_min, old_max) = type_limits(sequence.type_oid);
        reset_max |= sequence.max == old_max;
        reset_min |= sequence.min == old_min;
        sequence.type_oid = type_oid;
    }
    if let Some(option) = given.increment {
        sequence.increment = options::int64(option)?;
        if sequence.increment == 0 {
            return Err(invalid("INCREMENT must not be zero".into()));
        }
    }
    if let Some(option) = given.cycle {
        sequence.cycle = options::boolean(option)?;
    }
    set_limits(&mut sequence, &given, reset_max, reset_min)?;
    match given.start {
        Some(option) => sequence.start = options::int64(option)?,
        None if fresh => {
            sequence.start = if sequence.increment > 0 {
                sequence.min
            } else {
                sequence.max
            }
        }
        None => {}
    }
    within("START", sequence.start, &sequence)?;
    match given.restart {
        Some(option) => {
            value.last_value = match option.arg {
                Some(_) => options::int64(option)?,
                None => sequence.start,
            };
            value.is_called = false;
        }
        None if fresh => value.last_value = sequence.start,
        None => {}
    }
    within("RESTART", value.last_value, &sequence)?;
    if let Some(option) = given.cache {
        sequence.cache = options::int64(option)?;
        if sequence.cache <= 0 {
            let message = format!("CACHE ({}) must be greater than zero", sequence.cache);
            return Err(invalid(message));
        }
    }
    Ok((sequence, value))
}

fn sequence_type(backend: &Backend<'_>, option: &DefElem, usage: Use) -> Result<Oid> {
    let (type_oid, _) = resolve_type(backend, &options::type_name(option)?)?;
    if matches!(type_oid, Oid::INT2 | Oid::INT4 | Oid::INT8) {
        return Ok(type_oid);
    }
    Err(invalid(match usage {
        Use::Identity => "identity column type must be smallint, integer, or bigint".into(),
        Use::Plain => "sequence type must be smallint, integer, or bigint".into(),
    }))
}

fn type_limits(type_oid: Oid) -> (i64, i64) {
    match type_oid {
        Oid::INT2 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        Oid::INT4 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

fn set_limits(sequence: &mut SequenceDefinition, given: &Given<'_>, reset_max: bool, reset_min: bool) -> Result<()> {
    let (lowest, highest) = type_limits(sequence.type_oid);
    let ascending = sequence.increment > 0;
    match given.max.map(|option| (option, option.arg.is_some())) {
        Some((option, true)) => sequence.max = options::int64(option)?,
        Some((_, false)) => sequence.max = if ascending { highest } else { -1 },
        None if reset_max => sequence.max = if ascending { highest } else { -1 },
        None => {}
    }
    match given.min.map(|option| (option, option.arg.is_some())) {
        Some((option, true)) => sequence.min = options::int64(option)?,
        Some((_, false)) => sequence.min = if ascending { 1 } else { lowest },
        None if reset_min => sequence.min = if ascending { 1 } else { lowest },
        None => {}
    }
    for (word, value) in [("MAXVALUE", sequence.max), ("MINVALUE", sequence.min)] {
        if value < lowest || value > highest {
            let name = kumquat_types::builtin_type(sequence.type_oid).map_or("bigint", |t| t.sql_name);
            return Err(invalid(format!(
                "{word} ({value}) is out of range for sequence data type {name}"
            )));
        }
    }
    if sequence.min >= sequence.max {
        return Err(invalid(format!(
            "MINVALUE ({}) must be less than MAXVALUE ({})",
            sequence.min, sequence.max
        )));
    }
    Ok(())
}

fn within(word: &str, value: i64, sequence: &SequenceDefinition) -> Result<()> {
    if value < sequence.min {
        return Err(invalid(format!(
            "{word} value ({value}) cannot be less than MINVALUE ({})",
            sequence.min
        )));
    }
    if value > sequence.max {
        return Err(invalid(format!(
            "{word} value ({value}) cannot be greater than MAXVALUE ({})",
            sequence.max
        )));
    }
    Ok(())
}

/// OWNED BY table.column, or NONE (`process_owned_by`).
fn set_owner_column(backend: &mut Backend<'_>, sequence: Oid, option: &DefElem, identity: bool) -> Result<()> {
    let names = match &option.arg {
        Some(DefArg::List(names)) => names.clone(),
        _ => options::names(option)?,
    };
    let column = match names.as_slice() {
        [none] if none == "none" => None,
        [_] | [] => {
            return Err(Error::new(SqlState::SYNTAX_ERROR, "invalid OWNED BY option")
                .hint("Specify OWNED BY table.column or OWNED BY NONE."));
        }
        [table @ .., column] => Some(owner_column(backend, sequence, table, column)?),
    };
    if !identity && let Some((owner, DependencyKind::Internal)) = backend.catalog()?.sequence_owner(sequence) {
        let (name, table) = (
            backend.relation_by_oid(sequence)?.name.clone(),
            backend.relation_by_oid(owner.oid)?.name.clone(),
        );
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "cannot change ownership of identity sequence",
        )
        .detail(format!("Sequence \"{name}\" is linked to table \"{table}\".")));
    }
    let kind = if identity {
        DependencyKind::Internal
    } else {
        DependencyKind::Auto
    };
    own_sequence(backend, sequence, column, kind)
}

fn owner_column(backend: &Backend<'_>, sequence: Oid, table: &[String], column: &str) -> Result<ObjectAddress> {
    let range = super::range_var(table);
    let relation = backend.relation(&range)?;
    let kinds = [
        RelationKind::Table,
        RelationKind::ForeignTable,
        RelationKind::View,
        RelationKind::PartitionedTable,
    ];
    if !kinds.contains(&relation.kind) {
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("sequence cannot be owned by relation \"{}\"", relation.name),
        )
        .detail(kind_not_supported(relation.kind)));
    }
    let own = backend.relation_by_oid(sequence)?;
    let prerequisite = |message: &str| Error::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message);
    if own.owner != relation.owner {
        return Err(prerequisite("sequence must have same owner as table it is linked to"));
    }
    if own.schema != relation.schema {
        return Err(prerequisite("sequence must be in same schema as table it is linked to"));
    }
    let attribute = relation
        .attribute_by_name(column)
        .ok_or_else(|| super::undefined_column(column, &relation.name))?;
    Ok(ObjectAddress::column(relation.oid, attribute.number))
}

/// Makes a sequence part of a column, or of none.
pub fn own_sequence(
    backend: &mut Backend<'_>,
    sequence: Oid,
    column: Option<ObjectAddress>,
    kind: DependencyKind,
) -> Result<()> {
    let object = ObjectAddress::new(ObjectClass::Relation, sequence);
    let catalog = backend.catalog_mut()?;
    let owned: Vec<_> = catalog
        .references_of(object)
        .filter(|d| d.referenced.class == ObjectClass::Relation && d.referenced.sub > 0)
        .collect();
    for dependency in owned {
        catalog.forget_dependency(dependency);
    }
    if let Some(column) = column {
        catalog.record_dependency(object, column, kind);
    }
    Ok(())
}
