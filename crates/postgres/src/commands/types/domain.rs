//! CREATE DOMAIN and ALTER DOMAIN, after PostgreSQL's `DefineDomain` and what follows it.

use std::sync::Arc;

use kumquat_sql::ast::{
    self, AlterDomainAction, AlterDomainStmt, ConstraintKind, CreateDomainStmt, DropBehavior, ObjectName,
};
use kumquat_types::{Error, Oid, Result, SqlState, TypeKind, builtin_type};

use super::{creation_target, define, resolve_unplaced, unplaced, update};
use crate::analyze::{ExprContext, analyze_expression};
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{
    DependencyKind, DomainConstraint, Name, ObjectAddress, ObjectClass, Relation, TypeDefinition, UserDefinedType,
};
use crate::commands::create_table::column::column_collation;
use crate::commands::drop::drop_objects;
use crate::commands::drop::missing::skipping;
use crate::commands::object::{name_parts, named_type, type_oid};
use crate::executor;
use crate::query::{Expr, Var};
use crate::result::CommandTag;

pub fn create(backend: &mut Backend<'_>, stmt: &CreateDomainStmt) -> Result<CommandTag> {
    let (schema, name) = creation_target(backend, &stmt.name)?;
    let (base, type_modifier) = resolve_unplaced(backend, &stmt.type_name)?;
    check_base(backend, base)?;
    if let Some(collation) = &stmt.collation {
        unplaced(column_collation(backend, base, collation))?;
    }
    let mut domain = Domain {
        base,
        type_modifier,
        ..Domain::default()
    };
    let mut nullability = None;
    for constraint in &stmt.constraints {
        match &constraint.kind {
            ConstraintKind::Default(expr) => {
                if domain.default_given {
                    return Err(Error::new(SqlState::SYNTAX_ERROR, "multiple default expressions"));
                }
                domain.default_given = true;
                domain.default = cook_default(backend, base, type_modifier, expr)?;
            }
            ConstraintKind::NotNull | ConstraintKind::Null => {
                let not_null = matches!(constraint.kind, ConstraintKind::NotNull);
                if nullability.is_some_and(|known| known != not_null) {
                    return Err(Error::new(
                        SqlState::SYNTAX_ERROR,
                        "conflicting NULL/NOT NULL constraints",
                    ));
                }
                nullability = Some(not_null);
            }
            ConstraintKind::Check(_) => {}
            kind => return Err(impossible(kind)),
        }
    }
    domain.not_null = nullability.unwrap_or(false);
    let oid = define(backend, schema, name, domain.definition())?;
    let catalog = backend.catalog_mut()?;
    let object = ObjectAddress::new(ObjectClass::Type, oid);
    let base = ObjectAddress::new(ObjectClass::Type, base);
    catalog.record_dependency(object, base, DependencyKind::Normal);
    if let Some(default) = &domain.default {
        catalog.record_expression(object, default, Oid::INVALID, DependencyKind::Normal);
    }
    for constraint in &stmt.constraints {
        if matches!(constraint.kind, ConstraintKind::Check(_)) {
            add_constraint(backend, oid, constraint, false)?;
        }
    }
    Ok(CommandTag::new("CREATE DOMAIN"))
}

/// The parts of a domain's definition.
#[derive(Clone, Debug, Default)]
struct Domain {
    base: Oid,
    type_modifier: i32,
    not_null: bool,
    default: Option<Arc<Expr>>,
    default_given: bool,
    constraints: Vec<DomainConstraint>,
}

impl Domain {
    fn of(user: &UserDefinedType) -> Option<Domain> {
        let TypeDefinition::Domain {
            base,
            type_modifier,
            not_null,
            default,
            constraints,
        } = &user.definition
        else {
            return None;
        };
        Some(Domain {
            base: *base,
            type_modifier: *type_modifier,
            not_null: *not_null,
            default: default.clone(),
            default_given: default.is_some(),
            constraints: constraints.clone(),
        })
    }

    fn definition(&self) -> TypeDefinition {
        TypeDefinition::Domain {
            base: self.base,
            type_modifier: self.type_modifier,
            not_null: self.not_null,
            default: self.default.clone(),
            constraints: self.constraints.clone(),
        }
    }
}

fn check_base(backend: &Backend<'_>, base: Oid) -> Result<()> {
    let pseudo = builtin_type(base).is_some_and(|builtin| builtin.kind == TypeKind::Pseudo);
    if pseudo {
        return Err(Error::new(
            SqlState::DATATYPE_MISMATCH,
            format!(
                "\"{}\" is not a valid base type for a domain",
                backend.format_type(base)
            ),
        ));
    }
    Ok(())
}

fn impossible(kind: &ConstraintKind) -> Error {
    let (sqlstate, words) = match kind {
        ConstraintKind::Unique { .. } => (SqlState::SYNTAX_ERROR, "unique constraints not possible for domains"),
        ConstraintKind::Primary(_) => (
            SqlState::SYNTAX_ERROR,
            "primary key constraints not possible for domains",
        ),
        ConstraintKind::Exclusion { .. } => (SqlState::SYNTAX_ERROR, "exclusion constraints not possible for domains"),
        ConstraintKind::Foreign(_) => (
            SqlState::SYNTAX_ERROR,
            "foreign key constraints not possible for domains",
        ),
        ConstraintKind::Generated(_) | ConstraintKind::Identity { .. } => (
            SqlState::SYNTAX_ERROR,
            "specifying GENERATED is not possible for domains",
        ),
        _ => (
            SqlState::FEATURE_NOT_SUPPORTED,
            "specifying constraint deferrability not supported for domains",
        ),
    };
    Error::new(sqlstate, words)
}

fn cook_default(backend: &Backend<'_>, base: Oid, type_modifier: i32, expr: &ast::Expr) -> Result<Option<Arc<Expr>>> {
    let target = Some((base, type_modifier));
    let expr = unplaced(analyze_expression(
        backend,
        None,
        expr,
        ExprContext::ColumnDefault,
        target,
    ))?;
    let is_null = matches!(&expr, Expr::Const(constant) if constant.value.is_null());
    Ok((!is_null).then(|| Arc::new(expr)))
}

/// The domain that a statement names, which the current role must own.
fn open(backend: &Backend<'_>, names: &[String]) -> Result<(UserDefinedType, Domain)> {
    let oid = type_oid(backend, &named_type(names.to_vec()))?;
    let user = backend.user_type(oid).map(|user| UserDefinedType::clone(user));
    let domain = user.as_ref().and_then(Domain::of);
    let (Some(user), Some(domain)) = (user, domain) else {
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("{} is not a domain", backend.format_type(oid)),
        ));
    };
    if !backend.owns(user.owner) {
        return Err(crate::commands::privileges::not_owner("type", &user.name));
    }
    Ok((user, domain))
}

fn put(backend: &mut Backend<'_>, oid: Oid, domain: &Domain) -> Result<()> {
    update(backend, oid, |user| user.definition = domain.definition())
}

pub fn alter(backend: &mut Backend<'_>, stmt: &AlterDomainStmt) -> Result<CommandTag> {
    let tag = CommandTag::new("ALTER DOMAIN");
    let (user, mut domain) = open(backend, &stmt.name)?;
    let oid = user.oid;
    match &stmt.action {
        AlterDomainAction::Default(expr) => {
            domain.default = match expr {
                Some(expr) => cook_default(backend, domain.base, domain.type_modifier, expr)?,
                None => None,
            };
            put(backend, oid, &domain)?;
        }
        AlterDomainAction::DropNotNull => {
            domain.not_null = false;
            put(backend, oid, &domain)?;
        }
        AlterDomainAction::SetNotNull => {
            if !domain.not_null {
                check_not_null(backend, oid)?;
            }
            domain.not_null = true;
            put(backend, oid, &domain)?;
        }
        AlterDomainAction::AddConstraint(constraint) => match &constraint.kind {
            ConstraintKind::Check(_) => add_constraint(backend, oid, constraint, true)?,
            kind => return Err(impossible(kind)),
        },
        AlterDomainAction::DropConstraint {
            name,
            behavior,
            missing_ok,
        } => drop_constraint(backend, &user, name, *behavior, *missing_ok)?,
        AlterDomainAction::ValidateConstraint(name) => {
            let found = domain.constraints.iter_mut().find(|known| *known.name == **name);
            let constraint = found.ok_or_else(|| undefined_constraint(name, &user.name))?;
            if !constraint.validated {
                constraint.validated = true;
                let expression = constraint.expression.clone();
                check_rows(backend, oid, &expression)?;
            }
            put(backend, oid, &domain)?;
        }
    }
    Ok(tag)
}

fn undefined_constraint(name: &str, domain: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("constraint \"{name}\" of domain \"{domain}\" does not exist"),
    )
}

/// Adds a check, on demand looking at the columns of the domain that there are.
fn add_constraint(backend: &mut Backend<'_>, oid: Oid, constraint: &ast::Constraint, validate: bool) -> Result<()> {
    let ConstraintKind::Check(expr) = &constraint.kind else {
        return Ok(());
    };
    let Some(user) = backend.user_type(oid).cloned() else {
        return Ok(());
    };
    let Some(mut domain) = Domain::of(&user) else {
        return Ok(());
    };
    let taken = |name: &str| domain.constraints.iter().any(|known| *known.name == *name);
    let name: Name = match &constraint.name {
        Some(name) => {
            let name = truncate_identifier(name);
            if taken(name) {
                return Err(Error::new(
                    SqlState::DUPLICATE_OBJECT,
                    format!("constraint \"{name}\" for domain \"{}\" already exists", user.name),
                ));
            }
            name.into()
        }
        None => {
            let others: Vec<String> = domain.constraints.iter().map(|known| known.name.to_string()).collect();
            let catalog = backend.catalog()?;
            let chosen = catalog.choose_constraint_name(&user.name, None, "check", user.schema, &others);
            chosen.into()
        }
    };
    let base = Some((domain.base, domain.type_modifier));
    let analyzed = analyze_expression(backend, None, expr, ExprContext::DomainCheck, base);
    let expression = Arc::new(unplaced(analyzed)?);
    let validated = !constraint.attributes.not_valid;
    if validate && validated {
        check_rows(backend, oid, &expression)?;
    }
    let constraint_oid = backend.new_oid();
    domain.constraints.push(DomainConstraint {
        oid: constraint_oid,
        name,
        expression: expression.clone(),
        validated,
    });
    put(backend, oid, &domain)?;
    let object = ObjectAddress::new(ObjectClass::Constraint, constraint_oid);
    let catalog = backend.catalog_mut()?;
    let domain = ObjectAddress::new(ObjectClass::Type, oid);
    catalog.record_dependency(object, domain, DependencyKind::Auto);
    catalog.record_expression(object, &expression, Oid::INVALID, DependencyKind::Normal);
    Ok(())
}

fn drop_constraint(
    backend: &mut Backend<'_>,
    user: &UserDefinedType,
    name: &str,
    behavior: DropBehavior,
    missing_ok: bool,
) -> Result<()> {
    let found = user.domain_constraints().iter().find(|known| *known.name == *name);
    match found.map(|constraint| constraint.oid) {
        Some(oid) => drop_objects(backend, &[ObjectAddress::new(ObjectClass::Constraint, oid)], behavior),
        None => skipping(backend, missing_ok, undefined_constraint(name, &user.name)),
    }
}

/// ALTER DOMAIN ... RENAME CONSTRAINT.
pub fn rename_constraint(backend: &mut Backend<'_>, name: &ObjectName, old: &str, new: &str) -> Result<()> {
    let (user, mut domain) = open(backend, &name_parts(name))?;
    if domain.constraints.iter().any(|known| *known.name == *new) {
        return Err(Error::new(
            SqlState::DUPLICATE_OBJECT,
            format!(
                "constraint \"{new}\" for domain {} already exists",
                backend.format_type(user.oid)
            ),
        ));
    }
    let found = domain.constraints.iter_mut().find(|known| *known.name == *old);
    found
        .ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!(
                    "constraint \"{old}\" for domain {} does not exist",
                    backend.format_type(user.oid)
                ),
            )
        })?
        .name = new.into();
    put(backend, user.oid, &domain)
}

/// Columns of tables that are of this domain, or of one over it.
fn columns_of(backend: &Backend<'_>, domain: Oid) -> Result<Vec<(Arc<Relation>, i16)>> {
    let catalog = backend.catalog()?;
    let is_over = |mut type_oid: Oid| {
        while type_oid != domain {
            match catalog.types.get(&type_oid).map(|user| &user.definition) {
                Some(TypeDefinition::Domain { base, .. }) => type_oid = *base,
                _ => return false,
            }
        }
        true
    };
    let tables = catalog.relations.values().filter(|relation| relation.has_storage());
    Ok(tables
        .flat_map(|relation| {
            let columns = relation
                .live_attributes()
                .filter(|attribute| is_over(attribute.type_oid));
            columns
                .map(|attribute| (relation.clone(), attribute.number))
                .collect::<Vec<_>>()
        })
        .collect())
}

fn check_not_null(backend: &mut Backend<'_>, domain: Oid) -> Result<()> {
    for (relation, number) in columns_of(backend, domain)? {
        let has_null = any_row(backend, &relation, &|chunk| {
            let column = usize::try_from(number).unwrap_or(1).saturating_sub(1);
            Ok((0..chunk.rows).any(|row| chunk.get(column, row).is_null()))
        })?;
        if has_null {
            return Err(column_error(
                &relation,
                number,
                SqlState::NOT_NULL_VIOLATION,
                "contains null values",
            ));
        }
    }
    Ok(())
}

fn column_error(relation: &Relation, number: i16, sqlstate: SqlState, what: &str) -> Error {
    let column = relation.attribute(number).map_or("", |attribute| &attribute.name);
    Error::new(
        sqlstate,
        format!("column \"{column}\" of table \"{}\" {what}", relation.name),
    )
}

fn any_row(
    backend: &Backend<'_>,
    relation: &Relation,
    test: &dyn Fn(&kumquat_types::Chunk) -> Result<bool>,
) -> Result<bool> {
    let Some(heap) = backend.database()?.heaps.get(&relation.oid) else {
        return Ok(false);
    };
    for chunk in heap.live_chunks() {
        if test(&chunk)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// All values of the domain must satisfy the check.
fn check_rows(backend: &mut Backend<'_>, domain: Oid, check: &Expr) -> Result<()> {
    for (relation, number) in columns_of(backend, domain)? {
        let attribute = relation.attribute(number);
        let (type_oid, type_modifier) = attribute.map_or((Oid::INVALID, -1), |a| (a.type_oid, a.type_modifier));
        let mut over_column = check.clone();
        over_column.transform(&mut |part| {
            if let Expr::CoerceToDomainValue { .. } = part {
                *part = Expr::Var(Var {
                    varno: 1,
                    attribute: number,
                    type_oid,
                    type_modifier,
                    collation: Oid::INVALID,
                    levels_up: 0,
                    location: None,
                });
            }
        });
        let chunks: Vec<_> = match backend.database()?.heaps.get(&relation.oid) {
            Some(heap) => heap.live_chunks().collect(),
            None => Vec::new(),
        };
        for chunk in chunks {
            let found = executor::evaluate_over(backend, std::slice::from_ref(&over_column), &chunk)?;
            if found
                .iter_rows()
                .any(|row| row.first().and_then(|value| value.as_bool()) == Some(false))
            {
                return Err(column_error(
                    &relation,
                    number,
                    SqlState::CHECK_VIOLATION,
                    "contains values that violate the new constraint",
                ));
            }
        }
    }
    Ok(())
}
