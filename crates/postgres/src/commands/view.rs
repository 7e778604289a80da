//! CREATE VIEW, after PostgreSQL's `DefineView`.

use std::sync::Arc;

use kumquat_sql::ast::{self, DefArg, DefElem, Statement, ViewCheckOption, ViewStmt};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::create_table::column::storage_of;
use super::define::{already_exists, define_relation, persistence_of};
use super::relation_kind::not_a;
use super::reloptions;
use crate::analyze::{Parameters, analyze_definition};
use crate::backend::Backend;
use crate::catalog::expression_references::query_references;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::{
    Attribute, DependencyKind, Name, ObjectAddress, ObjectClass, Persistence, Relation, RelationKind,
};
use crate::query::{Query, RangeTableKind};
use crate::result::CommandTag;

pub fn create(backend: &mut Backend<'_>, stmt: &ViewStmt) -> Result<CommandTag> {
    if stmt.view.persistence == ast::Persistence::Unlogged {
        return Err(Error::new(
            SqlState::SYNTAX_ERROR,
            "views cannot be unlogged because they do not have storage",
        ));
    }
    let select = Statement::Select(Box::new(stmt.query.clone()));
    if has_into(&stmt.query) {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "views must not contain SELECT INTO",
        ));
    }
    let mut query = analyze_definition(backend, &select, &mut Parameters::default())?;
    if modifies_in_with(&query) {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "views must not contain data-modifying statements in WITH",
        ));
    }
    name_columns(&mut query, &stmt.columns)?;
    let options = options(stmt, &query)?;
    let mut range = stmt.view.clone();
    if persistence_of(&range) != Persistence::Temporary && uses_temporary(backend, &query)? {
        backend.notice(Error::notice(format!(
            "view \"{}\" will be a temporary view",
            range.name
        )));
        range.persistence = ast::Persistence::Temporary;
    }
    let schema = backend.relation_creation_schema(&range)?;
    let name = truncate_identifier(&range.name);
    let existing = backend.catalog()?.relation_by_name(schema, name).cloned();
    match existing {
        Some(_) if !stmt.replace => return Err(already_exists(name)),
        Some(view) => replace(backend, &view, query, options)?,
        None => {
            let owner = backend.session.current_user;
            let mut relation = Relation::new(Oid::INVALID, name, schema, RelationKind::View, owner);
            relation.persistence = persistence_of(&range);
            relation.options = options;
            relation.attributes = attributes(backend, &query, &[]).into();
            let oid = define_relation(backend, relation)?;
            store_query(backend, oid, query)?;
        }
    }
    Ok(CommandTag::new("CREATE VIEW"))
}

fn has_into(select: &ast::SelectStmt) -> bool {
    matches!(&select.body, ast::SelectBody::Select(core) if core.into.is_some())
}

fn modifies_in_with(query: &Query) -> bool {
    query
        .ctes
        .iter()
        .any(|cte| cte.query.command != crate::query::CommandType::Select)
}

/// Gives the columns the names of the view's column list.
fn name_columns(query: &mut Query, names: &[String]) -> Result<()> {
    let mut targets = query.target_list.iter_mut().filter(|target| !target.junk);
    for name in names {
        let target = targets.next().ok_or_else(|| {
            Error::new(
                SqlState::SYNTAX_ERROR,
                "CREATE VIEW specifies more column names than columns",
            )
        })?;
        target.name = truncate_identifier(name).into();
    }
    Ok(())
}

fn options(stmt: &ViewStmt, query: &Query) -> Result<Vec<(Name, Name)>> {
    let mut given = stmt.options.clone();
    let check_option = match stmt.check_option {
        ViewCheckOption::None => None,
        ViewCheckOption::Local => Some("local"),
        ViewCheckOption::Cascaded => Some("cascaded"),
    };
    if let Some(value) = check_option {
        given.push(DefElem {
            namespace: None,
            name: "check_option".into(),
            arg: Some(DefArg::String(value.into())),
            action: ast::DefElemAction::Unspecified,
            location: ast::Location::UNKNOWN,
        });
    }
    let options = reloptions::read(&given, reloptions::Kind::View)?;
    if options.iter().any(|(name, _)| &**name == "check_option")
        && let Some(reason) = not_updatable(query)
    {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "WITH CHECK OPTION is supported only on automatically updatable views",
        )
        .hint(reason));
    }
    Ok(options)
}

/// Why a view with this query can't be updated by itself; `None` if it can (`view_query_is_auto_updatable`).
pub fn not_updatable(query: &Query) -> Option<&'static str> {
    if query.distinct.is_some() {
        return Some("Views containing DISTINCT are not automatically updatable.");
    }
    if !query.group_by.is_empty() || !query.grouping_sets.is_empty() {
        return Some("Views containing GROUP BY are not automatically updatable.");
    }
    if query.having.is_some() {
        return Some("Views containing HAVING are not automatically updatable.");
    }
    if query.set_operation.is_some() {
        return Some("Views containing UNION, INTERSECT, or EXCEPT are not automatically updatable.");
    }
    if !query.ctes.is_empty() {
        return Some("Views containing WITH are not automatically updatable.");
    }
    if query.limit.is_some() || query.offset.is_some() {
        return Some("Views containing LIMIT or OFFSET are not automatically updatable.");
    }
    if query.has_aggregates {
        return Some("Views that return aggregate functions are not automatically updatable.");
    }
    if query.has_windows {
        return Some("Views that return window functions are not automatically updatable.");
    }
    if query.has_set_functions {
        return Some("Views that return set-returning functions are not automatically updatable.");
    }
    const SINGLE: &str = "Views that do not select from a single table or view are not automatically updatable.";
    let [crate::query::FromItem::Table(index)] = query.from.as_slice() else {
        return Some(SINGLE);
    };
    match query.entry(*index).map(|entry| &entry.kind) {
        Some(RangeTableKind::Relation { sample: Some(_), .. }) => {
            Some("Views containing TABLESAMPLE are not automatically updatable.")
        }
        Some(RangeTableKind::Relation { .. }) => None,
        _ => Some(SINGLE),
    }
}

/// A query on a temporary table makes its view temporary.
fn uses_temporary(backend: &Backend<'_>, query: &Query) -> Result<bool> {
    for object in query_references(query) {
        if object.class == ObjectClass::Relation
            && backend.relation_by_oid(object.oid)?.persistence == Persistence::Temporary
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The attributes of a query's output columns; those that are there keep what else was said of them.
pub fn attributes(backend: &Backend<'_>, query: &Query, existing: &[Attribute]) -> Vec<Attribute> {
    query
        .output_columns()
        .zip(1..)
        .map(|(target, number)| {
            let (type_oid, modifier) = (target.expr.type_oid(), target.expr.type_modifier());
            let known = existing.iter().find(|attribute| attribute.number == number);
            let mut attribute = match known {
                Some(known) => known.clone(),
                None => Attribute::new(number, &target.name, type_oid, modifier),
            };
            attribute.storage = storage_of(backend, type_oid);
            attribute
        })
        .collect()
}

/// OR REPLACE: columns may be added at the end, nothing else (`checkViewTupleDesc`).
fn replace(backend: &mut Backend<'_>, view: &Relation, query: Query, options: Vec<(Name, Name)>) -> Result<()> {
    if view.kind != RelationKind::View {
        return Err(not_a(&view.name, "view"));
    }
    backend.check_relation_owner(view)?;
    let invalid = |message: String| Error::new(SqlState::INVALID_TABLE_DEFINITION, message);
    if query.output_columns().count() < view.attributes.len() {
        return Err(invalid("cannot drop columns from view".into()));
    }
    let mut columns = query.output_columns();
    for old in view.attributes.iter() {
        let Some(new) = columns.next() else {
            break;
        };
        if old.name != new.name {
            return Err(invalid(format!(
                "cannot change name of view column \"{}\" to \"{}\"",
                old.name, new.name
            ))
            .hint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead."));
        }
        let types = (new.expr.type_oid(), new.expr.type_modifier());
        if (old.type_oid, old.type_modifier) != types {
            return Err(invalid(format!(
                "cannot change data type of view column \"{}\" from {} to {}",
                old.name,
                backend.format_type_with_modifier(old.type_oid, old.type_modifier),
                backend.format_type_with_modifier(types.0, types.1)
            )));
        }
    }
    drop(columns);
    let attributes = attributes(backend, &query, &view.attributes);
    backend.update_relation(view.oid, |view| {
        view.attributes = attributes.into();
        view.options = options;
    })?;
    store_query(backend, view.oid, query)
}

/// Makes the query that of a view or materialized view: its rule needs what the query needs.
pub fn store_query(backend: &mut Backend<'_>, view: Oid, query: Query) -> Result<()> {
    let rule = ObjectAddress::new(ObjectClass::Rule, view);
    let references = query_references(&query);
    let catalog = backend.catalog_mut()?;
    catalog.forget_references(rule);
    let relation = ObjectAddress::new(ObjectClass::Relation, view);
    catalog.record_dependency(rule, relation, DependencyKind::Internal);
    for referenced in references {
        if referenced.oid != view {
            catalog.record_dependency(rule, referenced, DependencyKind::Normal);
        }
    }
    backend.update_relation(view, |relation| relation.view = Some(Arc::new(query)))
}
