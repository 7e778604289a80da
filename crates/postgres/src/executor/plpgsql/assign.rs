//! Values put into variables, their fields and their elements.

use kumquat_sql::ast::{Indirection, Location};
use kumquat_sql::plpgsql::ast::{Into, Target};
use kumquat_types::{Datum, Error, Oid, Result, SqlState};

use super::Interpreter;
use super::check::extra_check;
use super::expression::Text;
use super::query::IntoSource;
use super::variables::{Variable, known, no_field, record};
use crate::executor::expr::coerce::{base_type, element_type};
use crate::executor::expr::subscript::Place;
use crate::executor::functions::sql::select;
use crate::executor::functions::{check_domain, convert_value, fit};
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
        if steps.is_empty() {
            return self.assign_variable(variable, &target.name.join("."), value, type_oid);
        }
        let Some(declared) = self.scopes.get(variable) else {
            return Ok(());
        };
        let (container, container_type) = (declared.value.clone(), declared.type_oid);
        let name = taken.checked_sub(1).and_then(|at| target.name.get(at));
        let name = name.map_or("", String::as_str).to_string();
        let (fields, whole) = (declared.fields(), (declared.type_oid, declared.type_modifier));
        let column = target.name.first().cloned().unwrap_or_default();
        let place = Container {
            column: &column,
            record: Some(&name),
            type_oid: container_type,
            fields,
        };
        let new = self.store(container, place, &steps, value, type_oid)?;
        let new = check_domain(self.backend, new, whole)?;
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
            (true, Datum::Null) => check_domain(self.backend, value, target)?,
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
        let Some(declared) = self.scopes.get(variable) else {
            return Ok(value);
        };
        let target = (declared.type_oid, declared.type_modifier);
        match (declared.shape.clone(), &value) {
            (Some(shape), Datum::Record(given)) => {
                let row = fit(self.backend, given, &shape)?;
                check_domain(self.backend, row, target)
            }
            _ => Ok(value),
        }
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
    fn store(
        &mut self,
        container: Datum,
        place: Container<'_>,
        steps: &[Step],
        value: Datum,
        type_oid: Oid,
    ) -> Result<Datum> {
        match steps {
            [] => {
                let target = (place.type_oid, -1);
                convert_value(self.backend, value, type_oid, target)
            }
            [Step::Field(field), rest @ ..] => self.store_field(container, place, (field, rest), value, type_oid),
            steps => self.store_element(container, &place, steps, value, type_oid),
        }
    }

    fn store_field(
        &mut self,
        container: Datum,
        place: Container<'_>,
        (field, rest): (&str, &[Step]),
        value: Datum,
        type_oid: Oid,
    ) -> Result<Datum> {
        let Some((names, types)) = place.fields else {
            return Err(match place.record {
                Some(name) => unassigned(name),
                None => self.no_composite(place.column, field, place.type_oid),
            });
        };
        let found = names.iter().position(|known| **known == *field);
        let Some(at) = found else {
            return Err(match place.record {
                Some(name) => no_field(name, field),
                None => self.no_such_column(place.column, field, place.type_oid),
            });
        };
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
                let inner = Container {
                    column: place.column,
                    record: None,
                    type_oid: target.0,
                    fields: Variable::of_type(self.backend, target.0, target.1, old.clone()).fields(),
                };
                let new = self.store(old, inner, rest, value, type_oid)?;
                check_domain(self.backend, new, target)?
            }
        };
        if let Some(slot) = values.get_mut(at) {
            *slot = new;
        }
        Ok(record(values, types, names))
    }

    /// Subscripts, and fields of the element that they lead to.
    fn store_element(
        &mut self,
        container: Datum,
        place: &Container<'_>,
        steps: &[Step],
        value: Datum,
        type_oid: Oid,
    ) -> Result<Datum> {
        let is_json = base_type(self.backend, place.type_oid) == Oid::JSONB;
        let element = element_type(&*self.backend, place.type_oid);
        if !is_json && !element.is_valid() {
            let message = format!(
                "cannot subscript type {} because it does not support subscripting",
                self.backend.format_type(place.type_oid)
            );
            return Err(Error::new(SqlState::DATATYPE_MISMATCH, message).at(Some(0)));
        }
        let count = steps.iter().take_while(|step| !matches!(step, Step::Field(_))).count();
        let (subscripts, rest) = steps.split_at(count);
        let (mut lower, mut upper, mut is_slice) = (Vec::new(), Vec::new(), false);
        for step in subscripts {
            match step {
                Step::Slice(from, to) => {
                    is_slice = true;
                    lower.push(from.clone());
                    upper.push(to.clone());
                }
                Step::Index(at) => {
                    lower.push(None);
                    upper.push(Some(at.clone()));
                }
                Step::Field(_) => {}
            }
        }
        let at = Place { lower, upper, is_slice };
        if is_json {
            let value = convert_value(self.backend, value, type_oid, (Oid::JSONB, -1))?;
            return at.store_json(&container, value);
        }
        let value = match (rest, is_slice) {
            ([], true) => convert_value(self.backend, value, type_oid, (place.type_oid, -1))?,
            ([], false) => convert_value(self.backend, value, type_oid, (element, -1))?,
            ([Step::Field(field), ..], true) => return Err(self.no_composite(place.column, field, place.type_oid)),
            (rest, _) => {
                let old = at.fetch(&container);
                let inner = Container {
                    column: place.column,
                    record: None,
                    type_oid: element,
                    fields: Variable::of_type(self.backend, element, -1, old.clone()).fields(),
                };
                let new = self.store(old, inner, rest, value, type_oid)?;
                check_domain(self.backend, new, (element, -1))?
            }
        };
        at.store(&container, value, element)
    }

    fn no_such_column(&self, column: &str, field: &str, type_oid: Oid) -> Error {
        let message = format!(
            "cannot assign to field \"{field}\" of column \"{column}\" because there is no such column in data type {}",
            self.backend.format_type(type_oid)
        );
        Error::new(SqlState::UNDEFINED_COLUMN, message).at(Some(0))
    }

    fn no_composite(&self, column: &str, field: &str, type_oid: Oid) -> Error {
        let message = format!(
            "cannot assign to field \"{field}\" of column \"{column}\" because its type {} is not a composite type",
            self.backend.format_type(type_oid)
        );
        Error::new(SqlState::DATATYPE_MISMATCH, message).at(Some(0))
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
            let declared = self.scopes.get(variable);
            let is_record = declared.is_some_and(|variable| variable.type_oid == Oid::RECORD);
            let fields = declared
                .and_then(|variable| variable.shape.as_ref())
                .map(|shape| shape.types.len());
            let is_row = columns.len() == 1
                && row
                    .as_ref()
                    .is_some_and(|row| matches!(row.first(), Some(Datum::Record(_))));
            if fields.is_some_and(|fields| fields != columns.len()) && !is_row {
                extra_check(self.backend, "strict_multi_assignment", fields_differ)?;
            }
            let value = match row {
                // A single column that is a row of the type is taken as it is.
                Some(values) => match values.as_slice() {
                    [value @ Datum::Record(_)] if !is_record => value.clone(),
                    _ => record(values, types, names),
                },
                None => record(vec![Datum::Null; columns.len()], types, names),
            };
            return self.assign_variable(variable, &target.name.join("."), value, Oid::RECORD);
        }
        if !targets.is_empty() && targets.len() != columns.len() {
            extra_check(self.backend, "strict_multi_assignment", fields_differ)?;
        }
        for (at, target) in targets.iter().enumerate() {
            let value = row.as_ref().and_then(|row| row.get(at)).cloned().unwrap_or_default();
            let type_oid = columns.get(at).map_or(Oid::UNKNOWN, |column| column.type_oid);
            self.assign(target, value, type_oid)?;
        }
        Ok(())
    }

    /// INTO [STRICT]; `parameters`: what the query was given, for errors that tell.
    pub fn into(
        &mut self,
        into: &Into,
        rows: &ResultSet,
        source: IntoSource,
        parameters: Option<String>,
    ) -> Result<()> {
        let count = rows.row_count();
        if into.strict && count == 0 {
            let error = Error::new(SqlState::NO_DATA_FOUND, "query returned no rows");
            return Err(with_detail(error, parameters));
        }
        if (into.strict || source == IntoSource::Modification) && count > 1 {
            let error = Error::new(SqlState::TOO_MANY_ROWS, "query returned more than one row");
            let error = with_detail(error, parameters);
            return Err(match source {
                IntoSource::Dynamic => error,
                _ => error.hint("Make sure the query returns a single row, or use LIMIT 1."),
            });
        }
        if count > 1 {
            extra_check(self.backend, "too_many_rows", |_| {
                Error::new(SqlState::TOO_MANY_ROWS, "query returned more than one row")
                    .hint("Make sure the query returns a single row, or use LIMIT 1.")
            })?;
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

/// What is assigned into.
struct Container<'n> {
    /// The first name of the target, as errors have it.
    column: &'n str,
    /// The variable's own name, if it is the variable.
    record: Option<&'n str>,
    type_oid: Oid,
    fields: Option<Fields>,
}

/// A step from a variable inwards.
enum Step {
    Field(String),
    Index(Datum),
    Slice(Option<Datum>, Option<Datum>),
}

/// The problem of a query that gives more or fewer columns than there are targets.
fn fields_differ(setting: &str) -> Error {
    Error::new(
        SqlState::DATATYPE_MISMATCH,
        "number of source and target fields in assignment does not match",
    )
    .detail(format!("strict_multi_assignment check of {setting} is active."))
    .hint("Make sure the query returns the exact list of columns.")
}

fn with_detail(error: Error, detail: Option<String>) -> Error {
    match detail {
        Some(detail) => error.detail(detail),
        None => error,
    }
}

fn unassigned(name: &str) -> Error {
    Error::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("record \"{name}\" is not assigned yet"),
    )
    .detail("The tuple structure of a not-yet-assigned record is indeterminate.")
}
