//! Fields of composite values (`ParseComplexProjection`, `expandRecordVariable`).

use kumquat_types::{Error, Oid, Result, SqlState};

use super::state::{Analyzer, column_var};
use crate::catalog::Name;
use crate::query::{Expr, RangeTableKind, Var};

impl Analyzer<'_, '_> {
    /// Field `name` of a composite value; None if it has none (`ParseComplexProjection`).
    pub fn field_of(&mut self, row: &Expr, name: &str) -> Option<Expr> {
        if let Expr::Var(Var {
            varno,
            attribute: 0,
            levels_up,
            location,
            ..
        }) = row
        {
            let entry = self.entry(*varno, *levels_up)?;
            let at = entry.columns.iter().position(|column| *column.name == *name)?;
            let number = i16::try_from(at).ok()?.checked_add(1)?;
            let mut var = column_var(*varno, number, entry.columns.get(at)?);
            (var.levels_up, var.location) = (*levels_up, *location);
            self.mark_selected(&var);
            return Some(Expr::Var(var));
        }
        let fields = self.row_fields(row)?;
        let at = fields.iter().position(|field| *field.0 == *name)?;
        let (_, type_oid, type_modifier) = fields.get(at)?;
        Some(Expr::FieldSelect {
            arg: Box::new(row.clone()),
            field: i16::try_from(at).ok()?.checked_add(1)?,
            type_oid: *type_oid,
            type_modifier: *type_modifier,
        })
    }

    /// Names and types of the fields of a row, by number; `None` if they can't be known (`expandRecordVariable`).
    pub fn row_fields(&self, row: &Expr) -> Option<Vec<(Name, Oid, i32)>> {
        if let Some(fields) = self.backend.composite_fields(row.type_oid()) {
            let fields = fields.into_iter();
            return Some(
                fields
                    .map(|field| (field.name, field.type_oid, field.type_modifier))
                    .collect(),
            );
        }
        match row {
            Expr::Row { args, names, .. } => {
                let names =
                    (1..=args.len()).map(|n| names.get(n - 1).cloned().unwrap_or_else(|| format!("f{n}").into()));
                Some(
                    names
                        .zip(args)
                        .map(|(name, arg)| (name, arg.type_oid(), arg.type_modifier()))
                        .collect(),
                )
            }
            Expr::Var(var) if var.attribute == 0 => {
                let columns = self.entry(var.varno, var.levels_up)?.columns.iter();
                Some(
                    columns
                        .map(|column| (column.name.clone(), column.type_oid, column.type_modifier))
                        .collect(),
                )
            }
            Expr::Var(var) => self.record_column_fields(var),
            Expr::Func(call) => {
                let outputs = self.backend.callable(call.function)?.output_columns();
                (!outputs.is_empty()).then(|| outputs.into_iter().map(|(name, oid)| (name, oid, -1)).collect())
            }
            Expr::SubLink(link) => self.row_fields(&link.query.output_columns().next()?.expr),
            _ => None,
        }
    }

    /// A record column of a subquery: look at what the subquery computes for it.
    fn record_column_fields(&self, var: &Var) -> Option<Vec<(Name, Oid, i32)>> {
        let entry = self.entry(var.varno, var.levels_up)?;
        let place = usize::try_from(var.attribute).ok()?.checked_sub(1)?;
        match &entry.kind {
            RangeTableKind::Subquery { query, .. } => {
                let target = query.output_columns().nth(place)?;
                match &target.expr {
                    Expr::Var(inner) if inner.attribute == 0 => {
                        let columns = query.entry(inner.varno)?.columns.iter();
                        Some(
                            columns
                                .map(|column| (column.name.clone(), column.type_oid, column.type_modifier))
                                .collect(),
                        )
                    }
                    Expr::Row { .. } | Expr::Func(_) => self.row_fields(&target.expr),
                    _ => None,
                }
            }
            RangeTableKind::Values { rows } => self.row_fields(rows.first()?.get(place)?),
            _ => None,
        }
    }

    /// Field `name` of a value that must be composite and have it.
    pub fn field_selection(&mut self, row: Expr, name: &str, at: Option<u32>) -> Result<Expr> {
        match self.field_of(&row, name) {
            Some(field) => Ok(field),
            None => Err(self.unknown_attribute(&row, name, at)),
        }
    }

    /// `unknown_attribute`.
    pub fn unknown_attribute(&self, row: &Expr, name: &str, at: Option<u32>) -> Error {
        if let Expr::Var(Var {
            varno,
            attribute: 0,
            levels_up,
            ..
        }) = row
            && let Some(entry) = self.entry(*varno, *levels_up)
        {
            return Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column {}.{name} does not exist", entry.name),
            )
            .at(at);
        }
        let type_oid = row.type_oid();
        if self.backend.is_composite(type_oid) {
            return Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!(
                    "column \"{name}\" not found in data type {}",
                    self.backend.format_type(type_oid)
                ),
            )
            .at(at);
        }
        if type_oid == Oid::RECORD {
            return Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("could not identify column \"{name}\" in record data type"),
            )
            .at(at);
        }
        Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!(
                "column notation .{name} applied to type {}, which is not a composite type",
                self.backend.format_type(type_oid)
            ),
        )
        .at(at)
    }
}
