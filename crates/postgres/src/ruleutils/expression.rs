//! Expressions (`get_rule_expr`).

use std::sync::Arc;

use kumquat_types::Oid;

use super::constant::ShowType;
use super::namespace::EntryNames;
use super::query::{ColumnNames, VARIABLE};
use super::simple::is_simple;
use super::{Style, Writer};
use crate::catalog::quote::quote_identifier;
use crate::query::{
    BooleanTestKind, Expr, FuncForm, MinMaxOp, ParamKind, RowCompareOp, SqlValue, SubLink, SubLinkKind, Var,
};

impl Writer<'_, '_> {
    /// An argument, in parentheses where it needs them (`get_rule_expr_paren`).
    pub(super) fn operand(&mut self, expr: &Expr, parent: &Expr, show_implicit: bool) {
        let needs = self.style.pretty() && !is_simple(expr, parent);
        if needs {
            self.push("(");
        }
        self.expr(expr, show_implicit);
        if needs {
            self.push(")");
        }
    }

    /// An expression. `show_implicit`: casts that were not written are written all the same.
    pub(super) fn expr(&mut self, expr: &Expr, show_implicit: bool) {
        match expr {
            Expr::Var(var) => self.variable(var),
            Expr::Const(constant) => self.constant(constant, ShowType::WhereNeeded),
            Expr::Param { kind, number, .. } => match kind {
                ParamKind::External | ParamKind::Executor => self.push(&format!("${number}")),
            },
            Expr::Aggref(aggregate) => self.aggregate(aggregate),
            Expr::Grouping { args, .. } => {
                self.push("GROUPING(");
                self.list(args, |w, arg| w.expr(arg, true));
                self.push(")");
            }
            Expr::WindowFunc(window) => self.window_function(window),
            Expr::Func(call) => self.function(call, expr, show_implicit),
            Expr::Op(op) => self.operator(op, expr),
            Expr::Distinct(op) => self.distinct(op, expr),
            Expr::NullIf(op) => {
                self.push("NULLIF(");
                self.list(&op.args, |w, arg| w.expr(arg, true));
                self.push(")");
            }
            Expr::ScalarArrayOp {
                operator, any, args, ..
            } => self.array_operator(*operator, *any, args, expr),
            Expr::Bool(op, args) => self.boolean(*op, args, expr),
            Expr::SubLink(link) => self.sublink(link),
            Expr::SubPlan(plan) => {
                let hashed = if plan.hashed { "hashed " } else { "" };
                self.push(&format!("({hashed}SubPlan {})", plan.plan + 1));
            }
            Expr::Subscript(subscript) => {
                self.operand(&subscript.container, expr, show_implicit);
                self.subscripts(subscript);
            }
            Expr::FieldSelect { arg, field, .. } => self.field_select(arg, *field, expr),
            Expr::FieldStore { fields, .. } => {
                self.push("ROW(");
                self.list(fields, |w, (_, value)| w.expr(value, true));
                self.push(")");
            }
            Expr::Relabel {
                arg,
                type_oid,
                type_modifier,
                form,
            } => {
                self.coercion(arg, *type_oid, *type_modifier, *form, expr, show_implicit);
            }
            Expr::CoerceViaIo {
                arg, type_oid, form, ..
            } => {
                self.coercion(arg, *type_oid, -1, *form, expr, show_implicit);
            }
            Expr::ArrayCoerce {
                arg,
                type_oid,
                type_modifier,
                form,
                ..
            } => {
                self.coercion(arg, *type_oid, *type_modifier, *form, expr, show_implicit);
            }
            Expr::CoerceToDomain {
                arg,
                domain,
                type_modifier,
                form,
            } => {
                self.coercion(arg, *domain, *type_modifier, *form, expr, show_implicit);
            }
            Expr::ConvertRowtype { arg, .. } => self.operand(arg, expr, show_implicit),
            Expr::Collate { arg, collation } => {
                self.open_unless_pretty();
                self.operand(arg, expr, show_implicit);
                self.push(&format!(" COLLATE {}", quote_identifier(collation)));
                self.close_unless_pretty();
            }
            Expr::Case {
                arg, whens, otherwise, ..
            } => self.case(arg.as_deref(), whens, otherwise.as_deref()),
            Expr::CaseTest { .. } => match self.case_test.last().cloned() {
                Some(test) => self.expr(&test, show_implicit),
                None => self.push("CASE_TEST_EXPR"),
            },
            Expr::Array {
                elements, array_type, ..
            } => {
                self.push("ARRAY[");
                self.list(elements, |w, element| w.expr(element, true));
                self.push("]");
                if elements.is_empty() {
                    let name = self.type_name(*array_type, -1);
                    self.push(&format!("::{name}"));
                }
            }
            Expr::Row {
                args, type_oid, form, ..
            } => {
                self.push("ROW(");
                self.list(args, |w, arg| w.expr(arg, true));
                self.push(")");
                if *form == FuncForm::ExplicitCast || (*type_oid != Oid::RECORD && *form != FuncForm::ImplicitCast) {
                    let name = self.type_name(*type_oid, -1);
                    self.push(&format!("::{name}"));
                }
            }
            Expr::RowCompare { op, left, right, .. } => self.row_compare(*op, left, right),
            Expr::Coalesce { args, .. } => {
                self.push("COALESCE(");
                self.list(args, |w, arg| w.expr(arg, true));
                self.push(")");
            }
            Expr::MinMax { op, args, .. } => {
                self.push(if *op == MinMaxOp::Greatest {
                    "GREATEST("
                } else {
                    "LEAST("
                });
                self.list(args, |w, arg| w.expr(arg, true));
                self.push(")");
            }
            Expr::SqlValue {
                value, type_modifier, ..
            } => self.sql_value(*value, *type_modifier),
            Expr::NullTest { arg, is_null, row_test } => {
                self.open_unless_pretty();
                self.operand(arg, expr, true);
                let composite = arg.type_oid() == Oid::RECORD || self.is_composite(arg.type_oid());
                self.push(match (is_null, *row_test || !composite) {
                    (true, true) => " IS NULL",
                    (false, true) => " IS NOT NULL",
                    (true, false) => " IS NOT DISTINCT FROM NULL",
                    (false, false) => " IS DISTINCT FROM NULL",
                });
                self.close_unless_pretty();
            }
            Expr::BooleanTest { arg, kind } => {
                self.open_unless_pretty();
                self.operand(arg, expr, false);
                self.push(boolean_test(*kind));
                self.close_unless_pretty();
            }
            Expr::CoerceToDomainValue { .. } => self.push("VALUE"),
            Expr::SetToDefault { .. } => self.push("DEFAULT"),
            Expr::InputColumn { column, .. } => self.push(&format!("column{column}")),
        }
    }

    fn is_composite(&self, oid: Oid) -> bool {
        matches!(
            kumquat_types::Environment::user_type(self.backend, oid),
            Some(kumquat_types::UserType::Composite(_))
        )
    }

    /// `arg::type` (`get_coercion_expr`); an implicit one is left out unless asked for.
    pub(super) fn coercion(
        &mut self,
        arg: &Expr,
        type_oid: Oid,
        modifier: i32,
        form: FuncForm,
        whole: &Expr,
        show_implicit: bool,
    ) {
        if form == FuncForm::ImplicitCast && !show_implicit {
            return self.operand(arg, whole, show_implicit);
        }
        match arg {
            // A length cast over a constant of the type: the cast's own label is enough.
            Expr::Const(constant) if constant.type_oid == type_oid && constant.type_modifier == -1 => {
                self.constant(constant, ShowType::Never);
            }
            _ => {
                self.open_unless_pretty();
                self.operand(arg, whole, false);
                self.close_unless_pretty();
            }
        }
        let name = self.type_name(type_oid, modifier);
        self.push(&format!("::{name}"));
    }

    /// A column, with its table's name where there is more than one.
    fn variable(&mut self, var: &Var) {
        let depth = self.namespaces.len();
        let entry: Option<EntryNames> = depth
            .checked_sub(1 + var.levels_up)
            .and_then(|level| self.namespaces.get(level))
            .and_then(|namespace| namespace.entry(var.varno))
            .cloned();
        let Some(entry) = entry else { return self.push("?") };
        if let (true, Some(vars)) = (entry.unnamed_join, &entry.join_vars) {
            let behind = usize::try_from(var.attribute - 1)
                .ok()
                .and_then(|index| vars.get(index))
                .cloned();
            if let Some(behind) = behind {
                return self.join_column(&behind, var, &entry);
            }
        }
        if entry.verbatim {
            let index = usize::try_from(var.attribute - 1).unwrap_or(usize::MAX);
            let text = entry.columns.get(index).cloned().unwrap_or_default();
            return self.push(&text);
        }
        let prefix = quote_identifier(&entry.name);
        match var.attribute {
            0 => {
                // A whole row: `t` alone would be taken for a column in some places.
                self.push(&prefix);
                self.push(".*");
                // At the top of a target list the row would be read as all of its columns.
                if self.top_level_target && var.type_oid != Oid::RECORD {
                    let name = self.type_name(var.type_oid, -1);
                    self.push(&format!("::{name}"));
                }
            }
            number => {
                let name = system_column(number).map_or_else(
                    || {
                        let index = usize::try_from(number - 1).unwrap_or(usize::MAX);
                        entry
                            .columns
                            .get(index)
                            .map(|name| quote_identifier(name))
                            .unwrap_or_default()
                    },
                    str::to_string,
                );
                if (self.prefixed || var.levels_up > 0) && !prefix.is_empty() {
                    self.push(&format!("{prefix}."));
                }
                self.push(&name);
            }
        }
    }

    /// A column of a join without a name is that of the table it comes from; a merged one has no other name.
    fn join_column(&mut self, behind: &Expr, var: &Var, entry: &EntryNames) {
        match behind {
            Expr::Var(inner) => {
                let inner = Var {
                    levels_up: var.levels_up,
                    ..inner.clone()
                };
                self.variable(&inner);
            }
            _ => {
                let index = usize::try_from(var.attribute - 1).unwrap_or(usize::MAX);
                let name = entry
                    .columns
                    .get(index)
                    .map(|name| quote_identifier(name))
                    .unwrap_or_default();
                self.push(&name);
            }
        }
    }

    fn field_select(&mut self, arg: &Expr, field: i16, whole: &Expr) {
        self.push("(");
        self.operand(arg, whole, true);
        self.push(").");
        let name = match kumquat_types::Environment::user_type(self.backend, arg.type_oid()) {
            Some(kumquat_types::UserType::Composite(fields)) => usize::try_from(field - 1)
                .ok()
                .and_then(|index| fields.get(index).map(|(name, _, _)| quote_identifier(name))),
            _ => None,
        };
        self.push(&name.unwrap_or_else(|| format!("f{field}")));
    }

    pub(super) fn subscripts(&mut self, subscript: &crate::query::expr::SubscriptingRef) {
        for (index, upper) in subscript.upper.iter().enumerate() {
            self.push("[");
            if subscript.is_slice {
                if let Some(Some(lower)) = subscript.lower.get(index) {
                    self.expr(lower, false);
                }
                self.push(":");
            }
            if let Some(upper) = upper {
                self.expr(upper, false);
            }
            self.push("]");
        }
    }

    fn case(&mut self, arg: Option<&Expr>, whens: &[(Expr, Expr)], otherwise: Option<&Expr>) {
        self.keyword("CASE", 0, VARIABLE, 0);
        if let Some(arg) = arg {
            self.push(" ");
            self.expr(arg, true);
            self.case_test.push(Arc::new(arg.clone()));
        }
        let blank = if self.in_lines() { "" } else { " " };
        for (condition, result) in whens {
            self.push(blank);
            self.keyword("WHEN ", 0, 0, 0);
            match (arg, condition) {
                // CASE x WHEN y: the condition holds x = y, of which only y was written.
                (Some(_), Expr::Op(op)) if op.args.len() == 2 => {
                    if let Some(value) = op.args.get(1) {
                        self.expr(value, false);
                    }
                }
                _ => self.expr(condition, false),
            }
            self.push(" THEN ");
            self.expr(result, true);
        }
        if let Some(otherwise) = otherwise {
            self.push(blank);
            self.keyword("ELSE ", 0, 0, 0);
            self.expr(otherwise, true);
        }
        if arg.is_some() {
            self.case_test.pop();
        }
        self.push(blank);
        self.keyword("END", -VARIABLE, 0, 0);
    }

    fn row_compare(&mut self, op: RowCompareOp, left: &[Expr], right: &[Expr]) {
        let symbol = match op {
            RowCompareOp::Less => "<",
            RowCompareOp::LessEqual => "<=",
            RowCompareOp::Equal => "=",
            RowCompareOp::GreaterEqual => ">=",
            RowCompareOp::Greater => ">",
            RowCompareOp::NotEqual => "<>",
        };
        let symbol = if self.style == Style::Remote {
            format!("OPERATOR(pg_catalog.{symbol})")
        } else {
            symbol.into()
        };
        self.push("(ROW(");
        self.list(left, |w, arg| w.expr(arg, true));
        self.push(&format!(") {symbol} ROW("));
        self.list(right, |w, arg| w.expr(arg, true));
        self.push("))");
    }

    fn sql_value(&mut self, value: SqlValue, modifier: i32) {
        let (word, takes_precision) = match value {
            SqlValue::CurrentDate => ("CURRENT_DATE", false),
            SqlValue::CurrentTime => ("CURRENT_TIME", true),
            SqlValue::CurrentTimestamp => ("CURRENT_TIMESTAMP", true),
            SqlValue::LocalTime => ("LOCALTIME", true),
            SqlValue::LocalTimestamp => ("LOCALTIMESTAMP", true),
            SqlValue::CurrentRole => ("CURRENT_ROLE", false),
            SqlValue::CurrentUser => ("CURRENT_USER", false),
            SqlValue::User => ("USER", false),
            SqlValue::SessionUser => ("SESSION_USER", false),
            SqlValue::CurrentCatalog => ("CURRENT_CATALOG", false),
            SqlValue::CurrentSchema => ("CURRENT_SCHEMA", false),
        };
        self.push(word);
        if takes_precision && modifier >= 0 {
            self.push(&format!("({modifier})"));
        }
    }

    fn sublink(&mut self, link: &SubLink) {
        let any_equal = link.kind == SubLinkKind::Any
            && link
                .operators
                .iter()
                .all(|oid| kumquat_types::operator_by_oid(*oid).is_some_and(|op| op.name == "="));
        match link.kind {
            SubLinkKind::Array => self.push("ARRAY("),
            _ => self.push("("),
        }
        if !link.left.is_empty() {
            if link.left.len() > 1 {
                self.push("(");
                self.list(&link.left, |w, arg| w.expr(arg, true));
                self.push(")");
            } else if let Some(left) = link.left.first() {
                self.expr(left, true);
            }
        }
        let needs_parentheses = match link.kind {
            SubLinkKind::Exists => {
                self.push("EXISTS ");
                true
            }
            SubLinkKind::Any if any_equal && self.style != Style::Remote => {
                self.push(" IN ");
                true
            }
            SubLinkKind::Any | SubLinkKind::All => {
                let name = link
                    .operators
                    .first()
                    .map(|oid| self.operator_name(*oid))
                    .unwrap_or_default();
                self.push(&format!(
                    " {name} {} ",
                    if link.kind == SubLinkKind::Any { "ANY" } else { "ALL" }
                ));
                true
            }
            SubLinkKind::RowCompare(_) => {
                let name = link
                    .operators
                    .first()
                    .map(|oid| self.operator_name(*oid))
                    .unwrap_or_default();
                self.push(&format!(" {name} "));
                true
            }
            SubLinkKind::Expr | SubLinkKind::Array | SubLinkKind::MultiExpr(_) => false,
        };
        if needs_parentheses {
            self.push("(");
        }
        self.query(
            &link.query,
            ColumnNames {
                given: None,
                hidden: true,
            },
        );
        self.push(if needs_parentheses { "))" } else { ")" });
    }
}

fn boolean_test(kind: BooleanTestKind) -> &'static str {
    match kind {
        BooleanTestKind::IsTrue => " IS TRUE",
        BooleanTestKind::IsNotTrue => " IS NOT TRUE",
        BooleanTestKind::IsFalse => " IS FALSE",
        BooleanTestKind::IsNotFalse => " IS NOT FALSE",
        BooleanTestKind::IsUnknown => " IS UNKNOWN",
        BooleanTestKind::IsNotUnknown => " IS NOT UNKNOWN",
    }
}

/// Names of the columns every table has, by their numbers.
fn system_column(number: i16) -> Option<&'static str> {
    Some(match number {
        -1 => "ctid",
        -2 => "xmin",
        -3 => "cmin",
        -4 => "xmax",
        -5 => "cmax",
        -6 => "tableoid",
        _ => return None,
    })
}
