//! Prints paths in canonical form (`jsonpath_out`).

use std::fmt;

use super::{Comparison, Expr, JsonPath, Level, Step};
use crate::json::output::quote;

/// How tight an expression binds; a looser one inside a tighter one needs parentheses.
fn priority(expr: &Expr) -> u8 {
    match expr {
        Expr::Or(..) => 0,
        Expr::And(..) => 1,
        Expr::Compare(..) | Expr::StartsWith(..) => 2,
        Expr::Arithmetic(super::Arithmetic::Add | super::Arithmetic::Subtract, ..) => 3,
        Expr::Arithmetic(..) => 4,
        Expr::Sign(..) => 5,
        _ => 6,
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        if !self.lax {
            out += "strict ";
        }
        write_expr(&mut out, &self.root, true);
        f.write_str(&out)
    }
}

fn write_expr(out: &mut String, expr: &Expr, brackets: bool) {
    match expr {
        Expr::Null => *out += "null",
        Expr::Bool(value) => *out += if *value { "true" } else { "false" },
        Expr::Number(number) => *out += &number.to_string(),
        Expr::String(text) => quote(out, text),
        Expr::Variable(name) => {
            out.push('$');
            quote(out, name);
        }
        Expr::Root => out.push('$'),
        Expr::Current => out.push('@'),
        Expr::Last => *out += "last",
        Expr::Path(base, steps) => {
            write_expr(out, base, true);
            for step in steps {
                write_step(out, step);
            }
        }
        Expr::Sign(minus, operand) => {
            enclosed(out, brackets, |out| {
                out.push(if *minus { '-' } else { '+' });
                operand_of(out, expr, operand);
            });
        }
        Expr::Arithmetic(operator, left, right) => binary(out, brackets, expr, left, operator.name(), right),
        Expr::Compare(operator, left, right) => binary(out, brackets, expr, left, comparison(*operator), right),
        Expr::And(left, right) => binary(out, brackets, expr, left, "&&", right),
        Expr::Or(left, right) => binary(out, brackets, expr, left, "||", right),
        Expr::StartsWith(left, right) => binary(out, brackets, expr, left, "starts with", right),
        Expr::Not(operand) => {
            *out += "!(";
            write_expr(out, operand, false);
            out.push(')');
        }
        Expr::IsUnknown(operand) => {
            out.push('(');
            write_expr(out, operand, false);
            *out += ") is unknown";
        }
        Expr::Exists(operand) => {
            *out += "exists (";
            write_expr(out, operand, false);
            out.push(')');
        }
        Expr::LikeRegex(operand, pattern, flags) => enclosed(out, brackets, |out| {
            operand_of(out, expr, operand);
            *out += " like_regex ";
            quote(out, pattern);
            if !flags.is_empty() {
                *out += " flag \"";
                // In one order, each once.
                *out += &"ismxq".chars().filter(|c| flags.contains(*c)).collect::<String>();
                out.push('"');
            }
        }),
    }
}

fn enclosed(out: &mut String, brackets: bool, write: impl FnOnce(&mut String)) {
    if brackets {
        out.push('(');
    }
    write(out);
    if brackets {
        out.push(')');
    }
}

fn operand_of(out: &mut String, expr: &Expr, operand: &Expr) {
    write_expr(out, operand, priority(operand) <= priority(expr));
}

fn binary(out: &mut String, brackets: bool, expr: &Expr, left: &Expr, operator: &str, right: &Expr) {
    enclosed(out, brackets, |out| {
        operand_of(out, expr, left);
        *out += &format!(" {operator} ");
        operand_of(out, expr, right);
    });
}

fn comparison(operator: Comparison) -> &'static str {
    match operator {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn write_step(out: &mut String, step: &Step) {
    match step {
        Step::Key(key) => {
            out.push('.');
            quote(out, key);
        }
        Step::AnyKey => *out += ".*",
        Step::AnyElement => *out += "[*]",
        Step::Elements(elements) => {
            out.push('[');
            for (index, (from, to)) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_expr(out, from, false);
                if let Some(to) = to {
                    *out += " to ";
                    write_expr(out, to, false);
                }
            }
            out.push(']');
        }
        Step::Any(first, last) => write_levels(out, *first, *last),
        Step::Filter(condition) => {
            *out += "?(";
            write_expr(out, condition, false);
            out.push(')');
        }
        Step::Method(method) => *out += &format!(".{}()", method.name()),
        Step::DateTime(template) => {
            *out += ".datetime(";
            if let Some(template) = template {
                quote(out, template);
            }
            out.push(')');
        }
    }
}

fn write_levels(out: &mut String, first: Level, last: Level) {
    let name = |level: Level| level.map_or("last".into(), |level| level.to_string());
    *out += &match (first, last) {
        (Some(0), None) => ".**".into(),
        (first, last) if first == last => format!(".**{{{}}}", name(first)),
        (first, last) => format!(".**{{{} to {}}}", name(first), name(last)),
    };
}
