//! What a refused key lacks: every condition under which Citus would allow it, met or not.

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Catalog, Constraint, ForeignKey, well_known};
use kumquat_types::{Oid, Result};

use super::refusal::{Condition, ForeignKeyRefusal, KeyEnd, Rule, Way};
use super::{foreign_key, repair, rules};
use crate::metadata::{self, DistributedTable, TableType};
use crate::shards::names::{qualified_name, quote_identifier};

/// What the learner was about when the key was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// `ALTER TABLE ... ADD FOREIGN KEY` on a distributed table.
    MakingTheKey,
    /// The table has the key, and was to be distributed.
    Distributing,
}

/// A refused key, and both tables as Citus looked at them.
pub(super) struct Case<'a> {
    pub backend: &'a Backend<'a>,
    pub catalog: &'a Catalog,
    pub constraint: &'a Constraint,
    pub key: &'a ForeignKey,
    pub table: &'a DistributedTable,
    pub referenced: Option<&'a DistributedTable>,
    pub from: KeyEnd,
    pub to: KeyEnd,
    pub occasion: Occasion,
}

/// The broken rule as data.
pub fn diagnose(
    backend: &Backend<'_>,
    table: &DistributedTable,
    constraint: &Constraint,
    rule: Rule,
    occasion: Occasion,
) -> Result<ForeignKeyRefusal> {
    let (catalog, metadata) = (backend.catalog()?, metadata::of(backend)?);
    let Some(key) = foreign_key(constraint) else {
        return Err(kumquat_types::Error::internal("a refused key is no foreign key"));
    };
    let referenced = match key.referenced == table.relation {
        true => Some(table),
        false => metadata.table(key.referenced),
    };
    let from = end(catalog, table.relation, &key.columns, Some(table.table_type()));
    let to_type = referenced.map(DistributedTable::table_type);
    let to = end(catalog, key.referenced, &key.referenced_columns, to_type);
    let case = Case {
        backend,
        catalog,
        constraint,
        key,
        table,
        referenced,
        from,
        to,
        occasion,
    };
    Ok(ForeignKeyRefusal {
        name: constraint.name.clone(),
        rule: rule.sentence(),
        conditions: case.conditions(),
        repairs: repair::repairs(&case, rule)?,
        from: case.from,
        to: case.to,
    })
}

fn end(catalog: &Catalog, relation: Oid, columns: &[i16], table_type: Option<TableType>) -> KeyEnd {
    let found = catalog.relation(relation);
    let name = match found {
        Some(found) if found.schema == well_known::PUBLIC => quote_identifier(&found.name),
        _ => qualified_name(catalog, relation),
    };
    let columns = columns.iter().filter_map(|column| found?.attribute(*column));
    KeyEnd {
        relation,
        name,
        table_type,
        columns: columns.map(|column| column.name.clone()).collect(),
    }
}

impl Case<'_> {
    fn conditions(&self) -> Vec<Condition> {
        let mut conditions = vec![Condition {
            way: Way::Reference,
            text: "the referenced table is a reference table",
            found: format!("{} is {}", self.to.name, self.kind(self.referenced)),
            met: self.to.table_type == Some(TableType::Reference),
        }];
        conditions.push(self.both_distributed());
        conditions.push(self.colocation());
        conditions.extend(self.types());
        conditions.extend(self.same_place());
        conditions.extend(self.actions());
        conditions
    }

    /// `distributed by user_id`
    fn kind(&self, table: Option<&DistributedTable>) -> String {
        let Some(table) = table else {
            return "a local table".into();
        };
        match table.table_type() {
            TableType::Reference => "a reference table".into(),
            TableType::CitusLocal => "a Citus local table".into(),
            TableType::SingleShard => "a single-shard table".into(),
            _ => format!("distributed by {}", self.column_name(table).unwrap_or_default()),
        }
    }

    fn column_name(&self, table: &DistributedTable) -> Option<String> {
        let column = self.catalog.relation(table.relation)?.attribute(table.column?)?;
        Some(quote_identifier(&column.name))
    }

    fn both_distributed(&self) -> Condition {
        let distributed = |table: Option<&DistributedTable>| table.is_some_and(|t| t.table_type().is_distributed());
        let (here, there) = (distributed(Some(self.table)), distributed(self.referenced));
        let found = match (here, there) {
            (true, true) => "both are".to_string(),
            (false, _) => format!("{} is {}", self.from.name, self.kind(Some(self.table))),
            _ => format!("{} is {}", self.to.name, self.kind(self.referenced)),
        };
        Condition {
            way: Way::Colocated,
            text: "both tables are distributed",
            found,
            met: here && there,
        }
    }

    fn are_colocated(&self) -> bool {
        let there = self.referenced.map_or(0, |referenced| referenced.colocation_id);
        there != 0 && there == self.table.colocation_id && self.both_distributed().met
    }

    fn colocation(&self) -> Condition {
        let there = self.referenced.map_or(0, |referenced| referenced.colocation_id);
        let here = self.table.colocation_id;
        let met = self.are_colocated();
        let found = match (here, there) {
            _ if met => format!("both in group {here}"),
            (0, there) if there != 0 => format!("{} would get a group of its own", self.from.name),
            (here, there) if here != 0 && there != 0 => {
                format!(
                    "{} is in group {here}, {} in group {there}",
                    self.from.name, self.to.name
                )
            }
            _ => format!("{} is in no colocation group", self.to.name),
        };
        Condition {
            way: Way::Colocated,
            text: "both tables are in one colocation group",
            found,
            met,
        }
    }

    /// Where both tables have a distribution column.
    fn types(&self) -> Option<Condition> {
        let type_of = |table: &DistributedTable| {
            let column = self.catalog.relation(table.relation)?.attribute(table.column?)?;
            Some(column.type_oid)
        };
        let (here, there) = (type_of(self.table)?, type_of(self.referenced?)?);
        let found = match here == there {
            true => format!("both {}", self.backend.format_type(here)),
            false => format!(
                "{} and {}",
                self.backend.format_type(here),
                self.backend.format_type(there)
            ),
        };
        Some(Condition {
            way: Way::Colocated,
            text: "their distribution columns have one type",
            found,
            met: here == there,
        })
    }

    /// Places of the distribution columns in the key, from 0.
    pub(super) fn places(&self) -> (Option<usize>, Option<usize>) {
        let place = |columns: &[i16], table: Option<&DistributedTable>| {
            let column = table?.column?;
            columns.iter().position(|number| *number == column)
        };
        (
            place(&self.key.columns, Some(self.table)),
            place(&self.key.referenced_columns, self.referenced),
        )
    }

    /// Where one of the tables has a distribution column.
    fn same_place(&self) -> Option<Condition> {
        let here = self.column_name(self.table);
        let there = self.referenced.and_then(|referenced| self.column_name(referenced));
        here.as_ref().or(there.as_ref())?;
        let places = self.places();
        let missing = |column: &Option<String>, end: &KeyEnd| match column {
            Some(column) => format!("{}.{column} is not in the key", end.name),
            None => format!("{} has no distribution column", end.name),
        };
        let found = match places {
            (Some(here), Some(there)) if here == there => format!("both at place {}", here.saturating_add(1)),
            (Some(here), Some(there)) => {
                format!("places {} and {}", here.saturating_add(1), there.saturating_add(1))
            }
            (None, _) => missing(&here, &self.from),
            _ => missing(&there, &self.to),
        };
        Some(Condition {
            way: Way::Colocated,
            text: "the distribution columns are in the key, at the same place",
            found,
            met: places.0.is_some() && places.0 == places.1,
        })
    }

    /// Where the key has an action.
    fn actions(&self) -> Option<Condition> {
        use kumquat_postgres::catalog::ForeignKeyAction::{Cascade, NoAction, Restrict, SetDefault, SetNull};
        let words = |action| match action {
            NoAction | Restrict => None,
            Cascade => Some("CASCADE"),
            SetNull => Some("SET NULL"),
            SetDefault => Some("SET DEFAULT"),
        };
        let delete = words(self.key.on_delete).map(|words| format!("ON DELETE {words}"));
        let update = words(self.key.on_update).map(|words| format!("ON UPDATE {words}"));
        let found: Vec<String> = delete.into_iter().chain(update).collect();
        let changes = self.places().0.is_some() && rules::check_actions(self.key).is_err();
        let sequence = rules::sets_nextval_default(self.catalog, self.table.relation, self.key);
        (!found.is_empty()).then(|| Condition {
            way: Way::Always,
            text: "no action changes the distribution column or needs a sequence",
            found: found.join(", "),
            met: !changes && !sequence,
        })
    }
}
