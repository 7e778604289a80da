//! Range-table entries: tables, WITH items, subqueries and VALUES, with their columns and aliases.

use std::sync::Arc;

use kumquat_sql::ast;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::columns::shared_names;
use super::location::position;
use super::state::{Analyzer, NamespaceItem, shared};
use crate::catalog::namespace::range_var_name;
use crate::catalog::{Name, Relation, RelationKind};
use crate::query::{Alias, Expr, Query, RangeTableEntry, RangeTableKind, RteColumn};

impl Analyzer<'_, '_> {
    /// The relation a FROM item names, which must be one that has rows (`parserOpenTable`).
    pub fn open_relation(&self, range: &ast::RangeVar) -> Result<Arc<Relation>> {
        let at = position(range.location);
        let Some(relation) = self.backend.find_relation(range).map_err(|error| error.at(at))? else {
            let error = Error::new(
                SqlState::UNDEFINED_TABLE,
                format!("relation \"{}\" does not exist", range_var_name(range)),
            )
            .at(at);
            if range.schema.is_none() && self.is_future_cte(&range.name) {
                return Err(error
                    .detail(format!(
                        "There is a WITH item named \"{}\", but it cannot be referenced from this part of the query.",
                        range.name
                    ))
                    .hint("Use WITH RECURSIVE, or re-order the WITH items to remove forward references."));
            }
            return Err(error);
        };
        let kinds = match relation.kind {
            RelationKind::Index | RelationKind::PartitionedIndex => "indexes",
            RelationKind::CompositeType => "composite types",
            _ => return Ok(relation),
        };
        let kinds = match relation.kind {
            RelationKind::PartitionedIndex => "partitioned indexes",
            _ => kinds,
        };
        Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("cannot open relation \"{}\"", relation.name),
        )
        .detail(format!("This operation is not supported for {kinds}."))
        .at(at))
    }

    /// Adds a table to the range table and gives the way to name it.
    pub fn add_relation(&mut self, relation: &Relation, range: &ast::RangeVar) -> Result<NamespaceItem> {
        let columns = relation.attributes.iter().map(|attribute| RteColumn {
            name: if attribute.dropped {
                "".into()
            } else {
                attribute.name.clone()
            },
            type_oid: attribute.type_oid,
            type_modifier: attribute.type_modifier,
            collation: attribute.collation,
        });
        let kind = RangeTableKind::Relation {
            relation: relation.oid,
            inherit: range.inherit,
            sample: None,
        };
        let mut entry = new_entry(kind, shared(&range.name), columns.collect());
        entry.alias = range.alias.as_ref().map(alias_node);
        apply_alias(&mut entry, range.alias.as_ref())?;
        Ok(self.add_item(entry, range.alias.is_none().then_some(relation.oid)))
    }

    /// Adds an entry; its item is visible in every way.
    pub fn add_item(&mut self, entry: RangeTableEntry, relation: Option<Oid>) -> NamespaceItem {
        let index = self.level.range_table.len() + 1;
        let item = NamespaceItem::visible(index, &entry, relation);
        self.add_entry(entry);
        item
    }

    /// Adds a subquery.
    pub fn add_subquery(
        &mut self,
        query: Query,
        name: &str,
        alias: Option<&ast::Alias>,
        lateral: bool,
    ) -> Result<NamespaceItem> {
        let columns = output_columns(&query);
        let kind = RangeTableKind::Subquery {
            query: Arc::new(query),
            view: Oid::INVALID,
        };
        let mut entry = new_entry(kind, shared(name), columns);
        entry.alias = alias.map(alias_node);
        entry.lateral = lateral;
        apply_alias(&mut entry, alias)?;
        Ok(self.add_item(entry, None))
    }

    /// Adds lists of values.
    pub fn add_values(&mut self, rows: Vec<Vec<Expr>>, columns: Vec<(Oid, i32)>, lateral: bool) -> NamespaceItem {
        let columns = columns
            .into_iter()
            .zip(1..)
            .map(|((type_oid, type_modifier), n)| RteColumn {
                name: format!("column{n}").into(),
                type_oid,
                type_modifier,
                collation: Oid::INVALID,
            });
        let kind = RangeTableKind::Values { rows: Arc::new(rows) };
        let mut entry = new_entry(kind, "*VALUES*".into(), columns.collect());
        entry.lateral = lateral;
        self.add_item(entry, None)
    }
}

/// The columns that a subquery gives.
pub fn output_columns(query: &Query) -> Vec<RteColumn> {
    query
        .output_columns()
        .map(|target| RteColumn {
            name: target.name.clone(),
            type_oid: target.expr.type_oid(),
            type_modifier: target.expr.type_modifier(),
            collation: Oid::INVALID,
        })
        .collect()
}

/// An entry without alias and privileges.
pub fn new_entry(kind: RangeTableKind, name: Name, columns: Vec<RteColumn>) -> RangeTableEntry {
    RangeTableEntry {
        kind,
        alias: None,
        name,
        columns,
        lateral: false,
        in_from: true,
        check_as: Oid::INVALID,
        required: Vec::new(),
        selected: Vec::new(),
        inserted: Vec::new(),
        updated: Vec::new(),
        security_quals: Vec::new(),
    }
}

pub fn alias_node(alias: &ast::Alias) -> Alias {
    Alias {
        name: shared(&alias.name),
        columns: shared_names(&alias.columns),
    }
}

/// Gives an entry the names of its alias; column names go to the columns that are not dropped.
pub fn apply_alias(entry: &mut RangeTableEntry, alias: Option<&ast::Alias>) -> Result<()> {
    let Some(alias) = alias else { return Ok(()) };
    entry.name = shared(&alias.name);
    let live = entry.columns.iter().filter(|column| !column.name.is_empty()).count();
    if alias.columns.len() > live {
        return Err(Error::new(
            SqlState::INVALID_COLUMN_REFERENCE,
            format!(
                "table \"{}\" has {live} columns available but {} columns specified",
                alias.name,
                alias.columns.len()
            ),
        ));
    }
    let columns = entry.columns.iter_mut().filter(|column| !column.name.is_empty());
    for (column, name) in columns.zip(&alias.columns) {
        column.name = shared(name);
    }
    Ok(())
}
