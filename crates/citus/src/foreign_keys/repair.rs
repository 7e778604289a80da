//! SQL that gets a learner past a refused key: the tables laid out otherwise, or no key at all.
//!
//! A repair ends with making the key, or with the statement that the key stood in the way of.

use kumquat_postgres::system::definition::constraint::constraint_definition;
use kumquat_types::Result;

use super::diagnosis::{Case, Occasion};
use super::refusal::{KeyEnd, Repair, Rule};
use crate::metadata::{DistributedTable, TableType};
use crate::shards::names::quote_identifier;

/// What would make the key legal, the least change first.
pub(super) fn repairs(case: &Case<'_>, rule: Rule) -> Result<Vec<Repair>> {
    let definition = constraint_definition(case.backend, case.constraint.oid, false)?.unwrap_or_default();
    let workshop = Workshop { case, definition };
    if matches!(
        rule,
        Rule::ActionOnDistributionColumn | Rule::SequenceDefault | Rule::ReferenceToLocalAction
    ) {
        return Ok(vec![workshop.without_actions(), workshop.without_key()]);
    }
    let mut repairs = Vec::new();
    repairs.extend(workshop.colocate(rule));
    repairs.push(workshop.make_reference_table());
    repairs.extend(workshop.distribute_by_key());
    repairs.push(workshop.without_key());
    Ok(repairs)
}

struct Workshop<'a> {
    case: &'a Case<'a>,
    /// `FOREIGN KEY (...) REFERENCES ...`
    definition: String,
}

impl Workshop<'_> {
    fn distributing(&self) -> bool {
        self.case.occasion == Occasion::Distributing
    }

    fn repair(&self, title: String, steps: &[String]) -> Repair {
        Repair {
            title,
            sql: steps.join("\n"),
        }
    }

    /// Makes the key.
    fn add(&self, definition: &str) -> String {
        format!(
            "ALTER TABLE {} ADD CONSTRAINT {} {definition};",
            self.case.from.name,
            quote_identifier(&self.case.constraint.name)
        )
    }

    fn drop(&self) -> String {
        format!(
            "ALTER TABLE {} DROP CONSTRAINT {};",
            self.case.from.name,
            quote_identifier(&self.case.constraint.name)
        )
    }

    /// Takes the key out of the way while tables change, and puts it back.
    fn aside(&self, steps: Vec<String>) -> Vec<String> {
        let drop = self.distributing().then(|| self.drop());
        let again = [self.add(&self.definition)];
        drop.into_iter().chain(steps).chain(again).collect()
    }

    /// The statement that the key stood in the way of.
    fn distribute_as_asked(&self) -> String {
        let table = self.case.table;
        let name = literal(&self.case.from.name);
        let catalog = self.case.catalog;
        let column = table
            .column
            .and_then(|column| catalog.relation(table.relation)?.attribute(column));
        match (table.table_type(), column) {
            (TableType::Reference, _) => format!("SELECT create_reference_table({name});"),
            (TableType::CitusLocal, _) => format!("SELECT citus_add_local_table_to_metadata({name});"),
            (_, Some(column)) => {
                format!("SELECT create_distributed_table({name}, {});", literal(&column.name))
            }
            _ => format!("SELECT create_distributed_table({name}, NULL);"),
        }
    }

    fn make_reference_table(&self) -> Repair {
        let to = &self.case.to;
        let reference = format!("SELECT create_reference_table({});", literal(&to.name));
        let is_local = matches!(to.table_type, None | Some(TableType::CitusLocal));
        let steps = match (is_local, self.distributing()) {
            (true, true) => vec![reference, self.distribute_as_asked()],
            (true, false) => vec![reference, self.add(&self.definition)],
            (false, distributing) => {
                let asked = distributing.then(|| self.distribute_as_asked());
                let steps = [undistribute(to), reference].into_iter().chain(asked);
                self.aside(steps.collect())
            }
        };
        self.repair(format!("Make {} a reference table", to.name), &steps)
    }

    /// Moves the table into the group of the other one, where only that is missing.
    fn colocate(&self, rule: Rule) -> Option<Repair> {
        let case = self.case;
        let (here, there) = case.places();
        let fits = rule == Rule::NotColocated && here.is_some() && here == there && !self.distributing();
        let single = |table: &DistributedTable| table.table_type() == TableType::SingleShard;
        if !fits || single(case.table) || case.referenced.is_none_or(single) || !self.same_types(here?) {
            return None;
        }
        let (from, to) = (literal(&case.from.name), literal(&case.to.name));
        let steps = [
            format!("SELECT alter_distributed_table({from}, colocate_with => {to});"),
            self.add(&self.definition),
        ];
        Some(self.repair(format!("Colocate {} with {}", case.from.name, case.to.name), &steps))
    }

    /// Distributes both tables by the first columns of the key that may be distribution columns.
    fn distribute_by_key(&self) -> Option<Repair> {
        let case = self.case;
        let place = (0..case.key.columns.len()).find(|place| self.may_distribute(*place))?;
        let (from_column, to_column) = (case.from.columns.get(place)?, case.to.columns.get(place)?);
        let is_laid_out = |end: &KeyEnd| !matches!(end.table_type, None | Some(TableType::CitusLocal));
        let back_from = (is_laid_out(&case.from) && !self.distributing()).then(|| undistribute(&case.from));
        let back_to = is_laid_out(&case.to).then(|| undistribute(&case.to));
        let (from, to) = (literal(&case.from.name), literal(&case.to.name));
        let steps = back_from.into_iter().chain(back_to).chain([
            format!("SELECT create_distributed_table({to}, {});", literal(to_column)),
            format!(
                "SELECT create_distributed_table({from}, {}, colocate_with => {to});",
                literal(from_column)
            ),
        ]);
        let title = format!("Distribute both by the key: {from_column} and {to_column}");
        Some(self.repair(title, &self.aside(steps.collect())))
    }

    /// The columns at this place of the key are of one type, and in every unique index of their tables.
    fn may_distribute(&self, place: usize) -> bool {
        let (case, catalog) = (self.case, self.case.catalog);
        let in_unique_indexes = |table, columns: &[i16]| {
            let column = columns.get(place).copied();
            let mut indexes = catalog.indexes_of(table).filter_map(|relation| relation.index.as_ref());
            indexes.all(|index| {
                !(index.unique || index.exclusion) || index.columns.iter().any(|key| Some(key.attribute) == column)
            })
        };
        self.same_types(place)
            && in_unique_indexes(case.table.relation, &case.key.columns)
            && in_unique_indexes(case.key.referenced, &case.key.referenced_columns)
            && case.table.relation != case.key.referenced
    }

    fn same_types(&self, place: usize) -> bool {
        let type_of = |table, columns: &[i16]| {
            let column = columns.get(place)?;
            Some(self.case.catalog.relation(table)?.attribute(*column)?.type_oid)
        };
        let here = type_of(self.case.table.relation, &self.case.key.columns);
        here == type_of(self.case.key.referenced, &self.case.key.referenced_columns)
    }

    fn without_actions(&self) -> Repair {
        let end = |word| self.definition.find(word).unwrap_or(self.definition.len());
        let plain = self.definition.get(..end(" ON UPDATE").min(end(" ON DELETE")));
        let add = self.add(plain.unwrap_or(&self.definition));
        let steps = match self.distributing() {
            true => vec![self.drop(), self.distribute_as_asked(), add],
            false => vec![add],
        };
        self.repair("Make the key without the action".into(), &steps)
    }

    /// Nothing then keeps rows from pointing nowhere: a query finds those that do.
    fn without_key(&self) -> Repair {
        let (from, to) = (&self.case.from, &self.case.to);
        let columns = |end: &KeyEnd| {
            let quoted: Vec<String> = end.columns.iter().map(|column| quote_identifier(column)).collect();
            quoted.join(", ")
        };
        if self.distributing() {
            let steps = [self.drop(), self.distribute_as_asked()];
            return self.repair("Drop the key".into(), &steps);
        }
        let (here, there) = (columns(from), columns(to));
        let present: Vec<String> = from
            .columns
            .iter()
            .map(|column| format!("{} IS NOT NULL", quote_identifier(column)))
            .collect();
        let query = format!(
            "SELECT count(*) AS orphans FROM {}\n WHERE {}\n   AND ({here}) NOT IN (SELECT {there} FROM {});",
            from.name,
            present.join(" AND "),
            to.name
        );
        self.repair("Do without the key, and look for orphans yourself".into(), &[query])
    }
}

fn undistribute(end: &KeyEnd) -> String {
    format!("SELECT undistribute_table({});", literal(&end.name))
}

fn literal(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}
