//! Function calls, aggregates and window functions (`get_func_expr`, `get_agg_expr`, `get_windowfunc_expr`).

use kumquat_types::Oid;

use super::constant::ShowType;
use super::{Style, Writer};
use crate::catalog::quote::{quote_identifier, quote_qualified};
use crate::catalog::well_known::PG_CATALOG;
use crate::query::expr::FuncExpr;
use crate::query::{Aggref, Expr, FuncForm, WindowFunc};

impl Writer<'_, '_> {
    /// A function's name, with its schema where it would not be found without.
    fn function_name(&self, oid: Oid) -> String {
        let function = self
            .backend
            .catalog()
            .ok()
            .and_then(|catalog| catalog.functions.get(&oid).cloned());
        match function {
            Some(function) if function.schema == PG_CATALOG => quote_identifier(&function.name),
            Some(function) => match self.style {
                Style::Remote => quote_qualified(&self.backend.schema_name(function.schema), &function.name),
                Style::Display { .. } | Style::Plan => self.backend.visible_function_name(&function),
            },
            None => self
                .backend
                .any_proc(oid)
                .map_or_else(|| "?".to_string(), |proc| quote_identifier(proc.name)),
        }
    }

    pub(super) fn function(&mut self, call: &FuncExpr, whole: &Expr, show_implicit: bool) {
        match (call.form, call.args.first()) {
            (FuncForm::ImplicitCast, Some(arg)) if !show_implicit => return self.operand(arg, whole, false),
            (FuncForm::ImplicitCast | FuncForm::ExplicitCast, Some(arg)) => {
                return self.coercion(
                    arg,
                    call.result,
                    call.type_modifier,
                    FuncForm::ExplicitCast,
                    whole,
                    true,
                );
            }
            (FuncForm::SqlSyntax, _) if self.sql_syntax(call) => return,
            (FuncForm::Identity, Some(Expr::Const(sequence))) => {
                self.push("nextval(");
                self.constant(sequence, ShowType::Never);
                return self.push(")");
            }
            _ => {}
        }
        let name = self.function_name(call.function);
        self.push(&format!("{name}("));
        let last = call.args.len().saturating_sub(1);
        // What follows an argument that was left out had to be named.
        let first_unwritten = call.unwritten.iter().min().copied().unwrap_or(usize::MAX);
        let written = call
            .args
            .iter()
            .enumerate()
            .filter(|(index, _)| !call.unwritten.contains(index));
        self.list(written, |w, (index, arg)| {
            if index > first_unwritten {
                let name = w.argument_name(call.function, index);
                w.push(&format!("{} => ", quote_identifier(&name)));
            }
            if call.variadic && index == last && matches!(arg, Expr::Array { .. } | Expr::Const(_) | Expr::Var(_)) {
                w.push("VARIADIC ");
            }
            w.expr(arg, true);
        });
        self.push(")");
    }

    fn argument_name(&self, function: Oid, index: usize) -> String {
        if let Some(proc) = self.backend.any_proc(function) {
            return proc.arg_names.get(index).copied().unwrap_or_default().to_string();
        }
        let found = self
            .backend
            .catalog()
            .ok()
            .and_then(|catalog| catalog.functions.get(&function));
        let argument = found.and_then(|function| function.args.get(index));
        argument
            .and_then(|argument| argument.name.as_deref())
            .unwrap_or_default()
            .to_string()
    }

    /// The functions that have a syntax of their own (`get_func_sql_syntax`); false if this is none.
    fn sql_syntax(&mut self, call: &FuncExpr) -> bool {
        let name = self.backend.any_proc(call.function).map_or("", |proc| proc.name);
        let args = call.args.as_slice();
        match (name, args) {
            ("timezone", [zone, value]) => {
                self.push("(");
                self.expr(value, true);
                self.push(" AT TIME ZONE ");
                self.expr(zone, true);
                self.push(")");
            }
            ("extract", [Expr::Const(field), value]) => {
                let field = field.value.as_str().unwrap_or("").to_string();
                self.push(&format!("EXTRACT({field} FROM "));
                self.expr(value, false);
                self.push(")");
            }
            ("position", [text, part]) => {
                self.worded("POSITION((", &[("", part), (") IN (", text)]);
                self.push(")");
            }
            ("overlay", [text, new, from]) => {
                self.worded("OVERLAY(", &[("", text), (" PLACING ", new), (" FROM ", from)]);
            }
            ("overlay", [text, new, from, length]) => {
                self.worded(
                    "OVERLAY(",
                    &[("", text), (" PLACING ", new), (" FROM ", from), (" FOR ", length)],
                );
            }
            ("substring", [text, from]) => self.worded("SUBSTRING(", &[("", text), (" FROM ", from)]),
            ("substring", [text, from, length]) => {
                self.worded("SUBSTRING(", &[("", text), (" FROM ", from), (" FOR ", length)]);
            }
            ("btrim" | "ltrim" | "rtrim", [text, rest @ ..]) => {
                let side = match name {
                    "btrim" => "BOTH",
                    "ltrim" => "LEADING",
                    _ => "TRAILING",
                };
                self.push(&format!("TRIM({side} "));
                if let Some(characters) = rest.first() {
                    self.expr(characters, false);
                    self.push(" ");
                }
                self.push("FROM ");
                self.expr(text, false);
                self.push(")");
            }
            ("normalize", [text]) => self.worded("NORMALIZE(", &[("", text)]),
            ("overlaps", [a, b, c, d]) => {
                self.worded("((", &[("", a), (", ", b), (") OVERLAPS (", c), (", ", d)]);
                self.push(")");
            }
            _ => return false,
        }
        true
    }

    fn worded(&mut self, opening: &str, parts: &[(&str, &Expr)]) {
        self.push(opening);
        for (word, part) in parts {
            self.push(word);
            self.expr(part, false);
        }
        self.push(")");
    }

    pub(super) fn aggregate(&mut self, aggregate: &Aggref) {
        let name = self.function_name(aggregate.function);
        self.push(&format!("{name}("));
        if aggregate.distinct {
            self.push("DISTINCT ");
        }
        if aggregate.within_group {
            self.list(&aggregate.direct_args, |w, arg| w.expr(arg, true));
            self.push(") WITHIN GROUP (ORDER BY ");
            self.aggregate_order(aggregate);
        } else {
            if aggregate.star {
                self.push("*");
            }
            self.list(&aggregate.args, |w, arg| w.expr(arg, true));
            if !aggregate.order_by.is_empty() {
                self.push(" ORDER BY ");
                self.aggregate_order(aggregate);
            }
        }
        self.push(")");
        if let Some(filter) = &aggregate.filter {
            self.push(" FILTER (WHERE ");
            self.expr(filter, false);
            self.push(")");
        }
    }

    fn aggregate_order(&mut self, aggregate: &Aggref) {
        self.list(&aggregate.order_by, |w, order| {
            w.sort_expression(&order.expr);
            w.direction(order.order);
        });
    }

    pub(super) fn window_function(&mut self, window: &WindowFunc) {
        let name = self.function_name(window.function);
        self.push(&format!("{name}("));
        if window.star {
            self.push("*");
        }
        self.list(&window.args, |w, arg| w.expr(arg, true));
        self.push(")");
        if let Some(filter) = &window.filter {
            self.push(" FILTER (WHERE ");
            self.expr(filter, false);
            self.push(")");
        }
        self.push(" OVER ");
        self.window_reference(window.window);
    }
}
