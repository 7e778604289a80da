//! Functions of triggers: NEW, OLD and the TG variables.

use std::sync::Arc;

use kumquat_types::{ArrayValue, Datum, Error, Oid, RecordValue, Result, SqlState};

use super::variables::Variable;
use super::{Interpreter, parse};
use crate::backend::Backend;
use crate::catalog::{Function, Relation, Trigger};
use crate::executor::expr::composite::RowShape;

/// Why a trigger fires.
pub struct Firing<'t> {
    pub trigger: &'t Trigger,
    pub relation: &'t Relation,
    /// `BEFORE`, `AFTER` or `INSTEAD OF`.
    pub when: &'static str,
    /// `ROW` or `STATEMENT`.
    pub level: &'static str,
    /// `INSERT`, `UPDATE`, `DELETE` or `TRUNCATE`.
    pub operation: &'static str,
    /// Values by attribute, dropped ones included.
    pub old: Option<Vec<Datum>>,
    pub new: Option<Vec<Datum>>,
}

/// Runs a trigger function; gives the row it returns, by attribute, or `None` for NULL.
pub fn run(backend: &mut Backend<'_>, function: &Arc<Function>, firing: &Firing<'_>) -> Result<Option<Vec<Datum>>> {
    if &*function.language != "plpgsql" {
        return Err(Error::not_modelled(format!(
            "trigger functions in language \"{}\"",
            function.language
        )));
    }
    let shape = RowShape::of_type(backend, firing.relation.row_type)?;
    let tree = parse(function, true)?;
    let depth = backend.session.call_stack.len();
    let mut interpreter = Interpreter::new(backend, function);
    interpreter.follow_options(&tree);
    interpreter.declare_found();
    interpreter.bind_trigger(firing, &shape);
    interpreter.backend.session.trigger_depth += 1;
    let nonatomic = std::mem::replace(&mut interpreter.backend.session.nonatomic, false);
    let flow = interpreter.block(&tree.body);
    interpreter.backend.session.trigger_depth -= 1;
    interpreter.backend.session.nonatomic = nonatomic;
    interpreter.backend.session.call_stack.truncate(depth);
    flow.map_err(|error| interpreter.placed_error(error, None))?;
    let Some((returned, _)) = interpreter.returned.take() else {
        return Err(Error::new(
            SqlState::FUNCTION_EXECUTED_NO_RETURN_STATEMENT,
            "control reached end of trigger procedure without RETURN",
        )
        .context(format!("PL/pgSQL function {}", interpreter.signature())));
    };
    match returned {
        Datum::Record(record) => Ok(Some(by_attribute(&record, &shape, firing.relation))),
        Datum::Null => Ok(None),
        _ => Err(Error::new(
            SqlState::DATATYPE_MISMATCH,
            "cannot return non-composite value from function returning composite type",
        )),
    }
}

/// A row's fields as values by attribute: dropped attributes are NULL.
fn by_attribute(record: &RecordValue, shape: &RowShape, relation: &Relation) -> Vec<Datum> {
    let mut values = vec![Datum::Null; relation.attributes.len()];
    for (&place, value) in shape.attributes.iter().zip(&record.values) {
        if let Some(slot) = values.get_mut(place) {
            *slot = value.clone();
        }
    }
    values
}

impl Interpreter<'_, '_, '_> {
    fn bind_trigger(&mut self, firing: &Firing<'_>, shape: &RowShape) {
        for (name, values) in [("new", &firing.new), ("old", &firing.old)] {
            let row = match values {
                Some(values) => {
                    let value = |&place: &usize| values.get(place).cloned().unwrap_or_default();
                    Datum::Record(Arc::new(RecordValue {
                        values: shape.attributes.iter().map(value).collect(),
                        types: shape.types.clone(),
                        names: shape.names.clone(),
                    }))
                }
                None => Datum::Null,
            };
            // The row type of the table: assigned values are converted to it, and fields of NULL can be read.
            let variable = Variable::of_type(self.backend, firing.relation.row_type, -1, row);
            self.scopes.declare(name, variable);
        }
        let text = |text: &str| Variable::scalar(Oid::TEXT, -1, Datum::from(text));
        let schema = self.backend.schema_name(firing.relation.schema);
        let arguments: Vec<Datum> = firing
            .trigger
            .arguments
            .iter()
            .map(|argument| Datum::Text(argument.clone()))
            .collect();
        let count = i32::try_from(arguments.len()).unwrap_or(i32::MAX);
        let array = match arguments.is_empty() {
            true => Datum::Null,
            false => Datum::Array(Arc::new(ArrayValue {
                element: Oid::TEXT,
                dims: vec![(arguments.len(), 0)],
                values: arguments,
            })),
        };
        self.scopes.declare("tg_name", text(&firing.trigger.name));
        self.scopes.declare("tg_when", text(firing.when));
        self.scopes.declare("tg_level", text(firing.level));
        self.scopes.declare("tg_op", text(firing.operation));
        self.scopes.declare(
            "tg_relid",
            Variable::scalar(Oid::OID, -1, Datum::Oid(firing.relation.oid.0)),
        );
        self.scopes.declare("tg_relname", text(&firing.relation.name));
        self.scopes.declare("tg_table_name", text(&firing.relation.name));
        self.scopes.declare("tg_table_schema", text(&schema));
        self.scopes
            .declare("tg_nargs", Variable::scalar(Oid::INT4, -1, Datum::Int4(count)));
        self.scopes
            .declare("tg_argv", Variable::scalar(Oid::TEXT_ARRAY, -1, array));
    }
}
