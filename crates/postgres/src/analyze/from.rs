//! FROM: tables, subqueries and samples, and what can be named where, after PostgreSQL's `parse_clause.c`.

use std::sync::Arc;

use kumquat_sql::ast::{self, TableRef};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::coercion::Target;
use super::location::position;
use super::relations::{alias_node, apply_alias, new_entry};
use super::state::{Analyzer, ExprKind, NamespaceItem};
use crate::catalog::RelationKind;
use crate::query::{FromItem, RangeTableKind, TableSample};

/// A FROM item that has been analyzed.
pub struct Analyzed {
    pub item: FromItem,
    /// The whole item as one table: what a join around it sees.
    pub table: NamespaceItem,
    /// Everything it brings into the namespace.
    pub namespace: Vec<NamespaceItem>,
}

impl Analyzer<'_, '_> {
    /// All of FROM (`transformFromClause`).
    pub fn tables(&mut self, items: &[TableRef]) -> Result<()> {
        for item in items {
            let analyzed = self.table_reference(item)?;
            check_conflicts(&self.level.namespace, &analyzed.namespace)?;
            let mut namespace = analyzed.namespace;
            set_lateral(&mut namespace, true, true);
            self.level.from.push(analyzed.item);
            self.level.namespace.extend(namespace);
        }
        set_lateral(&mut self.level.namespace, false, true);
        Ok(())
    }

    /// One item of FROM (`transformFromClauseItem`).
    pub fn table_reference(&mut self, item: &TableRef) -> Result<Analyzed> {
        self.deeper(|analyzer| {
            let table = match item {
                TableRef::Table(range) => analyzer.table(range)?,
                TableRef::TableSample(sample) => analyzer.table_sample(sample)?,
                TableRef::Subselect(subselect) => analyzer.table_subselect(subselect)?,
                TableRef::Function(function) => analyzer.table_function(function)?,
                TableRef::Join(join) => return analyzer.join(join),
            };
            Ok(Analyzed {
                item: FromItem::Table(table.index),
                namespace: vec![table.clone()],
                table,
            })
        })
    }

    /// A table, view or WITH item.
    fn table(&mut self, range: &ast::RangeVar) -> Result<NamespaceItem> {
        if range.schema.is_none()
            && range.catalog.is_none()
            && let Some(item) = self.cte_reference(range)?
        {
            return Ok(item);
        }
        let relation = self.open_relation(range)?;
        let item = self.add_relation(&relation, range)?;
        self.require(item.index, 'r');
        Ok(item)
    }

    /// Notes a privilege that is needed on an entry.
    pub fn require(&mut self, index: usize, privilege: char) {
        let entry = index.checked_sub(1).and_then(|i| self.level.range_table.get_mut(i));
        if let Some(entry) = entry
            && !entry.required.contains(&privilege)
        {
            entry.required.push(privilege);
        }
    }

    fn table_subselect(&mut self, subselect: &ast::RangeSubselect) -> Result<NamespaceItem> {
        self.level.lateral_active = subselect.lateral;
        let query = self.with_kind(ExprKind::FromSubselect, |analyzer| {
            analyzer.subquery(&subselect.subquery)
        });
        self.level.lateral_active = false;
        let name = subselect.alias.as_ref().map_or("unnamed_subquery", |alias| &alias.name);
        self.add_subquery(query?, name, subselect.alias.as_ref(), subselect.lateral)
    }

    fn table_sample(&mut self, sample: &ast::RangeTableSample) -> Result<NamespaceItem> {
        let at = position(sample.location);
        let item = self.table(&sample.relation)?;
        let relation_kind = match self.entry(item.index, 0).map(|entry| &entry.kind) {
            Some(RangeTableKind::Relation { relation, .. }) => self
                .backend
                .catalog()?
                .relation(*relation)
                .map(|relation| relation.kind),
            _ => None,
        };
        if !matches!(
            relation_kind,
            Some(RelationKind::Table | RelationKind::MaterializedView | RelationKind::PartitionedTable)
        ) {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "TABLESAMPLE clause can only be applied to tables and materialized views",
            )
            .at(position(sample.relation.location)));
        }
        let method = sample.method.join(".");
        if !matches!(
            method.as_str(),
            "bernoulli" | "system" | "pg_catalog.bernoulli" | "pg_catalog.system"
        ) {
            return Err(Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!("tablesample method {method} does not exist"),
            )
            .at(at));
        }
        if sample.args.len() != 1 {
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                format!(
                    "tablesample method {method} requires 1 argument, not {}",
                    sample.args.len()
                ),
            )
            .at(at));
        }
        let mut args = Vec::new();
        for arg in &sample.args {
            let arg = self.expression(arg, ExprKind::FromFunction)?;
            args.push(self.coerce_to_specific(arg, Oid::FLOAT4, "TABLESAMPLE")?);
        }
        let repeatable = match &sample.repeatable {
            Some(seed) => {
                let seed = self.expression(seed, ExprKind::FromFunction)?;
                let seed = self.coerce_to_specific(seed, Oid::FLOAT8, "REPEATABLE")?;
                Some(self.coerce_type(seed, Target::implicit(Oid::FLOAT8))?)
            }
            None => None,
        };
        let entry = item
            .index
            .checked_sub(1)
            .and_then(|i| self.level.range_table.get_mut(i));
        if let Some(RangeTableKind::Relation { sample: slot, .. }) = entry.map(|entry| &mut entry.kind) {
            *slot = Some(Arc::new(TableSample {
                method: sample.method.last().map_or("", String::as_str).into(),
                args,
                repeatable,
            }));
        }
        Ok(item)
    }

    /// A WITH item in FROM; `None` if there is none of that name.
    fn cte_reference(&mut self, range: &ast::RangeVar) -> Result<Option<NamespaceItem>> {
        let Some((columns, levels_up, self_reference)) = self.use_cte(range)? else {
            return Ok(None);
        };
        let kind = RangeTableKind::Cte {
            name: range.name.as_str().into(),
            levels_up,
            self_reference,
        };
        let mut entry = new_entry(kind, range.name.as_str().into(), columns);
        entry.alias = range.alias.as_ref().map(alias_node);
        apply_alias(&mut entry, range.alias.as_ref())?;
        Ok(Some(self.add_item(entry, None)))
    }
}

/// `setNamespaceLateralState`.
pub fn set_lateral(namespace: &mut [NamespaceItem], lateral_only: bool, lateral_ok: bool) {
    for item in namespace {
        item.lateral_only = lateral_only;
        item.lateral_ok = lateral_ok;
    }
}

/// Two tables must not go by one name, unless they are of different schemas (`checkNameSpaceConflicts`).
pub fn check_conflicts(ours: &[NamespaceItem], theirs: &[NamespaceItem]) -> Result<()> {
    for a in ours.iter().filter(|item| item.named) {
        for b in theirs.iter().filter(|item| item.named && item.name == a.name) {
            let different = matches!((a.relation, b.relation), (Some(a), Some(b)) if a != b);
            if !different {
                return Err(Error::new(
                    SqlState::DUPLICATE_ALIAS,
                    format!("table name \"{}\" specified more than once", a.name),
                ));
            }
        }
    }
    Ok(())
}
