//! RETURN, RETURN NEXT, RETURN QUERY.

use kumquat_sql::plpgsql::ast::Expression;
use kumquat_types::{Datum, Error, Oid, RecordValue, Result, SqlState};

use super::statement::Flow;
use super::{Interpreter, ROW_LIMIT, check_row, row_mismatch};
use crate::executor::functions::{convert, convert_value, result_shape};
use crate::result::QueryOutcome;

impl Interpreter<'_, '_, '_> {
    pub fn return_value(&mut self, expression: Option<&Expression>) -> Result<Flow> {
        if let Some(expression) = expression {
            let (value, type_oid) = self.evaluate(expression)?;
            let is_plain = !matches!(value, Datum::Record(_) | Datum::Null);
            if is_plain && (self.function.result == Oid::TRIGGER || self.returns_rows()?) {
                return Err(Error::new(
                    SqlState::DATATYPE_MISMATCH,
                    "cannot return non-composite value from function returning composite type",
                ));
            }
            self.returned = Some((value, type_oid));
        }
        Ok(Flow::Return)
    }

    /// The function gives rows, and no single values.
    fn returns_rows(&self) -> Result<bool> {
        let result = self.function.result;
        Ok(result == Oid::RECORD || result_shape(self.backend, self.function)?.is_some())
    }

    pub fn return_next(&mut self, expression: Option<&Expression>) -> Result<()> {
        let row = match expression {
            None => self.outputs.iter().map(|&output| self.scopes.value(output)).collect(),
            Some(expression) => {
                let (value, type_oid) = self.evaluate(expression)?;
                match value {
                    Datum::Record(record) if self.returns_rows()? => self.next_row(&record)?,
                    Datum::Null if self.returns_rows()? => self.null_row()?,
                    _ if self.returns_rows()? => {
                        return Err(Error::new(
                            SqlState::DATATYPE_MISMATCH,
                            "cannot return non-composite value from function returning composite type",
                        ));
                    }
                    value => {
                        let result = self.function.result;
                        vec![convert_value(self.backend, value, type_oid, (result, -1))?]
                    }
                }
            }
        };
        self.push_rows([row])
    }

    /// A row of RETURN NEXT, which must have the columns of the result.
    fn next_row(&self, row: &RecordValue) -> Result<Vec<Datum>> {
        if let Some(shape) = result_shape(self.backend, self.function)? {
            let given: Vec<Oid> = row.types.iter().map(|(type_oid, _)| *type_oid).collect();
            check_row(self.backend, &given, &shape.types)?;
        }
        Ok(row.values.clone())
    }

    fn null_row(&self) -> Result<Vec<Datum>> {
        let shape = result_shape(self.backend, self.function)?;
        Ok(vec![Datum::Null; shape.map_or(1, |shape| shape.types.len())])
    }

    /// RETURN QUERY: the columns must be those of the result.
    pub fn return_rows(&mut self, outcome: QueryOutcome) -> Result<()> {
        let Some(rows) = outcome.rows else {
            return Err(Error::new(SqlState::SYNTAX_ERROR, "query is not a SELECT"));
        };
        let given: Vec<(Oid, i32)> = rows.columns.iter().map(|c| (c.type_oid, c.type_modifier)).collect();
        let wanted = match result_shape(self.backend, self.function)? {
            Some(shape) => Some(shape.types.to_vec()),
            None => match self.function.outputs.first() {
                Some(output) => Some(vec![(output.type_oid, -1)]),
                None if self.function.result == Oid::RECORD => None,
                None => Some(vec![(self.function.result, -1)]),
            },
        };
        if let Some(wanted) = &wanted {
            self.check_structure(&given, wanted)?;
        }
        self.row_count = rows.row_count() as u64;
        self.set_found(rows.row_count() > 0);
        for chunk in &rows.chunks {
            let chunk = match &wanted {
                Some(wanted) => convert(self.backend, &given, chunk, wanted)?,
                None => chunk.clone(),
            };
            self.push_rows(chunk.iter_rows())?;
        }
        Ok(())
    }

    fn check_structure(&self, given: &[(Oid, i32)], wanted: &[(Oid, i32)]) -> Result<()> {
        let given: Vec<Oid> = given.iter().map(|(type_oid, _)| *type_oid).collect();
        match row_mismatch(self.backend, &given, wanted) {
            Some(detail) => {
                let message = "structure of query does not match function result type";
                Err(Error::new(SqlState::DATATYPE_MISMATCH, message).detail(detail))
            }
            None => Ok(()),
        }
    }

    fn push_rows(&mut self, rows: impl IntoIterator<Item = Vec<Datum>>) -> Result<()> {
        self.rows.extend(rows);
        if self.rows.len() > ROW_LIMIT {
            return Err(Error::new(SqlState::OUT_OF_MEMORY, "out of memory")
                .detail(format!("A function gives at most {ROW_LIMIT} rows in Kumquat.")));
        }
        Ok(())
    }
}
