//! Which partition a row belongs to.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use kumquat_types::{Chunk, Column, Datum, Error, Oid, Result, SqlState, io};

use crate::backend::Backend;
use crate::catalog::{PartitionBound, PartitionKey, Relation, RelationKind};
use crate::commands::attribute_map::AttributeMap;
use crate::commands::partition::rows::{admits, key_expressions};
use crate::executor::context::Context;
use crate::executor::expr::Compiled;
use crate::executor::expr::compile::compile_all;
use crate::executor::indexing::table_layout;

/// Routes rows of a partitioned table to its leaves.
#[derive(Default)]
pub struct Router {
    levels: BTreeMap<Oid, Level>,
    conversions: BTreeMap<(Oid, Oid), Option<Vec<Option<usize>>>>,
}

/// One partitioned table with its partitions.
struct Level {
    relation: Arc<Relation>,
    key: Arc<PartitionKey>,
    values: Vec<Compiled>,
    partitions: Vec<Arc<Relation>>,
}

impl Level {
    fn new(backend: &Backend<'_>, oid: Oid) -> Result<Level> {
        let catalog = backend.catalog()?;
        let relation = catalog.relation(oid).cloned();
        let relation = relation.ok_or_else(|| Error::internal("a partitioned table is gone"))?;
        let key = relation.partition_key.clone();
        let key = key.ok_or_else(|| Error::internal("a table without partition key has partitions"))?;
        Ok(Level {
            values: compile_all(
                backend,
                &key_expressions(&relation, &relation),
                &table_layout(&relation),
            )?,
            partitions: catalog.children_of(oid).cloned().collect(),
            relation,
            key,
        })
    }

    fn find(&self, values: &[Datum]) -> Option<&Arc<Relation>> {
        let bound = |partition: &&Arc<Relation>| partition.partition_bound.clone();
        let is_default =
            |partition: &&Arc<Relation>| matches!(bound(partition).as_deref(), Some(PartitionBound::Default));
        let fits = |partition: &&Arc<Relation>| {
            !is_default(partition) && bound(partition).is_some_and(|bound| admits(&self.key, &bound, values))
        };
        self.partitions
            .iter()
            .find(fits)
            .or_else(|| self.partitions.iter().find(is_default))
    }

    fn no_partition(&self, backend: &Backend<'_>, values: &[Datum]) -> Error {
        let column = |column: &crate::catalog::IndexColumn| match &column.expression {
            Some(expression) => crate::ruleutils::deparse_expression(backend, expression, Some(&self.relation), false)
                .unwrap_or_default(),
            None => self
                .relation
                .attribute(column.attribute)
                .map(|a| a.name.to_string())
                .unwrap_or_default(),
        };
        let names: Vec<String> = self.key.columns.iter().map(column).collect();
        let text = |(value, &type_oid): (&Datum, &Oid)| match value {
            Datum::Null => "null".to_string(),
            value => io::output(backend, type_oid, value).into_owned(),
        };
        let texts: Vec<String> = values.iter().zip(&self.key.types).map(text).collect();
        let message = format!("no partition of relation \"{}\" found for row", self.relation.name);
        Error::new(SqlState::CHECK_VIOLATION, message).detail(format!(
            "Partition key of the failing row contains ({}) = ({}).",
            names.join(", "),
            texts.join(", ")
        ))
    }
}

impl Router {
    /// The leaf of each row, which has the columns of `root`.
    pub fn route(&mut self, ctx: &mut Context<'_, '_>, root: Oid, rows: &Chunk) -> Result<Vec<Oid>> {
        let mut leaves = vec![root; rows.rows];
        self.route_level(ctx, root, rows, &(0..rows.rows).collect::<Vec<_>>(), &mut leaves)?;
        Ok(leaves)
    }

    fn route_level(
        &mut self,
        ctx: &mut Context<'_, '_>,
        parent: Oid,
        rows: &Chunk,
        places: &[usize],
        leaves: &mut [Oid],
    ) -> Result<()> {
        if let Entry::Vacant(vacant) = self.levels.entry(parent) {
            vacant.insert(Level::new(ctx.backend, parent)?);
        }
        let mut below: BTreeMap<Oid, Vec<usize>> = BTreeMap::new();
        if let Some(level) = self.levels.get_mut(&parent) {
            let columns: Result<Vec<Arc<Column>>> = level.values.iter_mut().map(|v| v.eval(ctx, rows, None)).collect();
            let columns = columns?;
            for (row, &place) in places.iter().enumerate() {
                let values: Vec<Datum> = columns.iter().map(|column| column.get(row)).collect();
                let Some(partition) = level.find(&values) else {
                    return Err(level.no_partition(ctx.backend, &values));
                };
                if let Some(leaf) = leaves.get_mut(place) {
                    *leaf = partition.oid;
                }
                if partition.kind == RelationKind::PartitionedTable {
                    below.entry(partition.oid).or_default().push(row);
                }
            }
        }
        for (partition, members) in below {
            let picked: Vec<u32> = members.iter().filter_map(|&row| u32::try_from(row).ok()).collect();
            let converted = self.convert(ctx, parent, partition, &rows.take(&picked))?;
            let members: Vec<usize> = members.iter().filter_map(|&row| places.get(row).copied()).collect();
            self.route_level(ctx, partition, &converted, &members, leaves)?;
        }
        Ok(())
    }

    /// Rows of one table with the columns of another of the same partition tree.
    pub fn convert(&mut self, ctx: &Context<'_, '_>, from: Oid, to: Oid, rows: &Chunk) -> Result<Chunk> {
        if from == to {
            return Ok(rows.clone());
        }
        if let Entry::Vacant(vacant) = self.conversions.entry((from, to)) {
            vacant.insert(conversion(ctx, from, to)?);
        }
        let Some(Some(places)) = self.conversions.get(&(from, to)) else {
            return Ok(rows.clone());
        };
        let types = super::super::scan::relation(ctx, to)?;
        let column = |(place, attribute): (&Option<usize>, &crate::catalog::Attribute)| {
            let given = place.and_then(|place| rows.columns.get(place).cloned());
            given.unwrap_or_else(|| Arc::new(Column::nulls(attribute.type_oid, rows.rows)))
        };
        Ok(Chunk::new(
            places.iter().zip(types.attributes.iter()).map(column).collect(),
            rows.rows,
        ))
    }
}

/// For each column of a table its place in another; `None`: all are in the same place.
fn conversion(ctx: &Context<'_, '_>, from: Oid, to: Oid) -> Result<Option<Vec<Option<usize>>>> {
    let (from, to) = (
        super::super::scan::relation(ctx, from)?,
        super::super::scan::relation(ctx, to)?,
    );
    let map = AttributeMap::by_name(&to, &from);
    let place = |attribute: &crate::catalog::Attribute| {
        map.get(attribute.number)
            .and_then(|number| usize::try_from(number - 1).ok())
    };
    let places: Vec<Option<usize>> = to.attributes.iter().map(place).collect();
    let same = from.attributes.len() == to.attributes.len()
        && places
            .iter()
            .enumerate()
            .all(|(at, place)| place.is_none_or(|place| place == at))
        && to
            .attributes
            .iter()
            .zip(from.attributes.iter())
            .all(|(a, b)| a.dropped == b.dropped);
    Ok((!same).then_some(places))
}
