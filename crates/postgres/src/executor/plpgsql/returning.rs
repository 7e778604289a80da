//! RETURN, RETURN NEXT, RETURN QUERY.

use kumquat_sql::plpgsql::ast::Expression;
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::statement::Flow;
use super::{Interpreter, ROW_LIMIT};
use crate::executor::functions::{convert, convert_value, result_shape};
use crate::result::QueryOutcome;

impl Interpreter<'_, '_, '_> {
    pub fn return_value(&mut self, expression: Option<&Expression>) -> Result<Flow> {
        if let Some(expression) = expression {
            self.returned = Some(self.evaluate(expression)?);
        }
        Ok(Flow::Return)
    }

    pub fn return_next(&mut self, expression: Option<&Expression>) -> Result<()> {
        let row = match expression {
            None => self.outputs.iter().map(|&output| self.scopes.value(output)).collect(),
            Some(expression) => {
                let (value, type_oid) = self.evaluate(expression)?;
                match value {
                    Datum::Record(record) => record.values.clone(),
                    value => {
                        let result = self.function.result;
                        vec![convert_value(self.backend, value, type_oid, (result, -1))?]
                    }
                }
            }
        };
        self.push_rows([row])
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
        let mismatch = |detail: String| {
            Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                "structure of query does not match function result type",
            )
            .detail(detail))
        };
        if given.len() != wanted.len() {
            return mismatch(format!(
                "Number of returned columns ({}) does not match expected column count ({}).",
                given.len(),
                wanted.len()
            ));
        }
        for (number, (have, want)) in (1..).zip(given.iter().zip(wanted)) {
            if have.0 != want.0 {
                let (have, want) = (self.backend.format_type(have.0), self.backend.format_type(want.0));
                return mismatch(format!(
                    "Returned type {have} does not match expected type {want} in column {number}."
                ));
            }
        }
        Ok(())
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
