//! Equivalence classes: expressions that are equal in all rows that come out in the end (`equivclass.c`).
//!
//! ```text
//! WHERE a.x = b.x AND b.x = 7      one class: a.x, b.x, 7
//!                                  so: a.x = 7, b.x = 7, and nothing to compare in the join
//! ORDER BY a.y                     one class: a.y, which sort orders name by its number
//! ```

use kumquat_types::{Oid, Volatility, operators};

use super::clause::relations_of;
use super::estimate::family;
use super::path::RelSet;
use crate::query::{Expr, OpExpr};

#[derive(Clone, Debug)]
pub struct Member {
    pub expr: Expr,
    pub relations: RelSet,
    /// Tables in it whose rows an outer join below may have replaced by NULLs.
    pub nullable: RelSet,
    pub is_const: bool,
    pub type_oid: Oid,
}

#[derive(Clone, Debug, Default)]
pub struct Class {
    pub members: Vec<Member>,
    /// The conditions it was made from; none for classes of sort keys.
    pub sources: Vec<Expr>,
    /// Members over children of tables: not for joins, only to know orders by.
    children: Vec<Expr>,
    pub relations: RelSet,
    pub has_const: bool,
    /// Members are under an outer join: a constant holds there only.
    pub below_outer_join: bool,
    /// Another class has taken it in.
    pub merged: Option<usize>,
    /// Comparisons that have been made from it: outer member, inner member.
    derived: Vec<(usize, usize, Expr)>,
}

#[derive(Clone, Debug, Default)]
pub struct Classes {
    classes: Vec<Class>,
}

impl Classes {
    /// The number of the class that a class has become part of.
    pub fn canonical(&self, class: usize) -> usize {
        let mut at = class;
        while let Some(next) = self.classes.get(at).and_then(|class| class.merged) {
            at = next;
        }
        at
    }

    pub fn get(&self, class: usize) -> Option<&Class> {
        self.classes.get(self.canonical(class))
    }

    /// Classes that are not part of others, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Class)> {
        self.classes
            .iter()
            .enumerate()
            .filter(|(_, class)| class.merged.is_none())
    }

    fn find(&self, expr: &Expr, nullable: RelSet, is_below_outer: bool) -> Option<(usize, usize)> {
        self.iter().find_map(|(number, class)| {
            let at = class.members.iter().position(|member| {
                member.nullable == nullable
                    && !(is_below_outer && member.is_const)
                    && family(member.type_oid) == family(expr.type_oid())
                    && member.expr.same_as(expr)
            });
            at.map(|at| (number, at))
        })
    }

    /// Takes `left = right` in (`process_equivalence`); false if it must stay an ordinary condition.
    pub fn add_equality(
        &mut self,
        condition: &Expr,
        left: &Expr,
        right: &Expr,
        nullable: RelSet,
        below_outer_join: bool,
    ) -> bool {
        if left.same_as(right) || family(left.type_oid()) != family(right.type_oid()) {
            return false;
        }
        let (left_nullable, right_nullable) = (
            relations_of(left).intersect(nullable),
            relations_of(right).intersect(nullable),
        );
        let first = self.find(left, left_nullable, below_outer_join);
        let second = self.find(right, right_nullable, below_outer_join);
        let number = match (first, second) {
            (Some((first, _)), Some((second, _))) if first == second => first,
            (Some((first, _)), Some((second, _))) => {
                self.merge(first, second);
                first
            }
            (Some((number, _)), None) => {
                self.add_member(number, right, right_nullable);
                number
            }
            (None, Some((number, _))) => {
                self.add_member(number, left, left_nullable);
                number
            }
            (None, None) => {
                self.classes.push(Class::default());
                let number = self.classes.len() - 1;
                self.add_member(number, left, left_nullable);
                self.add_member(number, right, right_nullable);
                number
            }
        };
        if let Some(class) = self.classes.get_mut(number) {
            class.sources.push(condition.clone());
            class.below_outer_join |= below_outer_join;
        }
        true
    }

    fn add_member(&mut self, class: usize, expr: &Expr, nullable: RelSet) {
        let relations = relations_of(expr);
        let Some(class) = self.classes.get_mut(class) else {
            return;
        };
        let is_const = relations.is_empty() && !differs_by_row(expr);
        class.has_const |= is_const;
        class.relations = class.relations.union(relations);
        class.members.push(Member {
            type_oid: expr.type_oid(),
            expr: expr.clone(),
            relations,
            nullable,
            is_const,
        });
    }

    fn merge(&mut self, into: usize, from: usize) {
        let Some(taken) = self.classes.get_mut(from).map(|class| {
            let merged = Class {
                merged: Some(into),
                ..Class::default()
            };
            std::mem::replace(class, merged)
        }) else {
            return;
        };
        if let Some(class) = self.classes.get_mut(into) {
            class.members.extend(taken.members);
            class.sources.extend(taken.sources);
            class.relations = class.relations.union(taken.relations);
            class.has_const |= taken.has_const;
            class.below_outer_join |= taken.below_outer_join;
            class.derived.clear();
        }
    }

    /// The class of a sort key; a new one if there is none (`get_eclass_for_sort_expr`).
    pub fn of_sort_key(&mut self, expr: &Expr, nullable: RelSet) -> usize {
        let nullable = relations_of(expr).intersect(nullable);
        if let Some((number, _)) = self.find(expr, nullable, false) {
            return number;
        }
        self.classes.push(Class::default());
        let number = self.classes.len() - 1;
        self.add_member(number, expr, nullable);
        number
    }

    /// The class of an expression, if it is in one.
    pub fn of(&self, expr: &Expr) -> Option<usize> {
        self.iter()
            .find(|(_, class)| class.contains(expr))
            .map(|(number, _)| number)
    }

    /// Adds what members are over a child of their table.
    pub fn add_children(&mut self, translate: impl Fn(&Expr) -> Option<Expr>) {
        for class in &mut self.classes {
            let translated: Vec<Expr> = class
                .members
                .iter()
                .filter_map(|member| translate(&member.expr))
                .collect();
            class.children.extend(translated);
        }
    }

    /// `left = right` of two members; the same comparison is given again if it was asked for before.
    pub fn comparison(&mut self, class: usize, left: usize, right: usize) -> Option<Expr> {
        let class = self.canonical(class);
        let class = self.classes.get_mut(class)?;
        if let Some((_, _, known)) = class.derived.iter().find(|(l, r, _)| (*l, *r) == (left, right)) {
            return Some(known.clone());
        }
        let (first, second) = (class.members.get(left)?, class.members.get(right)?);
        let as_written = class.sources.iter().find(|source| match source {
            Expr::Op(op) => match op.args.as_slice() {
                [l, r] => l.same_as(&first.expr) && r.same_as(&second.expr),
                _ => false,
            },
            _ => false,
        });
        let expr = match as_written {
            Some(source) => source.clone(),
            None => equality(&first.expr, &second.expr)?,
        };
        class.derived.push((left, right, expr.clone()));
        Some(expr)
    }
}

impl Class {
    fn contains(&self, expr: &Expr) -> bool {
        self.members.iter().any(|member| member.expr.same_as(expr))
            || self.children.iter().any(|child| child.same_as(expr))
    }

    /// Members and what they are over children of their tables.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let members = self.members.iter().filter(|member| !member.is_const);
        members.map(|member| &member.expr).chain(&self.children)
    }
}

/// Without columns, but not the same in all rows.
fn differs_by_row(expr: &Expr) -> bool {
    expr.any(&mut |part| match part {
        Expr::Aggref(_) | Expr::WindowFunc(_) | Expr::Grouping { .. } | Expr::SubPlan(_) => true,
        Expr::Func(call) => {
            let known = kumquat_types::proc_by_oid(call.function);
            call.returns_set || known.is_none_or(|proc| proc.volatility == Volatility::Volatile)
        }
        _ => false,
    })
}

/// `left = right` by the operator for their types.
pub fn equality(left: &Expr, right: &Expr) -> Option<Expr> {
    let (left_type, right_type) = (operand_type(left.type_oid()), operand_type(right.type_oid()));
    let exact = operators("=")
        .iter()
        .find(|op| op.left == left_type && op.right == right_type);
    let general = || {
        let polymorphic = general_type(left_type)?;
        operators("=")
            .iter()
            .find(|op| op.left == polymorphic && op.right == polymorphic)
    };
    let operator = exact.or_else(general)?;
    Some(Expr::Op(Box::new(OpExpr {
        operator: operator.oid,
        result: Oid::BOOL,
        args: vec![left.clone(), right.clone()],
        location: None,
    })))
}

fn operand_type(type_oid: Oid) -> Oid {
    match type_oid {
        Oid::VARCHAR => Oid::TEXT,
        other => other,
    }
}

/// The pseudo-type under which arrays, enums, ranges and rows are compared.
fn general_type(type_oid: Oid) -> Option<Oid> {
    use kumquat_types::{TypeKind, builtin_type};
    match builtin_type(type_oid) {
        Some(known) if known.element.is_valid() => Some(Oid::ANYARRAY),
        Some(known) if known.kind == TypeKind::Range => Some(Oid::ANYRANGE),
        Some(_) => None,
        None => Some(Oid::ANYENUM),
    }
}
