//! JOIN: conditions, USING and NATURAL with their merged columns.

use kumquat_sql::ast;
use kumquat_types::{Error, Result, SqlState};

use super::coercion::Target;
use super::columns::shared_names;
use super::from::{Analyzed, check_conflicts, set_lateral};
use super::relations::{alias_node, apply_alias, new_entry};
use super::state::{Analyzer, ExprKind, NamespaceColumn, NamespaceItem};
use crate::catalog::Name;
use crate::query::{BoolOp, Expr, FromItem, JoinExpr, JoinKind, RangeTableKind, RteColumn, Var};

/// The columns of a join, while they are put together.
#[derive(Default)]
struct Columns {
    names: Vec<Name>,
    /// What each stands for.
    exprs: Vec<Expr>,
}

impl Columns {
    fn push(&mut self, name: &Name, expr: Expr) {
        self.names.push(name.clone());
        self.exprs.push(expr);
    }
}

impl Analyzer<'_, '_> {
    pub fn join(&mut self, join: &ast::JoinExpr) -> Result<Analyzed> {
        let kind = match join.kind {
            ast::JoinType::Inner => JoinKind::Inner,
            ast::JoinType::Left => JoinKind::Left,
            ast::JoinType::Right => JoinKind::Right,
            ast::JoinType::Full => JoinKind::Full,
        };
        let outer_joins = self.level.outer_joins;
        let null_side = |side_is_left: bool| match kind {
            JoinKind::Full => true,
            JoinKind::Left => !side_is_left,
            JoinKind::Right => side_is_left,
            _ => false,
        };
        self.level.outer_joins = outer_joins || null_side(true);
        let left = self.table_reference(&join.left)?;
        self.level.outer_joins = outer_joins || null_side(false);
        // The right side may refer to the left one if it is LATERAL.
        let mut visible = left.namespace.clone();
        set_lateral(&mut visible, true, matches!(kind, JoinKind::Inner | JoinKind::Left));
        let before = self.level.namespace.len();
        self.level.namespace.extend(visible);
        let right = self.table_reference(&join.right)?;
        self.level.namespace.truncate(before);
        self.level.outer_joins = outer_joins;
        check_conflicts(&left.namespace, &right.namespace)?;
        let using = match join.natural {
            true => common_columns(&left.table, &right.table),
            false => join.using.clone(),
        };
        let mut namespace = left.namespace;
        namespace.extend(right.namespace);
        let mut columns = Columns::default();
        let quals = if join.natural || !using.is_empty() {
            self.merge_using(&using, kind, &left.table, &right.table, &mut columns)?
        } else {
            self.join_on(join.quals.as_ref(), &namespace)?
        };
        for table in [&left.table, &right.table] {
            let rest = table.columns.iter();
            for column in
                rest.filter(|column| !column.name.is_empty() && !using.iter().any(|name| **name == *column.name))
            {
                columns.push(&column.name, Expr::Var(column.var.clone()));
            }
        }
        let table = self.join_entry(join, kind, &using, columns)?;
        let item = FromItem::Join(Box::new(JoinExpr {
            kind,
            natural: join.natural,
            left: left.item,
            right: right.item,
            using: shared_names(&using),
            quals,
            index: table.index,
            alias: join.alias.as_ref().map(alias_node),
        }));
        let namespace = self.join_namespace(join, &table, &using, namespace)?;
        Ok(Analyzed { item, table, namespace })
    }

    /// ON, which sees both sides and nothing beside them at this level.
    fn join_on(&mut self, quals: Option<&ast::Expr>, namespace: &[NamespaceItem]) -> Result<Option<Expr>> {
        let Some(quals) = quals else { return Ok(None) };
        let mut visible = namespace.to_vec();
        set_lateral(&mut visible, false, true);
        let before = std::mem::replace(&mut self.level.namespace, visible);
        let result = self.expression(quals, ExprKind::JoinOn);
        self.level.namespace = before;
        self.coerce_to_boolean(result?, "JOIN/ON").map(Some)
    }

    /// The condition that USING stands for; the merged columns go first.
    fn merge_using(
        &mut self,
        using: &[String],
        kind: JoinKind,
        left: &NamespaceItem,
        right: &NamespaceItem,
        columns: &mut Columns,
    ) -> Result<Option<Expr>> {
        let mut conditions = Vec::with_capacity(using.len());
        for (place, name) in using.iter().enumerate() {
            if using.iter().take(place).any(|earlier| earlier == name) {
                return Err(Error::new(
                    SqlState::DUPLICATE_COLUMN,
                    format!("column name \"{name}\" appears more than once in USING clause"),
                ));
            }
            let left_var = using_column(left, name, "left")?;
            let right_var = using_column(right, name, "right")?;
            self.mark_selected(&left_var);
            self.mark_selected(&right_var);
            let operator = ["=".to_string()];
            let (left_expr, right_expr) = (Expr::Var(left_var), Expr::Var(right_var));
            let condition = self.with_kind(ExprKind::JoinUsing, |analyzer| {
                analyzer.make_operator(&operator, Some(left_expr.clone()), right_expr.clone(), None)
            })?;
            conditions.push(self.coerce_to_boolean(condition, "JOIN/USING")?);
            let merged = self.merged_column(kind, left_expr, right_expr)?;
            columns.push(&name.as_str().into(), merged);
        }
        Ok(match conditions.len() {
            0 => None,
            1 => conditions.pop(),
            _ => Some(Expr::Bool(BoolOp::And, conditions)),
        })
    }

    /// `buildMergedJoinVar`.
    fn merged_column(&mut self, kind: JoinKind, left: Expr, right: Expr) -> Result<Expr> {
        let type_oid = self.common_type(&[&left, &right], "JOIN/USING")?;
        let modifier = match left.type_modifier() == right.type_modifier() && left.type_oid() == right.type_oid() {
            true => left.type_modifier(),
            false => -1,
        };
        let mut coerce = |expr: Expr| -> Result<Expr> {
            if expr.type_oid() != type_oid {
                self.coerce_type(expr, Target::implicit(type_oid))
            } else if expr.type_modifier() != modifier {
                Ok(Expr::Relabel {
                    arg: Box::new(expr),
                    type_oid,
                    type_modifier: modifier,
                    form: crate::query::FuncForm::ImplicitCast,
                })
            } else {
                Ok(expr)
            }
        };
        let (left, right) = (coerce(left)?, coerce(right)?);
        Ok(match kind {
            JoinKind::Right => right,
            JoinKind::Full => Expr::Coalesce {
                args: vec![left, right],
                type_oid,
            },
            // A plain variable is cheaper than one that is coerced.
            JoinKind::Inner if !matches!(left, Expr::Var(_)) && matches!(right, Expr::Var(_)) => right,
            _ => left,
        })
    }

    /// The range-table entry of the join, and how its columns are named.
    fn join_entry(
        &mut self,
        join: &ast::JoinExpr,
        kind: JoinKind,
        using: &[String],
        columns: Columns,
    ) -> Result<NamespaceItem> {
        let rte_columns = columns.names.iter().zip(&columns.exprs).map(|(name, expr)| RteColumn {
            name: name.clone(),
            type_oid: expr.type_oid(),
            type_modifier: expr.type_modifier(),
            collation: Default::default(),
        });
        let rte_columns = rte_columns.collect();
        let rte_kind = RangeTableKind::Join {
            kind,
            join_vars: columns.exprs.clone(),
            using: shared_names(using),
            using_alias: join.using_alias.as_ref().map(|alias| alias.name.as_str().into()),
        };
        let mut entry = new_entry(rte_kind, "unnamed_join".into(), rte_columns);
        entry.alias = join.alias.as_ref().map(alias_node);
        apply_alias(&mut entry, join.alias.as_ref())?;
        let mut item = self.add_item(entry, None);
        if join.alias.is_none() {
            // Columns that are plain variables stand for themselves.
            for (column, expr) in item.columns.iter_mut().zip(columns.exprs) {
                if let Expr::Var(var) = expr {
                    column.var = Var { location: None, ..var };
                }
            }
        }
        Ok(item)
    }

    /// What can be named once the join is there.
    fn join_namespace(
        &self,
        join: &ast::JoinExpr,
        table: &NamespaceItem,
        using: &[String],
        mut inputs: Vec<NamespaceItem>,
    ) -> Result<Vec<NamespaceItem>> {
        if join.alias.is_some() {
            // An alias hides what is under it.
            return Ok(vec![table.clone()]);
        }
        for input in &mut inputs {
            input.columns_visible = false;
        }
        if let Some(alias) = &join.using_alias {
            let merged = NamespaceItem {
                name: alias.name.as_str().into(),
                columns: table.columns.iter().take(using.len()).cloned().collect(),
                columns_visible: false,
                ..table.clone()
            };
            check_conflicts(&inputs, std::slice::from_ref(&merged))?;
            inputs.push(merged);
        }
        inputs.push(NamespaceItem {
            named: false,
            ..table.clone()
        });
        Ok(inputs)
    }
}

/// Names that occur on both sides, in the left one's order.
fn common_columns(left: &NamespaceItem, right: &NamespaceItem) -> Vec<String> {
    let names = left.columns.iter().filter(|column| !column.name.is_empty());
    let common = names.filter(|column| right.columns.iter().any(|other| other.name == column.name));
    common.map(|column| column.name.to_string()).collect()
}

fn using_column(table: &NamespaceItem, name: &str, side: &str) -> Result<Var> {
    let mut found = table.columns.iter().filter(|column| *column.name == *name);
    let Some(column): Option<&NamespaceColumn> = found.next() else {
        return Err(Error::new(
            SqlState::UNDEFINED_COLUMN,
            format!("column \"{name}\" specified in USING clause does not exist in {side} table"),
        ));
    };
    if found.next().is_some() {
        return Err(Error::new(
            SqlState::AMBIGUOUS_COLUMN,
            format!("common column name \"{name}\" appears more than once in {side} table"),
        ));
    }
    Ok(column.var.clone())
}
