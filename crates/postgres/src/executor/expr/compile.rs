//! From analyzed expressions to compiled ones.

use kumquat_types::{Error, Oid, Result};

use super::array_op::ArrayOp;
use super::coerce::{ArrayCoerce, DomainCheck};
use super::composite::{ArrayNode, FieldStore, RowCompare, RowNode};
use super::function::{Call, Function};
use super::logic::Case;
use super::subscript::Subscript;
use super::{Compiled, Kind};
use crate::backend::Backend;
use crate::executor::layout::Layout;
use crate::executor::subplan::SubplanCall;
use crate::query::expr::SubscriptingRef;
use crate::query::{Expr, OpExpr, ParamKind, Var};

/// Deepest nesting of an expression.
const DEPTH_LIMIT: usize = 512;

/// Binds an expression to the columns of an input.
pub fn compile(backend: &Backend<'_>, expr: &Expr, layout: &Layout) -> Result<Compiled> {
    let compiler = Compiler {
        backend,
        layout,
        width: layout.len(),
        case_test: None,
        domain_value: None,
    };
    compiler.compile(expr, 0)
}

/// Binds several expressions.
pub fn compile_all<'a>(
    backend: &Backend<'_>,
    exprs: impl IntoIterator<Item = &'a Expr>,
    layout: &Layout,
) -> Result<Vec<Compiled>> {
    exprs.into_iter().map(|expr| compile(backend, expr, layout)).collect()
}

#[derive(Clone, Copy)]
struct Compiler<'a, 'b> {
    backend: &'a Backend<'b>,
    layout: &'a Layout,
    /// Columns of the input with those that CASE and domain checks have added to the right.
    width: usize,
    case_test: Option<usize>,
    domain_value: Option<usize>,
}

impl Compiler<'_, '_> {
    fn compile(&self, expr: &Expr, depth: usize) -> Result<Compiled> {
        if depth > DEPTH_LIMIT {
            return Err(Error::new(
                kumquat_types::SqlState::STATEMENT_TOO_COMPLEX,
                "stack depth limit exceeded",
            ));
        }
        let kind = match self.layout.find(expr) {
            Some(column) => Kind::Column(column),
            None => self.kind(expr, depth + 1)?,
        };
        Ok(Compiled {
            kind,
            type_oid: expr.type_oid(),
        })
    }

    fn boxed(&self, expr: &Expr, depth: usize) -> Result<Box<Compiled>> {
        self.compile(expr, depth).map(Box::new)
    }

    fn all<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>, depth: usize) -> Result<Vec<Compiled>> {
        exprs.into_iter().map(|expr| self.compile(expr, depth)).collect()
    }

    fn optional(&self, expr: Option<&Expr>, depth: usize) -> Result<Option<Compiled>> {
        expr.map(|expr| self.compile(expr, depth)).transpose()
    }

    fn kind(&self, expr: &Expr, depth: usize) -> Result<Kind> {
        Ok(match expr {
            Expr::Const(constant) => Kind::Constant(constant.value.clone(), None),
            Expr::Param {
                kind: ParamKind::External,
                number,
                ..
            } => Kind::External(*number),
            Expr::Param { number, .. } => Kind::Executor(*number),
            Expr::Var(var) if var.attribute == 0 => self.whole_row(var)?,
            Expr::Func(call) => Kind::Call(Box::new(Call {
                args: self.all(&call.args, depth)?,
                function: Function::new(
                    self.backend,
                    call.function,
                    call.args.iter().map(Expr::type_oid).collect(),
                    call.result,
                    call.variadic,
                )?
                .of_form(call.form),
            })),
            Expr::Op(op) => Kind::Call(Box::new(self.operation(op, depth)?)),
            Expr::Distinct(op) => Kind::Distinct(Box::new(self.operation(op, depth)?)),
            Expr::NullIf(op) => Kind::NullIf(Box::new(self.operation(op, depth)?)),
            Expr::ScalarArrayOp {
                operator, any, args, ..
            } => {
                let [left, right] = args.as_ref();
                Kind::ArrayOp(Box::new(ArrayOp::new(
                    self.backend,
                    *operator,
                    *any,
                    self.compile(left, depth)?,
                    self.compile(right, depth)?,
                )?))
            }
            Expr::Bool(op, args) => Kind::Bool(*op, self.all(args, depth)?),
            Expr::Case {
                arg, whens, otherwise, ..
            } => self.case(arg.as_deref(), whens, otherwise.as_deref(), depth)?,
            Expr::CaseTest { .. } => self.placeholder(self.case_test)?,
            Expr::CoerceToDomainValue { .. } => self.placeholder(self.domain_value)?,
            Expr::Coalesce { args, .. } => Kind::Coalesce(self.all(args, depth)?),
            Expr::MinMax { op, args, .. } => Kind::MinMax(*op, self.all(args, depth)?),
            Expr::SqlValue {
                value, type_modifier, ..
            } => Kind::SqlValue(*value, *type_modifier),
            Expr::NullTest { arg, is_null, row_test } => Kind::NullTest {
                arg: self.boxed(arg, depth)?,
                is_null: *is_null,
                row_test: *row_test,
            },
            Expr::BooleanTest { arg, kind } => Kind::BooleanTest(self.boxed(arg, depth)?, *kind),
            Expr::SubPlan(plan) => Kind::Subplan(Box::new(SubplanCall::new(
                self.backend,
                plan,
                self.all(&plan.left, depth)?,
                self.all(plan.args.iter().map(|(_, value)| value), depth)?,
            )?)),
            Expr::Collate { arg, .. } => return self.compile(arg, depth).map(|compiled| compiled.kind),
            Expr::Relabel { arg, .. } => Kind::Relabel(self.boxed(arg, depth)?),
            Expr::CoerceViaIo { arg, .. } => Kind::ViaText(self.boxed(arg, depth)?),
            Expr::ConvertRowtype { arg, .. } => Kind::ConvertRow(self.boxed(arg, depth)?),
            Expr::ArrayCoerce { arg, element, .. } => {
                // The element expression sees one column: the elements.
                let elements = Layout::default();
                let inner = Compiler {
                    layout: &elements,
                    width: 1,
                    case_test: Some(0),
                    ..*self
                };
                Kind::ArrayCoerce(Box::new(ArrayCoerce {
                    arg: self.compile(arg, depth)?,
                    element: inner.compile(element, depth)?,
                }))
            }
            Expr::CoerceToDomain { arg, domain, .. } => self.domain(arg, *domain, depth)?,
            Expr::Array {
                elements,
                element_type,
                multi,
                ..
            } => Kind::Array(Box::new(ArrayNode {
                elements: self.all(elements, depth)?,
                element_type: *element_type,
                multi: *multi,
            })),
            Expr::Row {
                args, names, type_oid, ..
            } => Kind::Row(Box::new(RowNode {
                types: args.iter().map(|arg| (arg.type_oid(), arg.type_modifier())).collect(),
                names: names.iter().cloned().collect(),
                fields: self.all(args, depth)?,
                whole: match *type_oid {
                    Oid::RECORD => None,
                    named => Some(super::composite::RowShape::of_type(self.backend, named)?),
                },
            })),
            Expr::RowCompare {
                op,
                operators,
                left,
                right,
            } => Kind::RowCompare(Box::new(RowCompare::new(
                self.backend,
                *op,
                operators,
                self.all(left, depth)?,
                self.all(right, depth)?,
            )?)),
            Expr::FieldSelect { arg, field, .. } => Kind::Field {
                arg: self.boxed(arg, depth)?,
                index: super::composite::RowShape::of_type(self.backend, arg.type_oid())?.index_of(*field),
            },
            Expr::FieldStore { arg, fields, type_oid } => {
                Kind::FieldStore(Box::new(self.field_store(arg, fields, *type_oid, depth)?))
            }
            Expr::Subscript(subscript) => Kind::Subscript(Box::new(self.subscript(subscript, depth)?)),
            Expr::Var(_)
            | Expr::Aggref(_)
            | Expr::Grouping { .. }
            | Expr::WindowFunc(_)
            | Expr::SubLink(_)
            | Expr::SetToDefault { .. }
            | Expr::InputColumn { .. } => {
                return Err(Error::internal(format!("no input gives {}", describe(expr))));
            }
        })
    }

    fn operation(&self, op: &OpExpr, depth: usize) -> Result<Call> {
        let types = op.args.iter().map(Expr::type_oid).collect();
        Ok(Call {
            args: self.all(&op.args, depth)?,
            function: Function::for_operator(self.backend, op.operator, types, op.result)?,
        })
    }

    fn placeholder(&self, column: Option<usize>) -> Result<Kind> {
        let missing = || Error::internal("a placeholder stands outside of its expression");
        column.map(Kind::Column).ok_or_else(missing)
    }

    fn case(&self, arg: Option<&Expr>, whens: &[(Expr, Expr)], otherwise: Option<&Expr>, depth: usize) -> Result<Kind> {
        let inner = match arg {
            Some(_) => Compiler {
                width: self.width + 1,
                case_test: Some(self.width),
                ..*self
            },
            None => *self,
        };
        let when =
            |(condition, result): &(Expr, Expr)| Ok((inner.compile(condition, depth)?, self.compile(result, depth)?));
        Ok(Kind::Case(Box::new(Case {
            arg: self.optional(arg, depth)?,
            width: self.width,
            whens: whens.iter().map(when).collect::<Result<_>>()?,
            otherwise: self.optional(otherwise, depth)?,
        })))
    }

    fn domain(&self, arg: &Expr, domain: Oid, depth: usize) -> Result<Kind> {
        let arg = self.compile(arg, depth)?;
        let inner = Compiler {
            width: self.width + 1,
            domain_value: Some(self.width),
            ..*self
        };
        let compile = |expr: &Expr| inner.compile(expr, depth);
        DomainCheck::new(self.backend, arg, domain, self.width, &compile).map(|check| Kind::Domain(Box::new(check)))
    }

    fn field_store(&self, arg: &Expr, fields: &[(i16, Expr)], type_oid: Oid, depth: usize) -> Result<FieldStore> {
        let field = |(number, value): &(i16, Expr)| {
            let index = usize::try_from(*number).unwrap_or(0).saturating_sub(1);
            Ok((index, self.compile(value, depth)?))
        };
        Ok(FieldStore {
            arg: self.compile(arg, depth)?,
            fields: fields.iter().map(field).collect::<Result<_>>()?,
            shape: super::composite::RowShape::of_type(self.backend, type_oid)?,
        })
    }

    fn subscript(&self, subscript: &SubscriptingRef, depth: usize) -> Result<Subscript> {
        let bounds = |bounds: &[Option<Expr>]| -> Result<Vec<Option<Compiled>>> {
            bounds
                .iter()
                .map(|bound| self.optional(bound.as_ref(), depth))
                .collect()
        };
        Ok(Subscript {
            container: self.compile(&subscript.container, depth)?,
            lower: bounds(&subscript.lower)?,
            upper: bounds(&subscript.upper)?,
            is_slice: subscript.is_slice,
            assign: self.optional(subscript.assign.as_ref(), depth)?,
        })
    }

    /// The row of an entry as one composite value.
    fn whole_row(&self, var: &Var) -> Result<Kind> {
        let columns = self.layout.entry_columns(var.varno);
        let shape = super::composite::RowShape::of_type(self.backend, var.type_oid)?;
        let mut fields = Vec::with_capacity(columns.len());
        let mut types = Vec::with_capacity(columns.len());
        for (_, at) in columns {
            let Some(entry) = self.layout.entries().get(at) else {
                continue;
            };
            types.push((entry.type_oid(), entry.type_modifier()));
            fields.push(Compiled {
                kind: Kind::Column(at),
                type_oid: entry.type_oid(),
            });
        }
        Ok(Kind::Row(Box::new(RowNode {
            fields,
            types: types.into(),
            names: [].into(),
            whole: Some(shape),
        })))
    }
}

/// What an expression is, for an internal error.
fn describe(expr: &Expr) -> String {
    match expr {
        Expr::Var(var) => format!(
            "column {} of range-table entry {}, {} levels up",
            var.attribute, var.varno, var.levels_up
        ),
        Expr::Aggref(_) => "an aggregate".into(),
        Expr::WindowFunc(_) => "a window function".into(),
        Expr::SubLink(_) => "a sublink".into(),
        Expr::SetToDefault { .. } => "DEFAULT".into(),
        _ => "this expression".into(),
    }
}
