//! Rows that are the same for every shard must not be counted once for each: local tables are read first, and so
//! are distributed tables on the inner side of an outer join with such rows.

use std::sync::Arc;

use kumquat_postgres::query::{Alias, Expr, FromItem, JoinKind, Query, RangeTableEntry, RangeTableKind};
use kumquat_types::{Oid, Result, Severity};

use super::Planner;
use super::result::fill_dropped;
use crate::metadata::TableType;
use crate::planner::analysis::entries_of;
use crate::planner::outer_join;
use crate::planner::rewrite::{self, refers_outside};

impl Planner {
    /// Local tables that are joined with distributed ones are read first.
    pub(super) fn local_tables(&mut self, query: &mut Query) -> Result<()> {
        let is_read = self.reads_distributed(query)
            || self.modifies_reference_table(query)
            || (self.has_distributed(query) && query.from.len() > 1);
        if !is_read || !self.reads_local_tables_first {
            return Ok(());
        }
        let target = query.result_relation;
        for index in 0..query.range_table.len() {
            let Some(entry) = query.range_table.get(index) else {
                continue;
            };
            let RangeTableKind::Relation { relation, .. } = entry.kind else {
                continue;
            };
            if !self.is_local(relation) || target == Some(index + 1) {
                continue;
            }
            self.read_first(query, index);
        }
        Ok(())
    }

    /// Every node changes its own copy.
    pub(super) fn modifies_reference_table(&self, query: &Query) -> bool {
        let target = crate::planner::modify::target_relation(query);
        target.and_then(|relation| self.table_type(relation)) == Some(TableType::Reference)
    }

    /// Makes a subplan of a table of the range table.
    pub(super) fn read_first(&mut self, query: &mut Query, index: usize) {
        let Some(entry) = query.range_table.get(index).cloned() else {
            return;
        };
        let name = entry.name.clone();
        let mut inner = entry.clone();
        inner.alias = entry.alias.clone();
        let mut whole = rewrite::select_all(inner);
        fill_dropped(&mut whole, &entry);
        let shown = shown_name(&entry);
        self.tell(Severity::Debug1, format!("Wrapping relation {shown} to a subquery"));
        let replaced = self.add(&Arc::new(whole));
        if let Some(entry) = query.range_table.get_mut(index) {
            entry.kind = RangeTableKind::Subquery {
                query: replaced,
                view: Oid::INVALID,
            };
            entry.name = name.clone();
            entry.alias = Some(Alias {
                name,
                columns: Vec::new(),
            });
            entry.required = Vec::new();
        }
    }

    /// `reference LEFT JOIN distributed`: rows of the outer side would come once from each shard, so the
    /// distributed side is read first. A join that is read so may be the recurring side of the next.
    pub(super) fn recurring_outer_joins(&mut self, query: &mut Query) -> Result<()> {
        loop {
            let mut sides = Vec::new();
            for item in &query.from {
                let is_pushed =
                    |join| self.pushes_outer_joins && outer_join::pushed(query, join, &self.metadata).is_some();
                match item {
                    FromItem::Join(join) if is_pushed(join) => {}
                    _ => self.find_recurring(query, item, &mut sides),
                }
            }
            sides.retain(|side| {
                side.entries
                    .iter()
                    .filter_map(|index| query.entry(*index))
                    .any(|entry| self.can_be_read_first(entry))
            });
            if sides.is_empty() {
                return Ok(());
            }
            for side in sides {
                self.tell(Severity::Debug1, side.reason());
                for index in side.entries {
                    if query.entry(index).is_some_and(|entry| self.can_be_read_first(entry)) {
                        self.read_side_first(query, index);
                    }
                }
            }
        }
    }

    fn can_be_read_first(&self, entry: &RangeTableEntry) -> bool {
        let refers = matches!(&entry.kind, RangeTableKind::Subquery { query, .. } if refers_outside(query, 0));
        self.entry_has_distributed(entry) && !refers
    }

    fn read_side_first(&mut self, query: &mut Query, index: usize) {
        let replaced = match query.entry(index).map(|entry| (entry, &entry.kind)) {
            Some((entry, RangeTableKind::Relation { .. })) => {
                let message = format!(
                    "recursively planning distributed relation {} since it is part of a distributed join node that is \
                     outer joined with a recurring rel",
                    shown_name(entry)
                );
                self.tell(Severity::Debug1, message);
                return self.read_first(query, index.saturating_sub(1));
            }
            Some((_, RangeTableKind::Subquery { query: subquery, view })) => {
                self.tell(
                    Severity::Debug1,
                    "recursively planning the distributed subquery since it is part of a distributed join node that is \
                     outer joined with a recurring rel",
                );
                RangeTableKind::Subquery {
                    query: self.add(subquery),
                    view: *view,
                }
            }
            _ => return,
        };
        if let Some(entry) = query.range_table.get_mut(index.saturating_sub(1)) {
            entry.kind = replaced;
        }
    }

    fn find_recurring(&self, query: &Query, item: &FromItem, found: &mut Vec<RecurringSide>) {
        let FromItem::Join(join) = item else { return };
        self.find_recurring(query, &join.left, found);
        self.find_recurring(query, &join.right, found);
        let distributed = |item: &FromItem| {
            entries_of(item)
                .iter()
                .filter_map(|index| query.entry(*index))
                .any(|entry| self.entry_has_distributed(entry))
        };
        let (left, right) = (distributed(&join.left), distributed(&join.right));
        let is_left = match join.kind {
            JoinKind::Left if !left && right => false,
            JoinKind::Right if left && !right => true,
            JoinKind::Full if left != right => left,
            _ => return,
        };
        found.push(RecurringSide {
            entries: entries_of(if is_left { &join.left } else { &join.right }),
            is_left,
            kind: join.kind,
        });
    }

    /// Without a distributed table in FROM the query runs in one place, where sublinks find no shards.
    pub(super) fn sublinks_of_recurring(&mut self, query: &mut Query) -> Result<()> {
        query.for_each_expr_mut(&mut |expr| {
            expr.transform(&mut |part| {
                if let Expr::SubLink(link) = part
                    && self.has_distributed(&link.query)
                    && !refers_outside(&link.query, 0)
                {
                    link.query = self.add(&link.query);
                }
            });
        });
        Ok(())
    }
}

/// The distributed side of an outer join whose other side recurs.
struct RecurringSide {
    entries: Vec<usize>,
    is_left: bool,
    kind: JoinKind,
}

impl RecurringSide {
    fn reason(&self) -> String {
        let side = if self.is_left { "left" } else { "right" };
        let (join, other) = match self.kind {
            JoinKind::Full => ("full", "other"),
            JoinKind::Right => ("right", "outer"),
            _ => ("left", "outer"),
        };
        format!("recursively planning {side} side of the {join} join since the {other} side is a recurring rel")
    }
}

/// The name of a table in messages, with its alias (`GetRelationNameAndAliasName`).
fn shown_name(entry: &RangeTableEntry) -> String {
    match &entry.alias {
        Some(alias) => format!("\"{}\" \"{}\"", entry.name, alias.name),
        None => format!("\"{}\"", entry.name),
    }
}
