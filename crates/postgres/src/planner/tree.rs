//! FROM and WHERE as one tree, whose conditions stand where they hold.

use crate::query::{Expr, FromItem, JoinKind, Query};

use super::vars::conjuncts;

/// A part of FROM.
#[derive(Clone, Debug)]
pub enum JoinTree {
    /// Range-table index.
    Table(usize),
    /// All of these, under conditions.
    From(Vec<JoinTree>, Vec<Expr>),
    Join {
        kind: JoinKind,
        left: Box<JoinTree>,
        right: Box<JoinTree>,
        quals: Vec<Expr>,
    },
}

impl JoinTree {
    /// Takes FROM and WHERE out of a query.
    pub fn take(query: &mut Query) -> JoinTree {
        let items = std::mem::take(&mut query.from)
            .into_iter()
            .map(JoinTree::of_item)
            .collect();
        let quals = query.quals.take().map(conjuncts).unwrap_or_default();
        JoinTree::From(items, quals)
    }

    fn of_item(item: FromItem) -> JoinTree {
        match item {
            FromItem::Table(index) => JoinTree::Table(index),
            FromItem::Join(join) => JoinTree::Join {
                kind: join.kind,
                left: Box::new(JoinTree::of_item(join.left)),
                right: Box::new(JoinTree::of_item(join.right)),
                quals: join.quals.map(conjuncts).unwrap_or_default(),
            },
        }
    }

    /// Range-table indexes of its tables, in order.
    pub fn tables(&self) -> Vec<usize> {
        match self {
            JoinTree::Table(index) => vec![*index],
            JoinTree::From(items, _) => items.iter().flat_map(JoinTree::tables).collect(),
            JoinTree::Join { left, right, .. } => {
                let mut tables = left.tables();
                tables.extend(right.tables());
                tables
            }
        }
    }

    /// Calls `f` on each condition.
    pub fn for_each_qual<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        match self {
            JoinTree::Table(_) => {}
            JoinTree::From(items, quals) => {
                items.iter().for_each(|item| item.for_each_qual(f));
                quals.iter().for_each(f);
            }
            JoinTree::Join { left, right, quals, .. } => {
                left.for_each_qual(f);
                right.for_each_qual(f);
                quals.iter().for_each(f);
            }
        }
    }

    pub fn for_each_qual_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        match self {
            JoinTree::Table(_) => {}
            JoinTree::From(items, quals) => {
                items.iter_mut().for_each(|item| item.for_each_qual_mut(f));
                quals.iter_mut().for_each(f);
            }
            JoinTree::Join { left, right, quals, .. } => {
                left.for_each_qual_mut(f);
                right.for_each_qual_mut(f);
                quals.iter_mut().for_each(f);
            }
        }
    }

    /// Takes out all conditions down to the first joins that are not inner ones.
    pub fn take_inner_quals(&mut self) -> Vec<Expr> {
        match self {
            JoinTree::Table(_) => Vec::new(),
            JoinTree::From(items, quals) => {
                let mut taken = std::mem::take(quals);
                taken.extend(items.iter_mut().flat_map(JoinTree::take_inner_quals));
                taken
            }
            JoinTree::Join {
                kind: JoinKind::Inner,
                left,
                right,
                quals,
            } => {
                let mut taken = std::mem::take(quals);
                taken.extend(left.take_inner_quals());
                taken.extend(right.take_inner_quals());
                taken
            }
            JoinTree::Join { .. } => Vec::new(),
        }
    }

    /// Adds conditions that all rows must fulfil.
    pub fn add_quals(&mut self, more: Vec<Expr>) {
        match self {
            JoinTree::From(_, quals) => quals.extend(more),
            tree => {
                let whole = std::mem::replace(tree, JoinTree::From(Vec::new(), Vec::new()));
                *tree = JoinTree::From(vec![whole], more);
            }
        }
    }

    /// Puts another tree in the place of a table.
    pub fn replace_table(&mut self, index: usize, with: &mut Option<JoinTree>) {
        match self {
            JoinTree::Table(at) if *at == index => {
                if let Some(tree) = with.take() {
                    *self = tree;
                }
            }
            JoinTree::Table(_) => {}
            JoinTree::From(items, quals) => {
                items.iter_mut().for_each(|item| item.replace_table(index, with));
                // A list inside a list is one list: its tables may be joined in any order with the others. Its
                // conditions come first.
                let mut below = Vec::new();
                for item in std::mem::take(items) {
                    match item {
                        JoinTree::From(inner, more) => {
                            items.extend(inner);
                            below.extend(more);
                        }
                        item => items.push(item),
                    }
                }
                quals.splice(0..0, below);
            }
            JoinTree::Join { left, right, .. } => {
                left.replace_table(index, with);
                right.replace_table(index, with);
            }
        }
    }

    /// Whether rows of a table may be replaced by NULLs; `None`: it is not here.
    pub fn is_nullable(&self, index: usize) -> Option<bool> {
        self.nullability(index, false)
    }

    fn nullability(&self, index: usize, nullable: bool) -> Option<bool> {
        match self {
            JoinTree::Table(at) => (*at == index).then_some(nullable),
            JoinTree::From(items, _) => items.iter().find_map(|item| item.nullability(index, nullable)),
            JoinTree::Join { kind, left, right, .. } => {
                let (null_left, null_right) = match kind {
                    JoinKind::Inner | JoinKind::Semi => (false, false),
                    JoinKind::Left | JoinKind::Anti => (false, true),
                    JoinKind::Right => (true, false),
                    JoinKind::Full => (true, true),
                };
                let left = left.nullability(index, nullable || null_left);
                left.or_else(|| right.nullability(index, nullable || null_right))
            }
        }
    }

    pub fn has_outer_join(&self) -> bool {
        match self {
            JoinTree::Table(_) => false,
            JoinTree::From(items, _) => items.iter().any(JoinTree::has_outer_join),
            JoinTree::Join { kind, left, right, .. } => {
                !matches!(kind, JoinKind::Inner | JoinKind::Semi) || left.has_outer_join() || right.has_outer_join()
            }
        }
    }

    /// Range-table indexes grow by an offset; those in conditions are the caller's.
    pub fn shift(&mut self, offset: usize) {
        match self {
            JoinTree::Table(at) => *at += offset,
            JoinTree::From(items, _) => items.iter_mut().for_each(|item| item.shift(offset)),
            JoinTree::Join { left, right, .. } => {
                left.shift(offset);
                right.shift(offset);
            }
        }
    }
}
