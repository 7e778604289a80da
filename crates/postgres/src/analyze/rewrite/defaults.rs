//! Values that columns get without being told: defaults, identities, and what generated columns refuse
//! (`rewriteTargetListIU`).

use std::sync::Arc;

use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::super::coercion::Target;
use super::super::modify::assignment;
use super::super::sort::strip_implicit;
use super::super::state::Analyzer;
use super::super::{Parameters, coerce_expression};
use crate::backend::Backend;
use crate::catalog::{Attribute, Generated, Identity, ObjectAddress, Relation, RelationKind, TypeDefinition};
use crate::query::{
    CommandType, Expr, FromItem, FuncExpr, FuncForm, MergeActionKind, Override, Query, RangeTableKind, TargetEntry,
};

/// Fills in the target list, and those of ON CONFLICT and of MERGE's actions.
pub fn fill_defaults(backend: &Backend<'_>, query: &mut Query, target: usize) -> Result<()> {
    let relation = match query.entry(target).map(|entry| &entry.kind) {
        Some(RangeTableKind::Relation { relation, .. }) => backend.relation_by_oid(*relation)?,
        _ => return Ok(()),
    };
    let filler = Filler {
        backend,
        relation: &relation,
    };
    match query.command {
        CommandType::Insert => {
            let values = values_source(query);
            let list = std::mem::take(&mut query.target_list);
            query.target_list = filler.insert_list(list, query.override_kind, values, query)?;
            if let Some(update) = query.on_conflict.as_mut().and_then(|conflict| conflict.update.as_mut()) {
                let set = std::mem::take(&mut update.set);
                update.set = filler.update_list(set)?;
            }
        }
        CommandType::Update => {
            let list = std::mem::take(&mut query.target_list);
            query.target_list = filler.update_list(list)?;
        }
        CommandType::Merge => {
            for action in &mut query.merge_actions {
                match &mut action.action {
                    MergeActionKind::Update(list) => *list = filler.update_list(std::mem::take(list))?,
                    MergeActionKind::Insert {
                        override_kind, targets, ..
                    } => *targets = filler.merge_insert_list(std::mem::take(targets), *override_kind)?,
                    MergeActionKind::Delete | MergeActionKind::DoNothing => {}
                }
            }
        }
        CommandType::Select | CommandType::Delete => {}
    }
    Ok(())
}

/// The range-table index of the VALUES lists that an INSERT reads.
fn values_source(query: &Query) -> Option<usize> {
    query.from.iter().find_map(|item| match item {
        FromItem::Table(index) => match query.entry(*index)?.kind {
            RangeTableKind::Values { .. } => Some(*index),
            _ => None,
        },
        FromItem::Join(_) => None,
    })
}

/// The value that a column of a table gets by itself; `None`: NULL (`build_column_default`).
pub fn column_default(backend: &Backend<'_>, table: Oid, attribute: &Attribute) -> Result<Option<Expr>> {
    let relation = backend.relation_by_oid(table)?;
    let filler = Filler {
        backend,
        relation: &relation,
    };
    filler.default_of(attribute)
}

/// Fills in what columns get without being told.
struct Filler<'f, 'b> {
    backend: &'f Backend<'b>,
    relation: &'f Relation,
}

impl Filler<'_, '_> {
    fn insert_list(
        &self,
        list: Vec<TargetEntry>,
        override_kind: Option<Override>,
        values: Option<usize>,
        query: &mut Query,
    ) -> Result<Vec<TargetEntry>> {
        let list = merge_assignments(list, self.relation)?;
        let mut filled = Vec::with_capacity(self.relation.attributes.len());
        let mut defaulted: Vec<(usize, &Attribute)> = Vec::new();
        for attribute in self.relation.live_attributes() {
            let entry = list.iter().find(|entry| entry.number == attribute.number);
            let column = entry.and_then(|entry| values_column(&entry.expr, values));
            if let Some(column) = column {
                defaulted.push((column, attribute));
            }
            let rows = column.map(|column| column_values(query, values, column));
            let is_default = entry.is_none_or(|entry| matches!(entry.expr, Expr::SetToDefault { .. }));
            let all_default = rows.as_ref().is_some_and(|rows| rows.iter().all(|default| *default));
            let applies = self.check_insert(attribute, override_kind, is_default || all_default)?;
            match entry {
                Some(entry) if applies && !is_default && !all_default => filled.push(entry.clone()),
                Some(entry) if applies && all_default && attribute.generated.is_none() => filled.push(entry.clone()),
                _ => {
                    if let Some(default) = self.default_of(attribute)? {
                        filled.push(assignment(attribute, default));
                    } else if entry.is_some() && attribute.generated.is_none() {
                        filled.push(assignment(attribute, self.null_of(attribute)?));
                    }
                }
            }
        }
        self.replace_in_values(query, values, &defaulted)?;
        Ok(filled)
    }

    fn merge_insert_list(&self, list: Vec<TargetEntry>, override_kind: Option<Override>) -> Result<Vec<TargetEntry>> {
        let mut scratch = Query::new(CommandType::Insert);
        self.insert_list(list, override_kind, None, &mut scratch)
    }

    /// Whether the value given counts; identity and generated columns may refuse it.
    fn check_insert(&self, attribute: &Attribute, override_kind: Option<Override>, is_default: bool) -> Result<bool> {
        if is_default {
            return Ok(true);
        }
        let refuse = |detail: String| {
            Error::new(
                SqlState::GENERATED_ALWAYS,
                format!("cannot insert a non-DEFAULT value into column \"{}\"", attribute.name),
            )
            .detail(detail)
        };
        match (attribute.identity, override_kind) {
            (Some(Identity::Always), None) => Err(refuse(format!(
                "Column \"{}\" is an identity column defined as GENERATED ALWAYS.",
                attribute.name
            ))
            .hint("Use OVERRIDING SYSTEM VALUE to override.")),
            (Some(_), Some(Override::User)) => Ok(false),
            _ if attribute.generated == Some(Generated::Stored) => {
                Err(refuse(format!("Column \"{}\" is a generated column.", attribute.name)))
            }
            _ => Ok(true),
        }
    }

    fn update_list(&self, list: Vec<TargetEntry>) -> Result<Vec<TargetEntry>> {
        let list = merge_assignments(list, self.relation)?;
        let mut filled = Vec::with_capacity(list.len());
        for mut entry in list {
            let Some(attribute) = self.relation.attribute(entry.number) else {
                continue;
            };
            let is_default = matches!(entry.expr, Expr::SetToDefault { .. });
            if !is_default {
                self.check_update(attribute)?;
                filled.push(entry);
                continue;
            }
            if attribute.generated.is_some() {
                continue;
            }
            entry.expr = match self.default_of(attribute)? {
                Some(default) => default,
                None => self.null_of(attribute)?,
            };
            filled.push(entry);
        }
        filled.sort_by_key(|entry| entry.number);
        Ok(filled)
    }

    fn check_update(&self, attribute: &Attribute) -> Result<()> {
        let detail = if attribute.identity == Some(Identity::Always) {
            format!(
                "Column \"{}\" is an identity column defined as GENERATED ALWAYS.",
                attribute.name
            )
        } else if attribute.generated.is_some() {
            format!("Column \"{}\" is a generated column.", attribute.name)
        } else {
            return Ok(());
        };
        Err(Error::new(
            SqlState::GENERATED_ALWAYS,
            format!("column \"{}\" can only be updated to DEFAULT", attribute.name),
        )
        .detail(detail))
    }

    /// The value a column gets by itself; `None`: NULL (`build_column_default`).
    fn default_of(&self, attribute: &Attribute) -> Result<Option<Expr>> {
        if attribute.generated.is_some() {
            return Ok(None);
        }
        if attribute.identity.is_some() {
            return self.next_identity(attribute).map(Some);
        }
        if let Some(default) = &attribute.default {
            let coerced = coerce_expression(
                self.backend,
                Expr::clone(default),
                (attribute.type_oid, attribute.type_modifier),
                true,
            )?;
            return Ok(coerced);
        }
        // A domain may have a default of its own.
        match self.backend.user_type(attribute.type_oid).map(|user| &user.definition) {
            Some(TypeDefinition::Domain {
                default: Some(default), ..
            }) => coerce_expression(
                self.backend,
                Expr::clone(default),
                (attribute.type_oid, attribute.type_modifier),
                true,
            ),
            _ => Ok(None),
        }
    }

    /// NULL, checked against a domain.
    fn null_of(&self, attribute: &Attribute) -> Result<Expr> {
        let base = self.backend.base_type(attribute.type_oid);
        let null = Expr::null(base);
        if base == attribute.type_oid {
            return Ok(null);
        }
        let mut parameters = Parameters::default();
        let mut analyzer = Analyzer::new(self.backend, &mut parameters);
        analyzer.coerce_type(null, Target::assignment(attribute.type_oid, -1))
    }

    /// The next value of the sequence behind an identity column.
    fn next_identity(&self, attribute: &Attribute) -> Result<Expr> {
        let column = ObjectAddress::column(self.relation.oid, attribute.number);
        let catalog = self.backend.catalog()?;
        let sequence = catalog
            .dependencies
            .iter()
            .filter(|dependency| dependency.referenced == column)
            .filter_map(|dependency| catalog.relation(dependency.dependent.oid))
            .find(|relation| relation.kind == RelationKind::Sequence)
            .map(|relation| relation.oid)
            .ok_or_else(|| Error::internal("no owned sequence found"))?;
        let next = Expr::Func(Box::new(FuncExpr {
            function: NEXTVAL,
            args: vec![Expr::constant(Datum::Oid(sequence.0), Oid::REGCLASS)],
            result: Oid::INT8,
            returns_set: false,
            variadic: false,
            unwritten: Vec::new(),
            form: FuncForm::Identity,
            type_modifier: -1,
            location: None,
        }));
        let target = (attribute.type_oid, attribute.type_modifier);
        let coerced = coerce_expression(self.backend, next, target, true)?;
        coerced.ok_or_else(|| Error::internal("identity column is no integer"))
    }

    /// DEFAULT inside VALUES lists (`rewriteValuesRTE`).
    fn replace_in_values(
        &self,
        query: &mut Query,
        values: Option<usize>,
        columns: &[(usize, &Attribute)],
    ) -> Result<()> {
        let mut replacements = Vec::with_capacity(columns.len());
        for (column, attribute) in columns {
            let default = match self.default_of(attribute)? {
                Some(default) => default,
                None => self.null_of(attribute)?,
            };
            replacements.push((*column, default));
        }
        let entry = values
            .and_then(|index| index.checked_sub(1))
            .and_then(|i| query.range_table.get_mut(i));
        let Some(RangeTableKind::Values { rows }) = entry.map(|entry| &mut entry.kind) else {
            return Ok(());
        };
        let uses_default = rows
            .iter()
            .flatten()
            .any(|value| matches!(value, Expr::SetToDefault { .. }));
        if !uses_default {
            return Ok(());
        }
        for row in Arc::make_mut(rows) {
            for (column, default) in &replacements {
                if let Some(slot) = row.get_mut(*column)
                    && matches!(slot, Expr::SetToDefault { .. })
                {
                    *slot = default.clone();
                }
            }
        }
        Ok(())
    }
}

/// `nextval(regclass)`.
const NEXTVAL: Oid = Oid(1574);

/// The column of the VALUES lists that a target takes.
fn values_column(expr: &Expr, values: Option<usize>) -> Option<usize> {
    match strip_implicit(expr) {
        Expr::Var(var) if Some(var.varno) == values && var.levels_up == 0 => {
            usize::try_from(var.attribute).ok()?.checked_sub(1)
        }
        _ => None,
    }
}

/// Which rows have DEFAULT in a column.
fn column_values(query: &Query, values: Option<usize>, column: usize) -> Vec<bool> {
    match values.and_then(|index| query.entry(index)).map(|entry| &entry.kind) {
        Some(RangeTableKind::Values { rows }) => rows
            .iter()
            .map(|row| matches!(row.get(column), Some(Expr::SetToDefault { .. })))
            .collect(),
        _ => Vec::new(),
    }
}

/// Several assignments to parts of one column become one; to the whole of it they are an error
/// (`process_matched_tle`).
fn merge_assignments(list: Vec<TargetEntry>, relation: &Relation) -> Result<Vec<TargetEntry>> {
    let mut merged: Vec<TargetEntry> = Vec::with_capacity(list.len());
    for entry in list {
        match merged.iter_mut().find(|own| own.number == entry.number) {
            None => merged.push(entry),
            Some(own) => {
                let earlier = std::mem::replace(&mut own.expr, Expr::null(Oid::UNKNOWN));
                own.expr = nest_assignment(entry.expr, earlier).ok_or_else(|| {
                    let name = relation.attribute(entry.number).map_or("", |attribute| &attribute.name);
                    Error::new(
                        SqlState::SYNTAX_ERROR,
                        format!("multiple assignments to same column \"{name}\""),
                    )
                })?;
            }
        }
    }
    Ok(merged)
}

/// The later assignment to a part starts from what the earlier one gives.
fn nest_assignment(later: Expr, earlier: Expr) -> Option<Expr> {
    let is_part = |expr: &Expr| match expr {
        Expr::FieldStore { .. } => true,
        Expr::Subscript(subscript) => subscript.assign.is_some(),
        _ => false,
    };
    // A domain around both is checked once, when all parts are in place.
    let earlier = match earlier {
        Expr::CoerceToDomain { arg, .. } => *arg,
        earlier => earlier,
    };
    if !is_part(&earlier) {
        return None;
    }
    match later {
        Expr::CoerceToDomain {
            arg,
            domain,
            type_modifier,
            form,
        } => Some(Expr::CoerceToDomain {
            arg: Box::new(nest_assignment(*arg, earlier)?),
            domain,
            type_modifier,
            form,
        }),
        Expr::FieldStore { fields, type_oid, .. } => Some(Expr::FieldStore {
            arg: Box::new(earlier),
            fields,
            type_oid,
        }),
        Expr::Subscript(mut subscript) if subscript.assign.is_some() => {
            subscript.container = earlier;
            Some(Expr::Subscript(subscript))
        }
        _ => None,
    }
}
