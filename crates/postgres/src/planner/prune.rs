//! Which partitions may hold rows that fulfil the conditions (`prune_append_rel_partitions`).

use std::cmp::Ordering;
use std::sync::Arc;

use kumquat_types::compare::compare;
use kumquat_types::{Datum, Oid, Result, operator_by_oid};

use super::estimate::variable::strip;
use super::level::Level;
use crate::catalog::{PartitionBound, PartitionKey, PartitionStrategy, RangeDatum, Relation, RelationKind};
use crate::commands::partition::rows::admits;
use crate::query::{BoolOp, Expr};

/// The tables below a parent that are to be scanned, itself included where it has rows.
pub fn members(level: &Level<'_, '_, '_>, varno: usize, parent: Oid, conditions: &[Expr]) -> Result<Vec<Oid>> {
    let catalog = level.global.backend.catalog()?;
    let mut found = Vec::new();
    let mut waiting = vec![parent];
    while let Some(oid) = waiting.pop() {
        let Some(relation) = catalog.relation(oid) else {
            continue;
        };
        if relation.kind != RelationKind::PartitionedTable {
            found.push(oid);
        }
        let children: Vec<Arc<Relation>> = catalog.children_of(oid).cloned().collect();
        let kept: Vec<Oid> = match &relation.partition_key {
            // The conditions name the columns as the topmost table has them.
            Some(key) => match columns_in(level, parent, relation, key)? {
                Some(columns) => Partitions {
                    varno,
                    key,
                    columns,
                    children: &children,
                }
                .kept(conditions),
                None => children.iter().map(|child| child.oid).collect(),
            },
            None => children.iter().map(|child| child.oid).collect(),
        };
        waiting.extend(kept.into_iter().rev());
    }
    Ok(found)
}

/// The attributes of the topmost table that the key columns are; `None`: the key is made of expressions.
fn columns_in(
    level: &Level<'_, '_, '_>,
    top: Oid,
    relation: &Relation,
    key: &PartitionKey,
) -> Result<Option<Vec<i16>>> {
    let catalog = level.global.backend.catalog()?;
    let Some(top) = catalog.relation(top) else {
        return Ok(None);
    };
    let column = |column: &crate::catalog::IndexColumn| {
        let name = &relation.attribute(column.attribute)?.name;
        top.attribute_by_name(name).map(|found| found.number)
    };
    Ok(key.columns.iter().map(column).collect())
}

/// One partitioned table.
struct Partitions<'p> {
    varno: usize,
    key: &'p PartitionKey,
    columns: Vec<i16>,
    children: &'p [Arc<Relation>],
}

/// What a condition says of one key column.
enum Demand {
    /// One of these.
    OneOf(Vec<Datum>),
    Compared(&'static str, Datum),
    Null,
    NotNull,
}

impl Partitions<'_> {
    fn kept(&self, conditions: &[Expr]) -> Vec<Oid> {
        let set = self.of_all(conditions);
        let kept = self.children.iter().zip(set).filter(|(_, kept)| *kept);
        kept.map(|(child, _)| child.oid).collect()
    }

    /// By partition: whether it may hold rows for which all conditions hold.
    fn of_all(&self, conditions: &[Expr]) -> Vec<bool> {
        let mut kept = vec![true; self.children.len()];
        for condition in conditions {
            and(&mut kept, &self.of_one(condition));
        }
        if self.columns.len() > 1 || self.key.strategy == PartitionStrategy::Hash {
            and(&mut kept, &self.by_whole_key(conditions));
        } else if self.key.strategy == PartitionStrategy::Range && self.is_covered(conditions) {
            let others: Vec<bool> = self.children.iter().map(|child| !is_default(child)).collect();
            and(&mut kept, &others);
        }
        kept
    }

    fn of_one(&self, condition: &Expr) -> Vec<bool> {
        match condition {
            Expr::Bool(BoolOp::And, args) => self.of_all(args),
            Expr::Bool(BoolOp::Or, args) => {
                let mut kept = vec![false; self.children.len()];
                for arg in args {
                    let part = self.of_one(arg);
                    kept.iter_mut().zip(part).for_each(|(kept, part)| *kept |= part);
                }
                kept
            }
            condition => match self.demand(condition) {
                Some((0, demand)) if self.key.strategy != PartitionStrategy::Hash => self.fitting(&demand),
                _ => vec![true; self.children.len()],
            },
        }
    }

    /// All values between the bounds that conditions set belong to partitions other than the default one.
    fn is_covered(&self, conditions: &[Expr]) -> bool {
        let (mut lower, mut upper): (Option<Datum>, Option<Datum>) = (None, None);
        for condition in conditions {
            match self.demand(condition) {
                Some((0, Demand::Compared(">" | ">=", value)))
                    if lower.as_ref().is_none_or(|l| compare(&value, l).is_gt()) =>
                {
                    lower = Some(value);
                }
                Some((0, Demand::Compared("<", value)))
                    if upper.as_ref().is_none_or(|u| compare(&value, u).is_lt()) =>
                {
                    upper = Some(value);
                }
                _ => {}
            }
        }
        let (Some(mut at), Some(upper)) = (lower, upper) else {
            return false;
        };
        // From one partition to the next, as far as they join.
        for _ in 0..=self.children.len() {
            if compare(&at, &upper).is_ge() {
                return true;
            }
            let next = self
                .children
                .iter()
                .find_map(|child| match child.partition_bound.as_deref() {
                    Some(PartitionBound::Range { from, to }) => {
                        let starts = match from.first()? {
                            RangeDatum::MinValue => true,
                            RangeDatum::Value(from) => compare(from, &at).is_le(),
                            RangeDatum::MaxValue => false,
                        };
                        match to.first()? {
                            RangeDatum::MaxValue if starts => Some(upper.clone()),
                            RangeDatum::Value(to) if starts && compare(to, &at).is_gt() => Some(to.clone()),
                            _ => None,
                        }
                    }
                    _ => None,
                });
            match next {
                Some(next) => at = next,
                None => return false,
            }
        }
        false
    }

    /// Equalities on all key columns name one partition.
    fn by_whole_key(&self, conditions: &[Expr]) -> Vec<bool> {
        let value_of = |column: usize| {
            conditions.iter().find_map(|condition| match self.demand(condition)? {
                (at, Demand::OneOf(mut values)) if at == column && values.len() == 1 => values.pop(),
                (at, Demand::Null) if at == column => Some(Datum::Null),
                _ => None,
            })
        };
        let values: Option<Vec<Datum>> = (0..self.columns.len()).map(value_of).collect();
        match values {
            Some(values) => self.holding(&values),
            None => vec![true; self.children.len()],
        }
    }

    /// The partition that a row with this key belongs to.
    fn holding(&self, values: &[Datum]) -> Vec<bool> {
        let fits = |child: &Arc<Relation>| match child.partition_bound.as_deref() {
            None | Some(PartitionBound::Default) => false,
            Some(bound) => admits(self.key, bound, values),
        };
        let kept: Vec<bool> = self.children.iter().map(fits).collect();
        match kept.contains(&true) {
            true => kept,
            false => self.children.iter().map(is_default).collect(),
        }
    }

    fn fitting(&self, demand: &Demand) -> Vec<bool> {
        if let Demand::OneOf(values) = demand
            && self.columns.len() == 1
        {
            let mut kept = vec![false; self.children.len()];
            for value in values.iter().filter(|value| !value.is_null()) {
                let part = self.holding(std::slice::from_ref(value));
                kept.iter_mut().zip(part).for_each(|(kept, part)| *kept |= part);
            }
            return kept;
        }
        if let (Demand::Null, 1, PartitionStrategy::List) = (demand, self.columns.len(), self.key.strategy) {
            return self.holding(&[Datum::Null]);
        }
        let may_hold = |child: &Arc<Relation>| match child.partition_bound.as_deref() {
            None => true,
            Some(PartitionBound::Default) => true,
            Some(PartitionBound::List(values)) => values.iter().any(|value| demand.holds_for(value)),
            Some(PartitionBound::Range { from, to }) => {
                demand.reaches(from.first(), to.first(), self.columns.len() > 1)
            }
            Some(PartitionBound::Hash { .. }) => true,
        };
        self.children.iter().map(may_hold).collect()
    }

    /// What a condition demands of a key column, by the column's place.
    fn demand(&self, condition: &Expr) -> Option<(usize, Demand)> {
        let place = |expr: &Expr| match strip(expr) {
            Expr::Var(var) if var.varno == self.varno && var.levels_up == 0 => {
                self.columns.iter().position(|column| *column == var.attribute)
            }
            _ => None,
        };
        let constant = |expr: &Expr| match strip(expr) {
            Expr::Const(constant) => Some(constant.value.clone()),
            _ => None,
        };
        match condition {
            Expr::Op(op) => {
                let operator = operator_by_oid(op.operator)?;
                let [left, right] = op.args.as_slice() else { return None };
                let (at, value, name) = match (place(left), place(right)) {
                    (Some(at), None) => (at, constant(right)?, operator.name),
                    (None, Some(at)) => (at, constant(left)?, mirrored(operator.name)),
                    _ => return None,
                };
                match name {
                    "=" => Some((at, Demand::OneOf(vec![value]))),
                    "<" | "<=" | ">" | ">=" => Some((at, Demand::Compared(name, value))),
                    _ => None,
                }
            }
            Expr::ScalarArrayOp {
                operator,
                any: true,
                args,
                ..
            } if operator_by_oid(*operator)?.name == "=" => match constant(&args[1])? {
                Datum::Array(array) => Some((place(&args[0])?, Demand::OneOf(array.values.clone()))),
                _ => None,
            },
            Expr::NullTest {
                arg,
                is_null,
                row_test: false,
            } => {
                let demand = if *is_null { Demand::Null } else { Demand::NotNull };
                Some((place(arg)?, demand))
            }
            Expr::Var(_) => Some((place(condition)?, Demand::OneOf(vec![Datum::Bool(true)]))),
            Expr::Bool(BoolOp::Not, args) => Some((place(args.first()?)?, Demand::OneOf(vec![Datum::Bool(false)]))),
            _ => None,
        }
    }
}

fn and(kept: &mut [bool], also: &[bool]) {
    kept.iter_mut().zip(also).for_each(|(kept, also)| *kept &= also);
}

fn is_default(child: &Arc<Relation>) -> bool {
    matches!(child.partition_bound.as_deref(), Some(PartitionBound::Default))
}

fn mirrored(name: &'static str) -> &'static str {
    match name {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        name => name,
    }
}

impl Demand {
    /// Of a single value.
    fn holds_for(&self, value: &Datum) -> bool {
        match self {
            Demand::Null => value.is_null(),
            _ if value.is_null() => false,
            Demand::NotNull => true,
            Demand::OneOf(values) => values.iter().any(|wanted| compare(wanted, value).is_eq()),
            Demand::Compared(name, wanted) => {
                let order = compare(value, wanted);
                match *name {
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                }
            }
        }
    }

    /// Of some value from a lower bound up to, but not including, an upper one; `closed`: that one, too.
    fn reaches(&self, from: Option<&RangeDatum>, to: Option<&RangeDatum>, closed: bool) -> bool {
        let below_upper = |value: &Datum| match to {
            Some(RangeDatum::Value(upper)) => {
                let order = compare(value, upper);
                order == Ordering::Less || closed && order == Ordering::Equal
            }
            Some(RangeDatum::MinValue) => false,
            _ => true,
        };
        let above_lower = |value: &Datum, strict: bool| match from {
            Some(RangeDatum::Value(lower)) => {
                let order = compare(value, lower);
                order == Ordering::Greater || !strict && order == Ordering::Equal
            }
            Some(RangeDatum::MaxValue) => false,
            _ => true,
        };
        match self {
            Demand::Null => false,
            Demand::NotNull => true,
            Demand::OneOf(values) => values
                .iter()
                .any(|value| below_upper(value) && above_lower(value, false)),
            Demand::Compared("<", value) => above_lower(value, true),
            Demand::Compared("<=", value) => above_lower(value, false),
            Demand::Compared(_, value) => below_upper(value),
        }
    }
}
