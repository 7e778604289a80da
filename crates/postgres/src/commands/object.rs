//! From an object as a statement names it to its address, after PostgreSQL's `get_object_address`.

use std::sync::Arc;

use kumquat_sql::ast::{ObjectName, ObjectType, ObjectWithArgs, TypeName};
use kumquat_types::{Error, Oid, Result, SqlState, lookup_procs};

use super::options::type_name_text;
use super::privileges::{not_owner, noun_and_name};
use super::relation_kind::expect_kind;
use super::{range_var, undefined_column};
use crate::analyze::resolve_type;
use crate::backend::Backend;
use crate::catalog::namespace::split_qualified;
use crate::catalog::{Function, ObjectAddress, ObjectClass, ProcKind, Relation, RelationKind, TypeDefinition};

/// An object that is there, and who owns it.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    pub address: ObjectAddress,
    /// 0: nobody but a superuser.
    pub owner: Oid,
}

impl Found {
    fn new(class: ObjectClass, oid: Oid, owner: Oid) -> Found {
        Found {
            address: ObjectAddress::new(class, oid),
            owner,
        }
    }
}

fn undefined(message: String) -> Error {
    Error::new(SqlState::UNDEFINED_OBJECT, message)
}

/// The parts of a name, whatever it is written as.
pub fn name_parts(name: &ObjectName) -> Vec<String> {
    match name {
        ObjectName::Name(parts) => parts.clone(),
        ObjectName::Type(type_name) => type_name.names.clone(),
        ObjectName::WithArgs(object) => object.name.clone(),
        ObjectName::OfAccessMethod(parts, _) => parts.clone(),
        ObjectName::LargeObject(oid) => vec![oid.clone()],
        ObjectName::DomainConstraint(_, name) => vec![name.clone()],
        ObjectName::Cast(..) | ObjectName::Transform(..) => Vec::new(),
    }
}

pub fn plain_name(name: &ObjectName) -> String {
    name_parts(name).join(".")
}

/// `table`, `text search configuration` ...: the kind in lower case.
pub fn noun(kind: ObjectType) -> &'static str {
    match kind {
        ObjectType::AccessMethod => "access method",
        ObjectType::Aggregate => "aggregate",
        ObjectType::Attribute => "attribute",
        ObjectType::Cast => "cast",
        ObjectType::Column => "column",
        ObjectType::Collation => "collation",
        ObjectType::Conversion => "conversion",
        ObjectType::Database => "database",
        ObjectType::Domain => "domain",
        ObjectType::DomainConstraint | ObjectType::TableConstraint => "constraint",
        ObjectType::EventTrigger => "event trigger",
        ObjectType::Extension => "extension",
        ObjectType::ForeignDataWrapper => "foreign-data wrapper",
        ObjectType::ForeignServer => "server",
        ObjectType::ForeignTable => "foreign table",
        ObjectType::Function => "function",
        ObjectType::Index => "index",
        ObjectType::Language => "language",
        ObjectType::LargeObject => "large object",
        ObjectType::MaterializedView => "materialized view",
        ObjectType::Opclass => "operator class",
        ObjectType::Operator => "operator",
        ObjectType::Opfamily => "operator family",
        ObjectType::Parameter => "parameter",
        ObjectType::Policy => "policy",
        ObjectType::Procedure => "procedure",
        ObjectType::Publication => "publication",
        ObjectType::Role => "role",
        ObjectType::Routine => "routine",
        ObjectType::Rule => "rule",
        ObjectType::Schema => "schema",
        ObjectType::Sequence => "sequence",
        ObjectType::Statistics => "statistics object",
        ObjectType::Subscription => "subscription",
        ObjectType::Table => "table",
        ObjectType::Tablespace => "tablespace",
        ObjectType::Transform => "transform",
        ObjectType::Trigger => "trigger",
        ObjectType::TextSearchConfiguration => "text search configuration",
        ObjectType::TextSearchDictionary => "text search dictionary",
        ObjectType::TextSearchParser => "text search parser",
        ObjectType::TextSearchTemplate => "text search template",
        ObjectType::Type => "type",
        ObjectType::View => "view",
    }
}

/// The words of a command: `DROP FOREIGN TABLE`.
pub fn keywords(kind: ObjectType) -> String {
    match kind {
        ObjectType::ForeignDataWrapper => "FOREIGN DATA WRAPPER".into(),
        ObjectType::Statistics => "STATISTICS".into(),
        kind => noun(kind).to_uppercase(),
    }
}

/// The relation kinds that an object type stands for, if it is one of a relation.
pub fn relation_kinds(kind: ObjectType) -> Option<&'static [RelationKind]> {
    Some(match kind {
        ObjectType::Table => &[
            RelationKind::Table,
            RelationKind::PartitionedTable,
            RelationKind::System,
        ],
        ObjectType::Index => &[RelationKind::Index, RelationKind::PartitionedIndex],
        ObjectType::Sequence => &[RelationKind::Sequence],
        ObjectType::View => &[RelationKind::View, RelationKind::System],
        ObjectType::MaterializedView => &[RelationKind::MaterializedView],
        ObjectType::ForeignTable => &[RelationKind::ForeignTable],
        _ => return None,
    })
}

/// The object of that name; that it is not there is an error.
pub fn find(backend: &Backend<'_>, kind: ObjectType, name: &ObjectName) -> Result<Found> {
    if let Some(kinds) = relation_kinds(kind) {
        let relation = backend.relation(&range_var(&name_parts(name)))?;
        expect_kind(&relation, kinds, noun(kind))?;
        return Ok(of_relation(&relation));
    }
    match (kind, name) {
        (ObjectType::Column, _) => column(backend, &name_parts(name)),
        (ObjectType::Type | ObjectType::Domain, ObjectName::Type(type_name)) => type_found(backend, kind, type_name),
        (ObjectType::Type | ObjectType::Domain, _) => type_found(backend, kind, &named_type(name_parts(name))),
        (ObjectType::DomainConstraint, ObjectName::DomainConstraint(domain, constraint)) => {
            domain_constraint(backend, domain, constraint)
        }
        (ObjectType::Function | ObjectType::Procedure | ObjectType::Routine | ObjectType::Aggregate, _) => {
            let ObjectName::WithArgs(object) = name else {
                return Err(Error::internal("a function is named with its arguments"));
            };
            function_address(backend, kind, object)
        }
        (ObjectType::TableConstraint, _) => {
            let (relation, name) = member(backend, &name_parts(name))?;
            let found = backend.find_constraint(relation.oid, &name);
            found
                .map(|c| Found::new(ObjectClass::Constraint, c.oid, relation.owner))
                .ok_or_else(|| {
                    undefined(format!(
                        "constraint \"{name}\" for table \"{}\" does not exist",
                        relation.name
                    ))
                })
        }
        (ObjectType::Trigger, _) => {
            let (relation, name) = member(backend, &name_parts(name))?;
            let mut triggers = backend.catalog()?.triggers.values();
            triggers
                .find(|trigger| trigger.relation == relation.oid && *trigger.name == *name)
                .map(|trigger| Found::new(ObjectClass::Trigger, trigger.oid, relation.owner))
                .ok_or_else(|| {
                    undefined(format!(
                        "trigger \"{name}\" for table \"{}\" does not exist",
                        relation.name
                    ))
                })
        }
        (ObjectType::Rule, _) => {
            let (relation, name) = member(backend, &name_parts(name))?;
            if relation.view.is_some() && name == "_RETURN" {
                return Ok(Found::new(ObjectClass::Rule, relation.oid, relation.owner));
            }
            Err(undefined(format!(
                "rule \"{name}\" for relation \"{}\" does not exist",
                relation.name
            )))
        }
        (ObjectType::Policy, _) => {
            let (relation, name) = member(backend, &name_parts(name))?;
            let policy = super::policy::find(&relation, &name)?;
            Ok(Found::new(ObjectClass::Policy, policy.oid, relation.owner))
        }
        _ => unqualified(backend, kind, name),
    }
}

/// Objects that are not in a schema, and those of which there are none.
fn unqualified(backend: &Backend<'_>, kind: ObjectType, name: &ObjectName) -> Result<Found> {
    let text = plain_name(name);
    match kind {
        ObjectType::Schema => {
            let found = backend.find_schema(&text)?;
            found
                .map(|schema| Found::new(ObjectClass::Schema, schema.oid, schema.owner))
                .ok_or_else(|| crate::catalog::namespace::undefined_schema(&text))
        }
        ObjectType::Extension => {
            let found = backend.catalog()?.extensions.get(text.as_str());
            found
                .map(|extension| {
                    let owner = crate::catalog::well_known::BOOTSTRAP_SUPERUSER;
                    Found::new(ObjectClass::Extension, extension.oid, owner)
                })
                .ok_or_else(|| undefined(format!("extension \"{text}\" does not exist")))
        }
        ObjectType::Role => {
            let found = backend.server()?.role_names.get(text.as_str()).copied();
            found
                .map(|oid| Found::new(ObjectClass::Role, oid, Oid::INVALID))
                .ok_or_else(|| undefined(format!("role \"{text}\" does not exist")))
        }
        ObjectType::Collation => Err(match crate::catalog::collation::find(&name_parts(name))? {
            Some(_) => Error::not_modelled("this command on a collation"),
            None => undefined(format!("collation \"{text}\" for encoding \"UTF8\" does not exist")),
        }),
        ObjectType::Cast => {
            let ObjectName::Cast(source, target) = name else {
                return Err(Error::internal("a cast is named by its types"));
            };
            let (source, target) = (resolve_type(backend, source)?.0, resolve_type(backend, target)?.0);
            if let Some(cast) = backend.catalog()?.casts.get(&(source, target)) {
                return Ok(Found::new(ObjectClass::Cast, cast.oid, Oid::INVALID));
            }
            Err(match kumquat_types::find_cast(source, target) {
                Some(_) => Error::not_modelled("this command on a built-in cast"),
                None => undefined(format!(
                    "cast from type {} to type {} does not exist",
                    backend.format_type(source),
                    backend.format_type(target)
                )),
            })
        }
        ObjectType::Operator => Err(operator(backend, name)?),
        ObjectType::Language if matches!(text.as_str(), "sql" | "plpgsql" | "c" | "internal") => {
            Err(Error::not_modelled("this command on a language"))
        }
        ObjectType::AccessMethod if backend.catalog()?.access_methods.contains_key(text.as_str()) => {
            Err(Error::not_modelled("this command on an access method"))
        }
        ObjectType::LargeObject => Err(undefined(format!("large object {text} does not exist"))),
        kind => Err(undefined(format!("{} \"{text}\" does not exist", noun(kind)))),
    }
}

fn operator(backend: &Backend<'_>, name: &ObjectName) -> Result<Error> {
    let ObjectName::WithArgs(object) = name else {
        return Ok(Error::internal("an operator is named with its operands"));
    };
    let types: Vec<Option<Oid>> = object
        .args
        .iter()
        .map(|arg| arg.as_ref().map(|name| Ok(resolve_type(backend, name)?.0)).transpose())
        .collect::<Result<_>>()?;
    let (left, right) = (
        types.first().copied().flatten().unwrap_or_default(),
        types.get(1).copied().flatten().unwrap_or_default(),
    );
    let symbol = object.name.last().map_or("", String::as_str);
    let known = kumquat_types::operators(symbol);
    if known.iter().any(|op| op.left == left && op.right == right) {
        return Ok(Error::not_modelled("this command on an operator"));
    }
    let shown = match left.is_valid() {
        true => format!("{} {symbol} {}", backend.format_type(left), backend.format_type(right)),
        false => format!("{symbol} {}", backend.format_type(right)),
    };
    Ok(Error::new(
        SqlState::UNDEFINED_FUNCTION,
        format!("operator does not exist: {shown}"),
    ))
}

pub fn of_relation(relation: &Relation) -> Found {
    Found::new(ObjectClass::Relation, relation.oid, relation.owner)
}

/// A part of a relation: the relation, and the part's name.
pub fn member(backend: &Backend<'_>, parts: &[String]) -> Result<(Arc<Relation>, String)> {
    match parts {
        [relation @ .., name] if !relation.is_empty() => Ok((backend.relation(&range_var(relation))?, name.clone())),
        _ => Err(Error::new(
            SqlState::SYNTAX_ERROR,
            "must specify relation and object name",
        )),
    }
}

fn column(backend: &Backend<'_>, parts: &[String]) -> Result<Found> {
    if parts.len() < 2 {
        return Err(Error::new(SqlState::SYNTAX_ERROR, "column name must be qualified"));
    }
    let (relation, name) = member(backend, parts)?;
    let attribute = relation
        .attribute_by_name(&name)
        .ok_or_else(|| undefined_column(&name, &relation.name))?;
    Ok(Found {
        address: ObjectAddress::column(relation.oid, attribute.number),
        owner: relation.owner,
    })
}

pub fn named_type(names: Vec<String>) -> TypeName {
    TypeName {
        names,
        setof: false,
        pct_type: false,
        typmods: Vec::new(),
        array_bounds: Vec::new(),
        location: kumquat_sql::ast::Location::UNKNOWN,
    }
}

/// A type's oid, as DROP and COMMENT look it up: without a place in the text.
pub fn type_oid(backend: &Backend<'_>, name: &TypeName) -> Result<Oid> {
    let unplaced = TypeName {
        location: kumquat_sql::ast::Location::UNKNOWN,
        ..name.clone()
    };
    Ok(resolve_type(backend, &unplaced)?.0)
}

fn type_found(backend: &Backend<'_>, kind: ObjectType, name: &TypeName) -> Result<Found> {
    let oid = type_oid(backend, name)?;
    let user = backend.user_type(oid);
    let is_domain = user.is_some_and(|user| matches!(user.definition, TypeDefinition::Domain { .. }));
    if kind == ObjectType::Domain && !is_domain {
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("\"{}\" is not a domain", type_name_text(name)),
        ));
    }
    let owner = user.map_or(crate::catalog::well_known::BOOTSTRAP_SUPERUSER, |user| user.owner);
    Ok(Found::new(ObjectClass::Type, oid, owner))
}

fn domain_constraint(backend: &Backend<'_>, domain: &TypeName, name: &str) -> Result<Found> {
    let oid = type_oid(backend, domain)?;
    let user = backend.user_type(oid);
    let constraint = user.and_then(|user| user.domain_constraints().iter().find(|c| &*c.name == name));
    match (user, constraint) {
        (Some(user), Some(constraint)) => Ok(Found::new(ObjectClass::Constraint, constraint.oid, user.owner)),
        _ => Err(undefined(format!(
            "constraint \"{name}\" for domain {} does not exist",
            backend.format_type(oid)
        ))),
    }
}

fn function_address(backend: &Backend<'_>, kind: ObjectType, object: &ObjectWithArgs) -> Result<Found> {
    let oid = function_oid(backend, kind, object)?;
    let function = backend.catalog()?.functions.get(&oid);
    let owner = function.map_or(crate::catalog::well_known::BOOTSTRAP_SUPERUSER, |f| f.owner);
    Ok(Found::new(ObjectClass::Function, oid, owner))
}

/// Types of the arguments a function is told apart by.
pub fn argument_types(backend: &Backend<'_>, object: &ObjectWithArgs) -> Result<Vec<Oid>> {
    object
        .args
        .iter()
        .flatten()
        .map(|name| type_oid(backend, name))
        .collect()
}

/// The function, procedure or aggregate that is meant (`LookupFuncWithArgs`).
pub fn function_oid(backend: &Backend<'_>, kind: ObjectType, object: &ObjectWithArgs) -> Result<Oid> {
    let shown = object.name.join(".");
    let kind_noun = match kind {
        ObjectType::Procedure => "procedure",
        ObjectType::Aggregate => "aggregate",
        _ => "function",
    };
    let types = match object.args_unspecified {
        true => None,
        false => Some(argument_types(backend, object)?),
    };
    let fits = |inputs: &mut dyn Iterator<Item = Oid>| match &types {
        Some(types) => inputs.eq(types.iter().copied()),
        None => true,
    };
    let mut candidates: Vec<(Oid, ProcKind)> = backend
        .find_functions(&object.name)?
        .iter()
        .filter(|function| fits(&mut function.input_types()))
        .map(|function| (function.oid, function.kind))
        .collect();
    candidates.extend(builtin_candidates(backend, object)?.into_iter().filter_map(|proc| {
        let kind = match proc.kind {
            kumquat_types::ProcKind::Function => ProcKind::Function,
            kumquat_types::ProcKind::Procedure => ProcKind::Procedure,
            kumquat_types::ProcKind::Window => ProcKind::Window,
            _ => ProcKind::Aggregate,
        };
        fits(&mut proc.args.iter().copied()).then_some((proc.oid, kind))
    }));
    if types.is_none() && kind != ObjectType::Routine {
        candidates.retain(|(_, found)| is_of(kind, *found));
    }
    match (candidates.as_slice(), &types) {
        ([_, ..], Some(_)) => {
            let fitting = candidates.iter().find(|(_, found)| is_of(kind, *found));
            fitting.map(|(oid, _)| *oid).ok_or_else(|| {
                Error::new(
                    SqlState::WRONG_OBJECT_TYPE,
                    format!("{} is not {}", signature(backend, object), with_article(kind_noun)),
                )
            })
        }
        ([(oid, _)], None) => Ok(*oid),
        ([], None) => Err(Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!("could not find {} named \"{shown}\"", with_article(kind_noun)),
        )),
        ([], Some(_)) => Err(Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!("{kind_noun} {} does not exist", signature(backend, object)),
        )),
        _ => Err(Error::new(
            SqlState::AMBIGUOUS_FUNCTION,
            format!("{kind_noun} name \"{shown}\" is not unique"),
        )
        .hint(format!(
            "Specify the argument list to select the {kind_noun} unambiguously."
        ))),
    }
}

fn with_article(noun: &str) -> String {
    match noun {
        "aggregate" => "an aggregate function".into(),
        noun => format!("a {noun}"),
    }
}

fn is_of(kind: ObjectType, found: ProcKind) -> bool {
    match kind {
        ObjectType::Procedure => found == ProcKind::Procedure,
        ObjectType::Aggregate => found == ProcKind::Aggregate,
        ObjectType::Function => matches!(found, ProcKind::Function | ProcKind::Window),
        _ => true,
    }
}

/// `f(integer, text)`, as messages show what was looked for.
pub fn signature(backend: &Backend<'_>, object: &ObjectWithArgs) -> String {
    let types = argument_types(backend, object).unwrap_or_default();
    let names: Vec<String> = types.iter().map(|oid| backend.format_type(*oid)).collect();
    format!("{}({})", object.name.join("."), names.join(", "))
}

fn builtin_candidates(backend: &Backend<'_>, object: &ObjectWithArgs) -> Result<Vec<&'static kumquat_types::Proc>> {
    let (schema, name) = split_qualified(backend, &object.name)?;
    if schema.is_some_and(|schema| schema != "pg_catalog") {
        return Ok(Vec::new());
    }
    let extension = backend.extension_procs().iter().filter(|proc| proc.name == name);
    Ok(lookup_procs(name).iter().chain(extension).collect())
}

/// Owner of the object, or `must be owner of ...` (`check_object_ownership`).
pub fn check_owner(backend: &Backend<'_>, kind: ObjectType, found: &Found) -> Result<()> {
    let owns = match found.address.class {
        ObjectClass::Role => backend.superuser() || may_create_roles(backend),
        ObjectClass::Cast => return super::cast::check_owner(backend, found.address.oid),
        _ => found.owner.is_valid() && backend.owns(found.owner) || backend.superuser(),
    };
    if owns {
        return Ok(());
    }
    match found.address.class {
        ObjectClass::Relation if found.address.sub != 0 => {
            let relation = backend.relation_by_oid(found.address.oid)?;
            Err(not_owner("relation", &relation.name))
        }
        ObjectClass::Relation | ObjectClass::Schema | ObjectClass::Type | ObjectClass::Function => {
            let whole = ObjectAddress {
                sub: 0,
                ..found.address
            };
            let (noun, name) = noun_and_name(backend, whole);
            Err(not_owner(noun, &name))
        }
        ObjectClass::Constraint | ObjectClass::Trigger | ObjectClass::Policy | ObjectClass::Rule => {
            let description = backend.describe_object(found.address);
            let relation = description.rsplit(' ').next().unwrap_or_default();
            Err(not_owner("relation", relation))
        }
        ObjectClass::Role => Err(Error::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            "must have CREATEROLE privilege",
        )),
        _ => Err(not_owner(noun(kind), &backend.describe_object(found.address))),
    }
}

pub fn may_create_roles(backend: &Backend<'_>) -> bool {
    let role = |backend: &Backend<'_>| backend.server().ok()?.roles.get(&backend.session.current_user).cloned();
    role(backend).is_some_and(|role| role.superuser || role.create_role)
}

/// The user-defined function of an oid; built-in ones are required by the database system.
pub fn user_function(backend: &Backend<'_>, oid: Oid) -> Result<Arc<Function>> {
    let found = backend.catalog()?.functions.get(&oid).cloned();
    found.ok_or_else(|| {
        Error::not_modelled(format!(
            "changing the built-in function {}",
            backend.procedure_signature(oid)
        ))
    })
}
