//! Values put into variables, their fields and their elements.

use kumquat_sql::ast::{Indirection, Location};
use kumquat_sql::plpgsql::ast::{Into, Target};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::Interpreter;
use super::expression::Text;
use super::query::IntoSource;
use super::variables::{Variable, known, no_field, record};
use crate::executor::expr::coerce::element_type;
use crate::executor::expr::subscript::Place;
use crate::executor::functions::convert_value;
use crate::executor::functions::sql::select;
use crate::result::{ResultColumn, ResultSet};

impl Interpreter<'_, '_, '_> {
    /// `target := value`
    pub fn assign(&mut self, target: &Target, value: Datum, type_oid: Oid) -> Result<()> {
        let (variable, taken) = known(self.scopes.find(&target.name), &target.name)?;
        let fields: Vec<String> = target.name.get(taken..).unwrap_or_default().to_vec();
        let mut steps: Vec<Step> = fields.into_iter().map(Step::Field).collect();
        for indirection in &target.indirection {
            steps.push(self.step(indirection)?);
        }
        if self.scopes.get(variable).is_some_and(|variable| variable.constant) {
            let message = format!("variable \"{}\" is declared CONSTANT", target.name.join("."));
            return Err(Error::new(SqlState("22005"), message));
        }
        if steps.is_empty() {
            return self.assign_variable(variable, &target.name.join("."), value, type_oid);
        }
        let Some(declared) = self.scopes.get(variable) else {
            return Ok(());
        };
        let (container, container_type) = (declared.value.clone(), declared.type_oid);
        let name = target.name.first().map_or("", String::as_str).to_string();
        let fields = declared.fields();
        let new = self.store(container, container_type, fields, &name, &steps, value, type_oid)?;
        self.scopes.set(variable, new);
        Ok(())
    }

    /// A whole variable gets a value, converted to its type.
    pub fn assign_variable(&mut self, variable: usize, name: &str, value: Datum, type_oid: Oid) -> Result<()> {
        let Some(declared) = self.scopes.get(variable) else {
            return Ok(());
        };
        if declared.not_null && value.is_null() {
            let message = format!("null value cannot be assigned to variable \"{name}\" declared NOT NULL");
            return Err(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, message));
        }
        let target = (declared.type_oid, declared.type_modifier);
        let value = match (declared.is_row(), &value) {
            (true, Datum::Record(_)) => self.fit_row(variable, value)?,
            (true, Datum::Null) => value,
            (true, _) => {
                return Err(Error::new(
                    SqlState::DATATYPE_MISMATCH,
                    "cannot assign non-composite value to a record variable",
                ));
            }
            (false, _) => convert_value(self.backend, value, type_oid, target)?,
        };
        self.scopes.set(variable, value);
        Ok(())
    }

    /// A row as a value of the variable's row type; a `record` takes it as it is.
    fn fit_row(&mut self, variable: usize, value: Datum) -> Result<Datum> {
        let shape = self.scopes.get(variable).and_then(|variable| variable.shape.clone());
        let (Some(shape), Datum::Record(given)) = (shape, &value) else {
            return Ok(value);
        };
        let mut values = Vec::with_capacity(shape.types.len());
        for (at, target) in shape.types.iter().enumerate() {
            let from = given.types.get(at).map_or(Oid::UNKNOWN, |(type_oid, _)| *type_oid);
            let value = given.values.get(at).cloned().unwrap_or_default();
            values.push(convert_value(self.backend, value, from, *target)?);
        }
        Ok(record(values, shape.types.clone(), shape.names.clone()))
    }

    fn step(&mut self, indirection: &Indirection) -> Result<Step> {
        Ok(match indirection {
            Indirection::Field(name) => Step::Field(name.clone()),
            Indirection::Star => return Err(Error::not_modelled("assignment to all fields")),
            Indirection::Index(expr) => Step::Index(self.subscript(expr)?),
            Indirection::Slice(lower, upper) => {
                let lower = lower.as_ref().map(|expr| self.subscript(expr)).transpose()?;
                Step::Slice(lower, upper.as_ref().map(|expr| self.subscript(expr)).transpose()?)
            }
        })
    }

    fn subscript(&mut self, expr: &kumquat_sql::ast::Expr) -> Result<Datum> {
        let statement = select(expr.clone())?;
        let outcome = self.run_statement(&statement, Text::new("", Location::UNKNOWN))?;
        let rows = outcome.rows.unwrap_or_default();
        Ok(rows.chunks.first().map(|chunk| chunk.get(0, 0)).unwrap_or_default())
    }

    /// The container with a new value inside.
    #[allow(clippy::too_many_arguments)]
    fn store(
        &mut self,
        container: Datum,
        container_type: Oid,
        fields: Option<Fields>,
        name: &str,
        steps: &[Step],
        value: Datum,
        type_oid: Oid,
    ) -> Result<Datum> {
        match steps {
            [] => Ok(value),
            [Step::Field(field), rest @ ..] => {
                let (names, types) = fields.ok_or_else(|| unassigned(name))?;
                let at = names
                    .iter()
                    .position(|known| **known == **field)
                    .ok_or_else(|| no_field(name, field))?;
                let mut values = match container {
                    Datum::Record(record) => record.values.clone(),
                    _ => vec![Datum::Null; names.len()],
                };
                values.resize(names.len(), Datum::Null);
                let target = types.get(at).copied().unwrap_or((Oid::UNKNOWN, -1));
                let old = values.get(at).cloned().unwrap_or_default();
                let new = match rest {
                    [] => convert_value(self.backend, value, type_oid, target)?,
                    rest => {
                        let inner = Variable::of_type(self.backend, target.0, target.1, old.clone()).fields();
                        self.store(old, target.0, inner, field, rest, value, type_oid)?
                    }
                };
                if let Some(slot) = values.get_mut(at) {
                    *slot = new;
                }
                Ok(record(values, types, names))
            }
            steps => {
                let element = element_type(&*self.backend, container_type);
                let target = if element.is_valid() { element } else { Oid::JSONB };
                let value = convert_value(self.backend, value, type_oid, (target, -1))?;
                let (mut lower, mut upper, mut is_slice) = (Vec::new(), Vec::new(), false);
                for step in steps {
                    match step {
                        Step::Index(at) => {
                            lower.push(None);
                            upper.push(Some(at.clone()));
                        }
                        Step::Slice(from, to) => {
                            is_slice = true;
                            lower.push(from.clone());
                            upper.push(to.clone());
                        }
                        Step::Field(_) => return Err(Error::not_modelled("assignment to a field of an element")),
                    }
                }
                let place = Place { lower, upper, is_slice };
                match element.is_valid() {
                    true => place.store(&container, value, element),
                    false => place.store_json(&container, value),
                }
            }
        }
    }

    /// INTO: the first row, column by column, or as a whole into a row variable. Without a row all is NULL.
    pub fn assign_row(&mut self, targets: &[Target], columns: &[ResultColumn], row: Option<Vec<Datum>>) -> Result<()> {
        if let [target] = targets
            && let Some((variable, taken)) = self.scopes.find(&target.name)
            && taken == target.name.len()
            && target.indirection.is_empty()
            && self.scopes.get(variable).is_some_and(Variable::is_row)
        {
            let names = columns.iter().map(|column| column.name.clone()).collect();
            let types = columns
                .iter()
                .map(|column| (column.type_oid, column.type_modifier))
                .collect();
            let is_record = self
                .scopes
                .get(variable)
                .is_some_and(|variable| variable.type_oid == Oid::RECORD);
            let value = match row {
                // A single column that is a row of the type is taken as it is.
                Some(values) => match values.as_slice() {
                    [value @ Datum::Record(_)] if !is_record => value.clone(),
                    _ => record(values, types, names),
                },
                None if is_record => record(vec![Datum::Null; columns.len()], types, names),
                None => Datum::Null,
            };
            return self.assign_variable(variable, &target.name.join("."), value, Oid::RECORD);
        }
        for (at, target) in targets.iter().enumerate() {
            let value = row.as_ref().and_then(|row| row.get(at)).cloned().unwrap_or_default();
            let type_oid = columns.get(at).map_or(Oid::UNKNOWN, |column| column.type_oid);
            self.assign(target, value, type_oid)?;
        }
        Ok(())
    }

    /// INTO [STRICT]
    pub fn into(&mut self, into: &Into, rows: &ResultSet, source: IntoSource) -> Result<()> {
        let count = rows.row_count();
        if into.strict && count == 0 {
            return Err(Error::new(SqlState::NO_DATA_FOUND, "query returned no rows"));
        }
        if (into.strict || source == IntoSource::Modification) && count > 1 {
            let error = Error::new(SqlState::TOO_MANY_ROWS, "query returned more than one row");
            return Err(match source {
                IntoSource::Dynamic => error,
                _ => error.hint("Make sure the query returns a single row, or use LIMIT 1."),
            });
        }
        let first = rows
            .chunks
            .iter()
            .find(|chunk| chunk.rows > 0)
            .map(|chunk| chunk.row(0));
        self.assign_row(&into.targets, &rows.columns, first)
    }
}

type Fields = (std::sync::Arc<[crate::catalog::Name]>, std::sync::Arc<[(Oid, i32)]>);

/// A step from a variable inwards.
enum Step {
    Field(String),
    Index(Datum),
    Slice(Option<Datum>, Option<Datum>),
}

fn unassigned(name: &str) -> Error {
    Error::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("record \"{name}\" is not assigned yet"),
    )
    .detail("The tuple structure of a not-yet-assigned record is indeterminate.")
}
