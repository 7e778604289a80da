//! Changes of type: relabelling, by way of text, element by element, and into domains.

use std::sync::Arc;

use kumquat_types::{
    ArrayValue, Bitmap, Chunk, Column, ColumnData, Datum, Error, Oid, Result, SqlState, UserType, format_type, io,
};

use super::logic::{falsity, with_column};
use super::{Compiled, per_row};
use crate::backend::Backend;
use crate::catalog::{Name, TypeDefinition};
use crate::executor::context::Context;
use crate::query::Expr;

/// The same values under another type. `oid` and its kin are not kept as integers are.
pub fn relabel(column: Arc<Column>, from: Oid, to: Oid) -> Result<Arc<Column>> {
    let same_vector =
        std::mem::discriminant(&ColumnData::for_type(from)) == std::mem::discriminant(&ColumnData::for_type(to));
    if same_vector && !matches!(column.data, ColumnData::Datum(_)) {
        return Ok(column);
    }
    let integer = matches!(to, Oid::INT4);
    let convert = |value: Datum| match value {
        Datum::Oid(v) if integer => Datum::Int4(v.cast_signed()),
        Datum::Int4(v) if from == Oid::INT4 => Datum::Oid(v.cast_unsigned()),
        value => value,
    };
    Ok(Arc::new(Column::from_datums(to, column.iter().map(convert))))
}

/// Prints each value and reads it as the other type.
pub fn via_text(
    ctx: &mut Context<'_, '_>,
    values: &Column,
    from: Oid,
    to: Oid,
    mask: Option<&Bitmap>,
) -> Result<Column> {
    let environment = &*ctx.backend;
    per_row(values.len(), mask, to, |row| {
        let value = values.get(row);
        if value.is_null() {
            return Ok(Datum::Null);
        }
        let text = io::output(environment, from, &value);
        io::input(environment, to, -1, &text)
    })
}

/// `ARRAY[...]::other[]`: an expression over the elements.
pub struct ArrayCoerce {
    pub arg: Compiled,
    /// Over one column: the elements.
    pub element: Compiled,
}

impl ArrayCoerce {
    pub fn eval(
        &mut self,
        ctx: &mut Context<'_, '_>,
        input: &Chunk,
        mask: Option<&Bitmap>,
        type_oid: Oid,
    ) -> Result<Column> {
        let arrays = self.arg.eval(ctx, input, mask)?;
        let target = self.element.type_oid;
        per_row(input.rows, mask, type_oid, |row| {
            let Datum::Array(array) = arrays.get(row) else {
                return Ok(Datum::Null);
            };
            let elements = Column::from_datums(array.element, array.values.iter().cloned());
            let chunk = Chunk::new(vec![Arc::new(elements)], array.values.len());
            let values = self.element.eval(ctx, &chunk, None)?.iter().collect();
            Ok(Datum::Array(Arc::new(ArrayValue {
                element: target,
                dims: array.dims.clone(),
                values,
            })))
        })
    }
}

/// A value on its way into a domain.
pub struct DomainCheck {
    arg: Compiled,
    domain: Oid,
    not_null: bool,
    /// Columns of the input: the value is put to their right.
    width: usize,
    /// Constraints with their names.
    checks: Vec<(Name, Compiled)>,
}

impl DomainCheck {
    /// `compile` binds an expression over the domain's value.
    pub fn new(
        backend: &Backend<'_>,
        arg: Compiled,
        domain: Oid,
        width: usize,
        compile: &dyn Fn(&Expr) -> Result<Compiled>,
    ) -> Result<DomainCheck> {
        let mut check = DomainCheck {
            arg,
            domain,
            not_null: false,
            width,
            checks: Vec::new(),
        };
        // A domain over a domain has the constraints of both, the inner ones first.
        let mut next = domain;
        while let Some(user_type) = backend.catalog()?.types.get(&next) {
            let TypeDefinition::Domain {
                base,
                not_null,
                constraints,
                ..
            } = &user_type.definition
            else {
                break;
            };
            check.not_null |= not_null;
            let mut ordered: Vec<_> = constraints.iter().collect();
            ordered.sort_by(|a, b| a.name.cmp(&b.name));
            let compiled = ordered
                .iter()
                .map(|constraint| Ok((constraint.name.clone(), compile(&constraint.expression)?)));
            let compiled: Vec<(Name, Compiled)> = compiled.collect::<Result<_>>()?;
            check.checks.splice(0..0, compiled);
            next = *base;
        }
        Ok(check)
    }

    pub fn eval(&mut self, ctx: &mut Context<'_, '_>, input: &Chunk, mask: Option<&Bitmap>) -> Result<Arc<Column>> {
        let values = self.arg.eval(ctx, input, mask)?;
        let wanted = |row: usize| mask.is_none_or(|mask| mask.get(row));
        if self.not_null && (0..input.rows).any(|row| wanted(row) && values.is_null(row)) {
            let name = format_type(&*ctx.backend, self.domain);
            let message = format!("domain {name} does not allow null values");
            return Err(Error::new(SqlState::NOT_NULL_VIOLATION, message));
        }
        let chunk = with_column(input, self.width, values.clone());
        for (name, check) in &mut self.checks {
            let failed = falsity(&*check.eval(ctx, &chunk, mask)?);
            if (0..input.rows).any(|row| wanted(row) && failed.get(row)) {
                let domain = format_type(&*ctx.backend, self.domain);
                let message = format!("value for domain {domain} violates check constraint \"{name}\"");
                return Err(Error::new(SqlState::CHECK_VIOLATION, message));
            }
        }
        Ok(values)
    }
}

/// The base type under domains.
pub fn base_type(backend: &Backend<'_>, type_oid: Oid) -> Oid {
    let mut base = type_oid;
    while let Ok(catalog) = backend.catalog()
        && let Some(user_type) = catalog.types.get(&base)
        && let TypeDefinition::Domain { base: inner, .. } = &user_type.definition
    {
        base = *inner;
    }
    base
}

/// The element type of an array type; 0 if it is none.
pub fn element_type(environment: &dyn kumquat_types::Environment, array: Oid) -> Oid {
    match environment.user_type(array) {
        Some(UserType::Array(element)) => element,
        Some(UserType::Domain(base, _)) => element_type(environment, base),
        _ => kumquat_types::builtin_type(array).map_or(Oid::INVALID, |t| t.element),
    }
}
