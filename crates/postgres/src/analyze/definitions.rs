//! Expressions on their own: defaults, checks, index expressions, arguments of EXECUTE.

use kumquat_sql::ast;
use kumquat_types::{Error, Oid, Result, SqlState};

use super::coercion::Target;
use super::location::expr_location;
use super::relations::new_entry;
use super::state::{Analyzer, ExprKind};
use super::{ExprContext, Parameters};
use crate::backend::Backend;
use crate::catalog::Relation;
use crate::query::{Expr, Query, RangeTableKind, RteColumn};

/// Analyzes an expression over the columns of `relation` (as varno 1), if any, and coerces it to `target`.
pub fn analyze_expression(
    backend: &Backend<'_>,
    relation: Option<&Relation>,
    expr: &ast::Expr,
    context: ExprContext,
    target: Option<(Oid, i32)>,
) -> Result<Expr> {
    let mut parameters = Parameters::default();
    if let (ExprContext::DomainCheck, Some((base, _))) = (context, target) {
        // VALUE is of the domain's base type.
        parameters.types.push(Some(base));
    }
    let mut analyzer = Analyzer::new(backend, &mut parameters);
    if let Some(relation) = relation {
        analyzer.enter_relation(relation);
    }
    let analyzed = analyzer.expression(expr, kind_of(context))?;
    let analyzed = match (context, target) {
        (
            ExprContext::CheckConstraint
            | ExprContext::DomainCheck
            | ExprContext::IndexPredicate
            | ExprContext::CopyWhere,
            _,
        ) => analyzer.coerce_to_boolean(analyzed, clause_of(context))?,
        (ExprContext::TriggerWhen | ExprContext::Policy, _) => {
            analyzer.coerce_to_boolean(analyzed, clause_of(context))?
        }
        (_, Some((type_oid, modifier))) => {
            let source = analyzed.type_oid();
            let at = expr_location(&analyzed);
            let coerced = analyzer.coerce_to_target(analyzed, Target::assignment(type_oid, modifier))?;
            coerced.ok_or_else(|| mismatch(backend, context, type_oid, source).at(at))?
        }
        // USING is coerced to the column's type later.
        (ExprContext::AlterColumnUsing, None) => analyzed,
        (_, None) if analyzed.type_oid() == Oid::UNKNOWN => {
            analyzer.coerce_type(analyzed, Target::implicit(Oid::TEXT))?
        }
        _ => analyzed,
    };
    Ok(analyzed)
}

/// Analyzes what CALL calls, with variables of PL/pgSQL as parameters.
pub fn analyze_call(backend: &Backend<'_>, call: &ast::Expr, parameters: &Parameters) -> Result<Expr> {
    let mut parameters = parameters.clone();
    let mut analyzer = Analyzer::new(backend, &mut parameters);
    analyzer.expression(call, ExprKind::CallArgument)
}

/// Analyzes the WHEN condition of a trigger: OLD (varno 1) and NEW (varno 2) are rows of the relation.
pub fn analyze_trigger_when(backend: &Backend<'_>, relation: &Relation, expr: &ast::Expr) -> Result<Expr> {
    let mut parameters = Parameters::default();
    let mut analyzer = Analyzer::new(backend, &mut parameters);
    for name in ["old", "new"] {
        analyzer.enter_relation_as(relation, name.into());
    }
    let analyzed = analyzer.expression(expr, ExprKind::TriggerWhen)?;
    analyzer.coerce_to_boolean(analyzed, "WHEN")
}

/// Coerces an analyzed expression as on assignment, or implicitly; `None` if there is no such cast.
pub fn coerce_expression(
    backend: &Backend<'_>,
    expr: Expr,
    target: (Oid, i32),
    assignment: bool,
) -> Result<Option<Expr>> {
    let mut parameters = Parameters::default();
    let mut analyzer = Analyzer::new(backend, &mut parameters);
    let target = match assignment {
        true => Target::assignment(target.0, target.1),
        false => Target {
            modifier: target.1,
            ..Target::implicit(target.0)
        },
    };
    analyzer.coerce_to_target(expr, target)
}

impl Analyzer<'_, '_> {
    /// Makes the columns of a relation visible as those of the first range-table entry.
    fn enter_relation(&mut self, relation: &Relation) {
        self.enter_relation_as(relation, relation.name.clone());
    }

    fn enter_relation_as(&mut self, relation: &Relation, name: crate::catalog::Name) {
        let columns = relation.attributes.iter().map(|attribute| RteColumn {
            name: if attribute.dropped {
                "".into()
            } else {
                attribute.name.clone()
            },
            type_oid: attribute.type_oid,
            type_modifier: attribute.type_modifier,
            collation: attribute.collation,
        });
        let kind = RangeTableKind::Relation {
            relation: relation.oid,
            inherit: false,
            sample: None,
        };
        let entry = new_entry(kind, name, columns.collect());
        let item = self.add_item(entry, Some(relation.oid));
        self.level.namespace.push(item);
    }
}

/// The error of a value that can't go to its type, in the words of the place where it stands.
fn mismatch(backend: &Backend<'_>, context: ExprContext, target: Oid, source: Oid) -> Error {
    let (target, source) = (backend.format_type(target), backend.format_type(source));
    let message = match context {
        ExprContext::ExecuteParameter => {
            format!("parameter of type {source} cannot be coerced to the expected type {target}")
        }
        ExprContext::FunctionDefault => format!("argument of DEFAULT must be type {target}, not type {source}"),
        ExprContext::PartitionBound => format!("specified value cannot be cast to type {target}"),
        ExprContext::AlterColumnUsing => {
            format!("result of USING clause cannot be cast automatically to type {target}")
        }
        _ => format!("default expression is of type {source}, expected {target}"),
    };
    let error = Error::new(SqlState::DATATYPE_MISMATCH, message);
    match context {
        ExprContext::PartitionBound | ExprContext::FunctionDefault => error,
        ExprContext::AlterColumnUsing => error.hint("You might need to add an explicit cast."),
        _ => error.hint("You will need to rewrite or cast the expression."),
    }
}

fn clause_of(context: ExprContext) -> &'static str {
    match context {
        ExprContext::IndexPredicate | ExprContext::CopyWhere => "WHERE",
        ExprContext::TriggerWhen => "WHEN",
        ExprContext::Policy => "POLICY",
        _ => "CHECK",
    }
}

fn kind_of(context: ExprContext) -> ExprKind {
    match context {
        ExprContext::ColumnDefault => ExprKind::ColumnDefault,
        ExprContext::CheckConstraint => ExprKind::CheckConstraint,
        ExprContext::DomainCheck => ExprKind::DomainCheck,
        ExprContext::IndexExpression => ExprKind::IndexExpression,
        ExprContext::IndexPredicate => ExprKind::IndexPredicate,
        ExprContext::GeneratedColumn => ExprKind::GeneratedColumn,
        ExprContext::PartitionExpression => ExprKind::PartitionExpression,
        ExprContext::PartitionBound => ExprKind::PartitionBound,
        ExprContext::FunctionDefault => ExprKind::FunctionDefault,
        ExprContext::TriggerWhen => ExprKind::TriggerWhen,
        ExprContext::Policy => ExprKind::Policy,
        ExprContext::ExecuteParameter => ExprKind::ExecuteParameter,
        ExprContext::CallArgument => ExprKind::CallArgument,
        ExprContext::AlterColumnUsing => ExprKind::AlterColumnTransform,
        ExprContext::CopyWhere => ExprKind::CopyWhere,
        ExprContext::Other => ExprKind::Other,
    }
}

/// Gives parameters that were used before their type was known the type found later, and refuses those of
/// which none was found (`check_variable_parameters`).
pub fn settle_parameters(query: &mut Query, parameters: &Parameters) -> Result<()> {
    if !parameters.infer {
        return Ok(());
    }
    for (slot, number) in parameters.types.iter().zip(1..) {
        if slot.is_none() {
            return Err(Error::new(
                SqlState::INDETERMINATE_DATATYPE,
                format!("could not determine data type of parameter ${number}"),
            ));
        }
    }
    query.for_each_expr_mut(&mut |expr| settle(expr, parameters));
    query.for_each_subquery_mut(&mut |query| {
        // All types are known by now: nothing is left to fail.
        let _ = settle_parameters(std::sync::Arc::make_mut(query), parameters);
    });
    Ok(())
}

fn settle(expr: &mut Expr, parameters: &Parameters) {
    expr.transform(&mut |part| {
        if let Expr::Param { number, type_oid, .. } = part
            && *type_oid == Oid::UNKNOWN
            && let Some(Some(known)) = number.checked_sub(1).and_then(|i| parameters.types.get(i))
        {
            *type_oid = *known;
        }
    });
}
