//! Arrays and rows, and what is taken out of them: subscripts and fields.

use kumquat_sql::ast::{self, Indirection};
use kumquat_types::{CastContext, Datum, Error, Oid, Result, SqlState};

use super::coercion::Target;
use super::location::{expr_location, position};
use super::state::Analyzer;
use crate::query::{Expr, FuncForm, SubscriptingRef};

impl Analyzer<'_, '_> {
    /// Subscripts and fields, from left to right (`transformIndirection`).
    pub fn indirection(&mut self, node: &ast::AIndirection) -> Result<Expr> {
        let mut result = self.transform(&node.arg)?;
        let at = position(node.arg.location()).or(expr_location(&result));
        let mut subscripts: Vec<&Indirection> = Vec::new();
        for step in &node.indirection {
            match step {
                Indirection::Index(_) | Indirection::Slice(..) => subscripts.push(step),
                Indirection::Star => {
                    return Err(Error::new(
                        SqlState::FEATURE_NOT_SUPPORTED,
                        "row expansion via \"*\" is not supported here",
                    )
                    .at(at));
                }
                Indirection::Field(name) => {
                    if !subscripts.is_empty() {
                        result = self.subscript(result, &std::mem::take(&mut subscripts), at)?;
                    }
                    result = match self.function_or_field(name, result.clone(), at)? {
                        Some(field) => field,
                        None => return Err(self.unknown_attribute(&result, name, at)),
                    };
                }
            }
        }
        match subscripts.is_empty() {
            true => Ok(result),
            false => self.subscript(result, &subscripts, at),
        }
    }

    fn subscript(&mut self, container: Expr, steps: &[&Indirection], at: Option<u32>) -> Result<Expr> {
        let (reference, _) = self.subscripting(container, steps, at)?;
        Ok(Expr::Subscript(Box::new(reference)))
    }

    /// Subscripts with the type that an assigned value must have (`transformContainerSubscripts`).
    pub fn subscripting(
        &mut self,
        container: Expr,
        steps: &[&Indirection],
        at: Option<u32>,
    ) -> Result<(SubscriptingRef, Oid)> {
        let (base, modifier) = self
            .backend
            .base_type_and_modifier(container.type_oid(), container.type_modifier());
        let is_slice = steps.iter().any(|step| matches!(step, Indirection::Slice(..)));
        let element = match base {
            Oid::JSONB if is_slice => {
                return Err(Error::new(SqlState::DATATYPE_MISMATCH, "jsonb subscript does not support slices").at(at));
            }
            Oid::JSONB => Oid::JSONB,
            base => self.backend.subscript_element(base).ok_or_else(|| {
                Error::new(
                    SqlState::DATATYPE_MISMATCH,
                    format!(
                        "cannot subscript type {} because it does not support subscripting",
                        self.backend.format_type(container.type_oid())
                    ),
                )
                .at(at)
            })?,
        };
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for step in steps {
            match step {
                Indirection::Index(index) => {
                    // In a slice, a single number is the upper bound and 1 the lower.
                    lower.push(is_slice.then(|| Expr::constant(Datum::Int4(1), Oid::INT4)));
                    upper.push(Some(self.subscript_value(index, base)?));
                }
                Indirection::Slice(from, to) => {
                    lower.push(from.as_ref().map(|from| self.subscript_value(from, base)).transpose()?);
                    upper.push(to.as_ref().map(|to| self.subscript_value(to, base)).transpose()?);
                }
                Indirection::Field(_) | Indirection::Star => {}
            }
        }
        let result = match is_slice {
            true if base == Oid::INT2VECTOR => Oid::INT2_ARRAY,
            true if base == Oid::OIDVECTOR => Oid::OID_ARRAY,
            true => base,
            false => element,
        };
        let reference = SubscriptingRef {
            container,
            lower,
            upper,
            is_slice,
            assign: None,
            result,
            type_modifier: modifier,
        };
        Ok((reference, if is_slice { base } else { element }))
    }

    fn subscript_value(&mut self, index: &ast::Expr, container: Oid) -> Result<Expr> {
        let expr = self.transform(index)?;
        let at = expr_location(&expr).or(position(index.location()));
        let source = expr.type_oid();
        if container == Oid::JSONB {
            let fits = |target| self.backend.can_coerce(&[source], &[target], CastContext::Implicit);
            let unsupported = |hint: &str| {
                Error::new(
                    SqlState::DATATYPE_MISMATCH,
                    format!("subscript type {} is not supported", self.backend.format_type(source)),
                )
                .hint(hint)
                .at(at)
            };
            let target = match (fits(Oid::INT4), fits(Oid::TEXT)) {
                _ if source == Oid::UNKNOWN => Oid::TEXT,
                (true, false) => Oid::INT4,
                (false, true) => Oid::TEXT,
                (true, true) => {
                    return Err(unsupported(
                        "jsonb subscript must be coercible to only one type, integer or text.",
                    ));
                }
                (false, false) => {
                    return Err(unsupported(
                        "jsonb subscript must be coercible to either integer or text.",
                    ));
                }
            };
            return self.coerce_type(expr, Target::implicit(target));
        }
        self.coerce_to_target(expr, Target::assignment(Oid::INT4, -1))?
            .ok_or_else(|| Error::new(SqlState::DATATYPE_MISMATCH, "array subscript must have type integer").at(at))
    }

    /// ARRAY[...]; `target`: array type, element type and modifier that a cast around it has told.
    pub fn array(&mut self, node: &ast::AArrayExpr, target: Option<(Oid, Oid, i32)>) -> Result<Expr> {
        let at = position(node.location);
        let mut elements = Vec::with_capacity(node.elements.len());
        let mut multi = false;
        for element in &node.elements {
            let element = match element {
                ast::Expr::Array(inner) => {
                    multi = true;
                    self.deeper(|analyzer| analyzer.array(inner, target))?
                }
                element => {
                    let element = self.transform(element)?;
                    multi |= self.backend.array_element(element.type_oid()).is_some();
                    element
                }
            };
            elements.push(element);
        }
        let (array_type, element_type, modifier, explicit) = match target {
            Some((array, element, modifier)) => (array, if multi { array } else { element }, modifier, true),
            None if elements.is_empty() => {
                return Err(
                    Error::new(SqlState::INDETERMINATE_DATATYPE, "cannot determine type of empty array")
                        .hint("Explicitly cast to the desired type, for example ARRAY[]::integer[].")
                        .at(at),
                );
            }
            None => {
                let common = self.common_type(&elements.iter().collect::<Vec<_>>(), "ARRAY")?;
                let array = match multi {
                    true => common,
                    false => self.backend.array_type(common),
                };
                if !array.is_valid() || multi && self.backend.array_element(array).is_none() {
                    return Err(Error::new(
                        SqlState::UNDEFINED_OBJECT,
                        format!(
                            "could not find array type for data type {}",
                            self.backend.format_type(common)
                        ),
                    )
                    .at(at));
                }
                (array, common, -1, false)
            }
        };
        let mut coerced = Vec::with_capacity(elements.len());
        for element in elements {
            coerced.push(match explicit {
                true => {
                    let source = element.type_oid();
                    let element_at = expr_location(&element);
                    self.coerce_to_target(element, Target::explicit(element_type, modifier, None))?
                        .ok_or_else(|| self.cannot_cast(source, element_type).at(element_at))?
                }
                false => self.coerce_to_common(element, element_type, "ARRAY")?,
            });
        }
        let scalar = match multi {
            true => self.backend.array_element(array_type).unwrap_or(element_type),
            false => element_type,
        };
        Ok(Expr::Array {
            elements: coerced,
            element_type: scalar,
            array_type,
            multi,
        })
    }

    pub fn row(&mut self, row: &ast::RowExpr) -> Result<Expr> {
        let args = self.expression_list(&row.args)?;
        Ok(Expr::Row {
            args,
            names: Vec::new(),
            type_oid: Oid::RECORD,
            form: if row.explicit {
                FuncForm::Call
            } else {
                FuncForm::ImplicitCast
            },
        })
    }
}
