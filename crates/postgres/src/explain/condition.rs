//! Expressions of plan nodes as text.
//!
//! What a node takes from the node below is written as it is there: a column as itself, anything computed in
//! parentheses (`get_special_variable`).

use super::shape::Shape;
use crate::backend::Backend;
use crate::catalog::SortOrder;
use crate::planner::plan::ParamSource;
use crate::planner::{Plan, PlanKind, PlannedQuery};
use crate::query::{BoolOp, Expr, ParamKind, Var};
use crate::ruleutils::deparse_in_query;
use crate::ruleutils::namespace::{EntryNames, Namespace};

/// What is needed to write the expressions of one plan.
pub struct Names<'n> {
    pub backend: &'n Backend<'n>,
    pub plan: &'n PlannedQuery,
    pub shape: &'n Shape,
    pub verbose: bool,
}

/// Deepest chain of nodes that a column is followed through.
const DEEPEST: usize = 200;

impl Names<'_> {
    /// More than one relation in the whole query: columns need their table's name.
    pub fn several_entries(&self) -> bool {
        self.verbose || self.shape.several
    }

    /// An expression that a node computes.
    pub fn expr(&self, expr: &Expr, node: &Plan, prefixed: bool) -> String {
        let mut texts = Vec::new();
        let written = self.resolve(expr, Some(node), node.level, prefixed, &mut texts, 0);
        self.deparse(&written, texts, prefixed)
    }

    /// Texts that stand for parts of the expression are columns of an entry of their own, after all others.
    fn deparse(&self, expr: &Expr, texts: Vec<String>, prefixed: bool) -> String {
        let mut entries = self.shape.entries.clone();
        entries.push(EntryNames {
            name: "".into(),
            columns: texts.into_iter().map(Into::into).collect(),
            join_vars: None,
            unnamed_join: false,
            verbatim: true,
        });
        deparse_in_query(self.backend, expr, Namespace { entries }, prefixed)
    }

    fn text_var(&self, text: String, texts: &mut Vec<String>, like: &Expr) -> Expr {
        texts.push(text);
        Expr::Var(Var {
            varno: self.shape.entries.len() + 1,
            attribute: i16::try_from(texts.len()).unwrap_or(i16::MAX),
            type_oid: like.type_oid(),
            type_modifier: like.type_modifier(),
            collation: kumquat_types::Oid::INVALID,
            levels_up: 0,
            location: None,
        })
    }

    /// The expression over all entries of the plan in one list.
    fn resolve(
        &self,
        expr: &Expr,
        node: Option<&Plan>,
        level: usize,
        prefixed: bool,
        texts: &mut Vec<String>,
        depth: usize,
    ) -> Expr {
        if depth > DEEPEST {
            return expr.clone();
        }
        if let Expr::Param {
            kind: ParamKind::Executor,
            number,
            ..
        } = expr
            && let Some(ParamSource::Outer { expr: source, level }) = self.plan.params.get(*number)
        {
            let mut inner = Vec::new();
            let written = self.resolve(source, None, *level, true, &mut inner, depth + 1);
            let text = self.deparse(&written, inner, true);
            let text = if matches!(source, Expr::Var(_)) {
                text
            } else {
                format!("({text})")
            };
            return self.text_var(text, texts, expr);
        }
        if let Expr::Var(var) = expr {
            return self.variable(var, level, prefixed, texts, depth);
        }
        if self.is_other_sum(expr, level) {
            let mut inner = Vec::new();
            let written = self.resolve_parts(expr, node, level, prefixed, &mut inner, depth + 1);
            let text = format!("pg_catalog.{}", self.deparse(&written, inner, prefixed));
            let given = node.is_some_and(|node| giver(node, expr).is_some());
            let text = if given { format!("({text})") } else { text };
            return self.text_var(text, texts, expr);
        }
        if let Some(below) = node.and_then(|node| giver(node, expr)) {
            let mut inner = Vec::new();
            let written = self.resolve_parts(expr, Some(below), below.level, prefixed, &mut inner, depth + 1);
            let text = format!("({})", self.deparse(&written, inner, prefixed));
            return self.text_var(text, texts, expr);
        }
        self.resolve_parts(expr, node, level, prefixed, texts, depth)
    }

    /// A sum over what an extension brings is one of partial sums: its argument is of another type than that of
    /// the aggregate as written, by which it would not be found, and so its schema is named.
    fn is_other_sum(&self, expr: &Expr, level: usize) -> bool {
        let Expr::Aggref(call) = expr else { return false };
        let is_custom = |var: &Var| {
            let entries = self.plan.levels.get(level);
            let entry = entries.and_then(|entries| entries.get(var.varno.checked_sub(1)?));
            entry.is_some_and(|entry| matches!(entry.kind, crate::query::RangeTableKind::Custom(_)))
        };
        let name = kumquat_types::proc_by_oid(call.function).map_or("", |proc| proc.name);
        name == "sum"
            && matches!(call.args.as_slice(), [Expr::Var(var)]
                if var.type_oid == kumquat_types::Oid::INT8 && is_custom(var))
    }

    /// The same for the parts of an expression that the node computes itself.
    fn resolve_parts(
        &self,
        expr: &Expr,
        node: Option<&Plan>,
        level: usize,
        prefixed: bool,
        texts: &mut Vec<String>,
        depth: usize,
    ) -> Expr {
        if matches!(expr, Expr::Var(_) | Expr::Param { .. }) {
            return self.resolve(expr, node, level, prefixed, texts, depth + 1);
        }
        let mut written = expr.clone();
        written.for_each_child_mut(&mut |child| {
            *child = self.resolve(child, node, level, prefixed, texts, depth + 1);
        });
        written
    }

    /// A column: that of a subquery whose scan is not shown is the one it stands for.
    fn variable(&self, var: &Var, level: usize, prefixed: bool, texts: &mut Vec<String>, depth: usize) -> Expr {
        let column = usize::try_from(var.attribute)
            .ok()
            .and_then(|number| number.checked_sub(1));
        let behind = self.shape.renamed.get(&(level, var.varno));
        if let Some((behind, column)) = behind.zip(column)
            && let Some(expr) = behind.output.get(column)
        {
            if let Expr::Var(inner) = expr {
                return self.variable(inner, behind.level, prefixed, texts, depth + 1);
            }
            let computed = giver(behind, expr).unwrap_or(behind);
            let mut inner = Vec::new();
            let written = self.resolve_parts(expr, Some(computed), computed.level, prefixed, &mut inner, depth + 1);
            let text = format!("({})", self.deparse(&written, inner, prefixed));
            return self.text_var(text, texts, &Expr::Var(var.clone()));
        }
        Expr::Var(Var {
            varno: var.varno + self.shape.offset(level),
            levels_up: 0,
            ..var.clone()
        })
    }

    /// Conditions joined by AND.
    pub fn conditions(&self, conditions: &[Expr], node: &Plan, prefixed: bool) -> String {
        match conditions {
            [one] => self.expr(one, node, prefixed),
            several => self.expr(&Expr::Bool(BoolOp::And, several.to_vec()), node, prefixed),
        }
    }

    /// A key that a node takes from the one below.
    pub fn key_below(&self, expr: &Expr, node: &Plan) -> String {
        let below = self.shape.visible_child(node).unwrap_or(node);
        match self.shape.behind(node, expr) {
            Some((plan, expr)) => self.expr(&expr, plan, self.several_entries()),
            None => {
                let key = self.expr(expr, below, self.several_entries());
                // The partitions below have computed it.
                let is_given = matches!(below.kind, PlanKind::Append | PlanKind::MergeAppend { .. });
                match is_given && !matches!(expr, Expr::Var(_)) {
                    true => format!("({key})"),
                    false => key,
                }
            }
        }
    }

    pub fn sort_key(&self, expr: &Expr, order: SortOrder, node: &Plan) -> String {
        let mut key = self.expr(expr, node, self.several_entries());
        let taken = matches!(expr, Expr::Var(_) | Expr::Const(_)) || giver(node, expr).is_some();
        if !taken {
            // The node below computes it for the sort.
            key = format!("({key})");
        }
        let direction = match (order.descending, order.nulls_first) {
            (false, false) => "",
            (false, true) => " NULLS FIRST",
            (true, true) => " DESC",
            (true, false) => " DESC NULLS LAST",
        };
        format!("{key}{direction}")
    }
}

/// The node below that computes an expression which this one takes over.
fn giver<'p>(node: &'p Plan, expr: &Expr) -> Option<&'p Plan> {
    if matches!(expr, Expr::Const(_) | Expr::Param { .. } | Expr::Var(_)) || is_scan(node) {
        return None;
    }
    let gives = |child: &&std::sync::Arc<Plan>| child.output.iter().any(|given| given.same_as(expr));
    let child = node.children.iter().find(gives)?;
    giver(child, expr).or(Some(child))
}

/// Its expressions are over the columns of a table or of another level.
fn is_scan(node: &Plan) -> bool {
    node.children.is_empty()
        || matches!(
            node.kind,
            PlanKind::SubqueryScan { .. } | PlanKind::BitmapHeapScan { .. } | PlanKind::ModifyTable(_)
        )
}
