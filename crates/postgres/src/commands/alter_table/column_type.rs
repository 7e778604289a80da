//! ALTER COLUMN ... TYPE, after PostgreSQL's `ATExecAlterColumnType`.
//!
//! What hangs on the column (checks, indexes, defaults) is written out as SQL before the change and analyzed
//! again after it, as PostgreSQL does.

use std::sync::Arc;

use kumquat_sql::ast::{self, ColumnDef};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::column::check_not_partition_key;
use super::{children, invalid_table, live_column, rewrite};
use crate::analyze::{ExprContext, analyze_expression, coerce_expression, resolve_type};
use crate::backend::Backend;
use crate::catalog::quote::quote_identifier;
use crate::catalog::{
    Attribute, Constraint, ConstraintKind, DependencyKind, IndexDefinition, ObjectAddress, ObjectClass, Relation,
    RelationKind,
};
use crate::commands::create_table::column::{column_collation, storage_of};
use crate::commands::create_table::store_default;
use crate::commands::define::{check_column_type, record_column_type};
use crate::commands::{index, sequence};
use crate::query::{Expr, Var};
use crate::{executor, ruleutils};

/// The column's new type, with modifier and collation.
#[derive(Clone, Copy)]
struct NewType {
    oid: Oid,
    modifier: i32,
    collation: Oid,
}

pub fn alter(
    backend: &mut Backend<'_>,
    relation: &Relation,
    def: &ColumnDef,
    using: Option<&ast::Expr>,
    recurse: bool,
) -> Result<()> {
    let attribute = live_column(relation, &def.name)?.clone();
    if attribute.inherited_count > 0 {
        return Err(invalid_table(format!(
            "cannot alter inherited column \"{}\"",
            attribute.name
        )));
    }
    check_not_partition_key(relation, attribute.number, "alter")?;
    let type_name = def
        .type_name
        .as_ref()
        .ok_or_else(|| Error::internal("a type is missing"))?;
    let unplaced = |mut error: Error| {
        error.position = None;
        error
    };
    let (oid, modifier) = resolve_type(backend, type_name).map_err(unplaced)?;
    check_column_type(backend, &attribute.name, oid)?;
    let collation = match &def.collation {
        Some(clause) => column_collation(backend, oid, clause).map_err(unplaced)?,
        None => Oid::INVALID,
    };
    if using.is_some() && attribute.generated.is_some() {
        return Err(Error::new(
            SqlState::INVALID_COLUMN_DEFINITION,
            "cannot specify USING when altering type of generated column",
        )
        .detail(format!("Column \"{}\" is a generated column.", attribute.name)));
    }
    let new = NewType {
        oid,
        modifier,
        collation,
    };
    alter_tree(backend, relation, &attribute.name, new, using, recurse)
}

fn alter_tree(
    backend: &mut Backend<'_>,
    relation: &Relation,
    name: &str,
    new: NewType,
    using: Option<&ast::Expr>,
    recurse: bool,
) -> Result<()> {
    let children = children(backend, relation)?;
    if !children.is_empty() && !recurse {
        return Err(invalid_table(format!(
            "type of inherited column \"{name}\" must be changed in child tables too"
        )));
    }
    alter_column(backend, relation, live_column(relation, name)?, new, using)?;
    for child in children {
        alter_tree(backend, &child, name, new, using, true)?;
    }
    Ok(())
}

fn alter_column(
    backend: &mut Backend<'_>,
    relation: &Relation,
    attribute: &Attribute,
    new: NewType,
    using: Option<&ast::Expr>,
) -> Result<()> {
    let table = relation.oid;
    let transform = match relation.kind {
        RelationKind::CompositeType => None,
        _ if attribute.generated.is_some() => None,
        _ => Some(transform(backend, relation, attribute, new, using)?),
    };
    check_row_type_unused(backend, relation)?;
    let default = default_for(backend, attribute, new)?;
    check_dependents(backend, relation, attribute)?;
    check_identity(attribute, new)?;
    let texts = Texts::of(backend, relation, attribute.number)?;
    let storage = storage_of(backend, new.oid);
    if let Some(expr) = &transform
        && relation.has_storage()
    {
        rewrite_values(backend, table, attribute.number, expr)?;
    }
    backend.update_attribute(table, attribute.number, |attribute| {
        attribute.type_oid = new.oid;
        attribute.type_modifier = new.modifier;
        attribute.collation = new.collation;
        attribute.storage = storage;
        attribute.missing = None;
    })?;
    depend_on_new_type(backend, table, attribute.number)?;
    store_default(backend, table, attribute.number, default)?;
    texts.restore(backend, table)?;
    update_owned_sequence(backend, table, attribute.number, new)?;
    if attribute.generated.is_some() && relation.has_storage() {
        let relation = backend.relation_by_oid(table)?;
        if let Some(expr) = relation.attribute(attribute.number).and_then(|a| a.default.clone()) {
            rewrite_values(backend, table, attribute.number, &expr)?;
        }
    }
    rebuild_indexes(backend, table)
}

/// The expression that makes new values out of old ones: USING, or the cast by assignment.
fn transform(
    backend: &Backend<'_>,
    relation: &Relation,
    attribute: &Attribute,
    new: NewType,
    using: Option<&ast::Expr>,
) -> Result<Expr> {
    let target = (new.oid, new.modifier);
    let (name, type_name) = (&attribute.name, backend.format_type(new.oid));
    if let Some(using) = using {
        let expr = analyze_expression(backend, Some(relation), using, ExprContext::AlterColumnUsing, None)?;
        return coerce_expression(backend, expr, target, true)?.ok_or_else(|| {
            Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!(
                    "result of USING clause for column \"{name}\" cannot be cast automatically to type {type_name}"
                ),
            )
            .hint("You might need to add an explicit cast.")
        });
    }
    let var = Expr::Var(Var {
        varno: 1,
        attribute: attribute.number,
        type_oid: attribute.type_oid,
        type_modifier: attribute.type_modifier,
        collation: attribute.collation,
        levels_up: 0,
        location: None,
    });
    coerce_expression(backend, var, target, true)?.ok_or_else(|| {
        Error::new(
            SqlState::DATATYPE_MISMATCH,
            format!("column \"{name}\" cannot be cast automatically to type {type_name}"),
        )
        .hint(format!(
            "You might need to specify \"USING {}::{}\".",
            quote_identifier(name),
            backend.format_type_with_modifier(new.oid, new.modifier)
        ))
    })
}

/// No column may hold values of the row type (`find_composite_type_dependencies`).
fn check_row_type_unused(backend: &Backend<'_>, relation: &Relation) -> Result<()> {
    let catalog = backend.catalog()?;
    let array = catalog.types.get(&relation.row_type).map(|user| user.array);
    for other in catalog.relations.values() {
        if !other.has_storage() && other.kind != RelationKind::PartitionedTable {
            continue;
        }
        let user = other
            .live_attributes()
            .find(|column| column.type_oid == relation.row_type || Some(column.type_oid) == array);
        if let Some(column) = user
            && relation.row_type.is_valid()
        {
            let (noun, whose) = match relation.kind {
                RelationKind::CompositeType => ("type", "it"),
                _ => ("table", "its row type"),
            };
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!(
                    "cannot alter {noun} \"{}\" because column \"{}.{}\" uses {whose}",
                    relation.name, other.name, column.name
                ),
            ));
        }
    }
    Ok(())
}

/// The default as one of the new type.
fn default_for(backend: &Backend<'_>, attribute: &Attribute, new: NewType) -> Result<Option<Arc<Expr>>> {
    let Some(default) = &attribute.default else {
        return Ok(None);
    };
    let bare = strip_implicit_casts(default);
    let coerced = coerce_expression(backend, bare.clone(), (new.oid, new.modifier), true)?;
    coerced.map(|expr| Some(Arc::new(expr))).ok_or_else(|| {
        let what = match attribute.generated {
            Some(_) => "generation expression",
            None => "default",
        };
        Error::new(
            SqlState::DATATYPE_MISMATCH,
            format!(
                "{what} for column \"{}\" cannot be cast automatically to type {}",
                attribute.name,
                backend.format_type(new.oid)
            ),
        )
    })
}

fn strip_implicit_casts(expr: &Expr) -> &Expr {
    use crate::query::FuncForm::ImplicitCast;
    match expr {
        Expr::Func(call) if call.form == ImplicitCast => call.args.first().map_or(expr, strip_implicit_casts),
        Expr::Relabel { arg, form, .. } | Expr::CoerceViaIo { arg, form, .. } if *form == ImplicitCast => {
            strip_implicit_casts(arg)
        }
        _ => expr,
    }
}

/// Views, triggers, generated columns on the column stand in the way.
fn check_dependents(backend: &Backend<'_>, relation: &Relation, attribute: &Attribute) -> Result<()> {
    let refuse =
        |message: &str, detail: String| Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message).detail(detail));
    let column = ObjectAddress::column(relation.oid, attribute.number);
    let name = &attribute.name;
    for dependency in backend.catalog()?.dependents_of(column) {
        let dependent = dependency.dependent;
        let depends = || format!("{} depends on column \"{name}\"", backend.describe_object(dependent));
        match dependent.class {
            ObjectClass::Rule => return refuse("cannot alter type of a column used by a view or rule", depends()),
            ObjectClass::Trigger => {
                return refuse("cannot alter type of a column used in a trigger definition", depends());
            }
            ObjectClass::Policy => {
                return refuse("cannot alter type of a column used in a policy definition", depends());
            }
            ObjectClass::Function => {
                return refuse(
                    "cannot alter type of a column used by a function or procedure",
                    depends(),
                );
            }
            ObjectClass::Default if dependent.sub != attribute.number => {
                let generated = relation.attribute(dependent.sub).map_or("", |a| &a.name);
                return Err(Error::new(
                    SqlState::SYNTAX_ERROR,
                    "cannot alter type of a column used by a generated column",
                )
                .detail(format!(
                    "Column \"{name}\" is used by generated column \"{generated}\"."
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_identity(attribute: &Attribute, new: NewType) -> Result<()> {
    let integer = matches!(new.oid, Oid::INT2 | Oid::INT4 | Oid::INT8);
    if attribute.identity.is_some() && !integer {
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "identity column type must be smallint, integer, or bigint",
        ));
    }
    Ok(())
}

fn rewrite_values(backend: &mut Backend<'_>, table: Oid, number: i16, expr: &Expr) -> Result<()> {
    // Indexes are built again when all is in place.
    let indexes: Vec<Oid> = backend.catalog()?.indexes_of(table).map(|index| index.oid).collect();
    if indexes.is_empty() {
        return rewrite::replace_column(backend, table, number, expr);
    }
    let kept = std::mem::take(&mut backend.catalog_mut()?.relation_indexes);
    let done = rewrite::replace_column(backend, table, number, expr);
    backend.catalog_mut()?.relation_indexes = kept;
    done
}

fn rebuild_indexes(backend: &mut Backend<'_>, table: Oid) -> Result<()> {
    if !backend.relation_by_oid(table)?.has_storage() {
        return Ok(());
    }
    let indexes: Vec<Oid> = backend.catalog()?.indexes_of(table).map(|index| index.oid).collect();
    for index in indexes {
        executor::build_index(backend, index)?;
    }
    Ok(())
}

fn depend_on_new_type(backend: &mut Backend<'_>, table: Oid, number: i16) -> Result<()> {
    let relation = backend.relation_by_oid(table)?;
    let column = ObjectAddress::column(table, number);
    let catalog = backend.catalog_mut()?;
    let old: Vec<_> = catalog
        .references_of(column)
        .filter(|dependency| dependency.referenced.class == ObjectClass::Type)
        .collect();
    for dependency in old {
        catalog.forget_dependency(dependency);
    }
    if let Some(attribute) = relation.attribute(number) {
        record_column_type(catalog, table, attribute);
    }
    Ok(())
}

/// The sequence of an identity column has the column's type.
fn update_owned_sequence(backend: &mut Backend<'_>, table: Oid, number: i16, new: NewType) -> Result<()> {
    let owned = backend.catalog()?.owned_sequences(table, number).next();
    let Some((oid, DependencyKind::Internal)) = owned else {
        return Ok(());
    };
    let type_name = kumquat_sql::parse_type_name(&backend.format_type(new.oid))?;
    let option = ast::DefElem {
        namespace: None,
        name: "as".into(),
        arg: Some(ast::DefArg::Type(type_name)),
        action: ast::DefElemAction::Unspecified,
        location: ast::Location::UNKNOWN,
    };
    sequence::alter_sequence(backend, oid, &[option], sequence::Use::Identity)
}

/// Expressions of checks and indexes over a column, as SQL.
struct Texts {
    checks: Vec<(Oid, String)>,
    indexes: Vec<(Oid, Vec<Option<String>>, Option<String>)>,
    foreign_keys: Vec<Oid>,
}

impl Texts {
    fn of(backend: &Backend<'_>, relation: &Relation, number: i16) -> Result<Texts> {
        let catalog = backend.catalog()?;
        let text = |expr: &Expr| ruleutils::deparse_expression(backend, expr, Some(relation), false);
        let reads = |expr: &Expr| crate::catalog::expression_references::columns_read(expr).contains(&number);
        let mut texts = Texts {
            checks: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
        };
        for constraint in catalog.constraints_of(relation.oid) {
            match &constraint.kind {
                ConstraintKind::Check { expression, .. } if reads(expression) => {
                    texts.checks.push((constraint.oid, text(expression)?));
                }
                ConstraintKind::ForeignKey(key) if key.columns.contains(&number) => {
                    texts.foreign_keys.push(constraint.oid);
                }
                _ => {}
            }
        }
        for constraint in catalog.constraints_referencing(relation.oid) {
            if let ConstraintKind::ForeignKey(key) = &constraint.kind
                && key.referenced_columns.contains(&number)
            {
                texts.foreign_keys.push(constraint.oid);
            }
        }
        for index in catalog.indexes_of(relation.oid) {
            let Some(definition) = &index.index else { continue };
            let expressions = definition
                .columns
                .iter()
                .map(|column| column.expression.as_deref().map(text).transpose())
                .collect::<Result<Vec<_>>>()?;
            let predicate = definition.predicate.as_deref().map(text).transpose()?;
            texts.indexes.push((index.oid, expressions, predicate));
        }
        Ok(texts)
    }

    /// Analyzes all again over the changed table.
    fn restore(&self, backend: &mut Backend<'_>, table: Oid) -> Result<()> {
        let relation = backend.relation_by_oid(table)?;
        let bool_type = Some((Oid::BOOL, -1));
        for (oid, text) in &self.checks {
            let expr = kumquat_sql::parse_expression(text)?;
            let expr = analyze_expression(backend, Some(&relation), &expr, ExprContext::CheckConstraint, bool_type)?;
            let Some(constraint) = backend.catalog()?.constraints.get(oid).cloned() else {
                continue;
            };
            let mut constraint = Constraint::clone(&constraint);
            if let ConstraintKind::Check { expression, .. } = &mut constraint.kind {
                *expression = Arc::new(expr);
            }
            backend.catalog_mut()?.put_constraint(constraint);
            if relation.has_storage() {
                executor::validate_constraint(backend, *oid)?;
            }
        }
        for (oid, expressions, predicate) in &self.indexes {
            restore_index(backend, &relation, *oid, expressions, predicate.as_deref())?;
        }
        for oid in &self.foreign_keys {
            crate::commands::constraint::foreign_key::check_again(backend, *oid)?;
        }
        Ok(())
    }
}

fn restore_index(
    backend: &mut Backend<'_>,
    table: &Relation,
    oid: Oid,
    expressions: &[Option<String>],
    predicate: Option<&str>,
) -> Result<()> {
    let index = backend.relation_by_oid(oid)?;
    let Some(definition) = &index.index else { return Ok(()) };
    let mut definition = IndexDefinition::clone(definition);
    let analyze = |backend: &Backend<'_>, text: &str, context, target| -> Result<Arc<Expr>> {
        let expr = kumquat_sql::parse_expression(text)?;
        Ok(Arc::new(analyze_expression(
            backend,
            Some(table),
            &expr,
            context,
            target,
        )?))
    };
    for (column, text) in definition.columns.iter_mut().zip(expressions) {
        if let Some(text) = text {
            column.expression = Some(analyze(backend, text, ExprContext::IndexExpression, None)?);
        }
    }
    if let Some(text) = predicate {
        let target = Some((Oid::BOOL, -1));
        definition.predicate = Some(analyze(backend, text, ExprContext::IndexPredicate, target)?);
    }
    for column in &definition.columns {
        let type_oid = index::columns::column_type(table, column);
        let name: Vec<String> = column.operator_class.iter().map(|name| name.to_string()).collect();
        crate::catalog::operator_class::resolve(backend, &index.access_method, &name, type_oid)?;
    }
    let mut attributes = index.attributes.to_vec();
    let types: Vec<(Oid, i32)> = definition
        .columns
        .iter()
        .map(|column| index::columns::column_type_and_modifier(table, column))
        .chain(definition.included.iter().map(|number| {
            let attribute = table.attribute(*number);
            attribute.map_or((Oid::INVALID, -1), |a| (a.type_oid, a.type_modifier))
        }))
        .collect();
    for (attribute, (type_oid, modifier)) in attributes.iter_mut().zip(types) {
        attribute.type_oid = type_oid;
        attribute.type_modifier = modifier;
    }
    backend.update_relation(oid, |index| {
        index.index = Some(Arc::new(definition));
        index.attributes = attributes.into();
    })
}
