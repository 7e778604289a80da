//! Variables of a running function: scopes, records and how expressions see them.

use kumquat_types::{Datum, Environment, Error, Oid, Result, SqlState, UserType};

use crate::analyze::Parameters;
use crate::backend::Backend;
use crate::catalog::Name;

/// One variable and its value.
#[derive(Clone, Debug)]
pub struct Variable {
    pub type_oid: Oid,
    pub type_modifier: i32,
    pub value: Datum,
    pub constant: bool,
    pub not_null: bool,
}

impl Variable {
    pub fn new(type_oid: Oid, type_modifier: i32, value: Datum) -> Variable {
        Variable {
            type_oid,
            type_modifier,
            value,
            constant: false,
            not_null: false,
        }
    }
}

/// Scopes, innermost last.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    scopes: Vec<Scope>,
}

#[derive(Clone, Debug, Default)]
struct Scope {
    label: Option<Name>,
    names: Vec<(Name, usize)>,
    variables: Vec<Variable>,
}

/// Where a variable is: its scope and its place there.
pub type Slot = (usize, usize);

impl Variables {
    pub fn open(&mut self, label: Option<Name>) {
        self.scopes.push(Scope {
            label,
            ..Scope::default()
        });
    }

    pub fn close(&mut self) {
        self.scopes.pop();
    }

    pub fn depth(&self) -> usize {
        self.scopes.len()
    }

    /// Closes scopes that a jump has left.
    pub fn close_to(&mut self, depth: usize) {
        self.scopes.truncate(depth);
    }

    pub fn declare(&mut self, name: Name, variable: Variable) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.push((name, scope.variables.len()));
            scope.variables.push(variable);
        }
    }

    /// An argument goes by `$n` and by its name.
    pub fn declare_argument(&mut self, number: usize, name: Option<Name>, variable: Variable) {
        self.declare(format!("${number}").into(), variable);
        if let Some(name) = name {
            self.alias(name, &format!("${number}"));
        }
    }

    /// Another name for a variable that is there.
    pub fn alias(&mut self, name: Name, of: &str) {
        if let (Some((scope, index)), last) = (self.find(&[of.to_string()]), self.scopes.len().saturating_sub(1)) {
            if scope == last {
                if let Some(scope) = self.scopes.last_mut() {
                    scope.names.push((name, index));
                }
            } else if let Some(copy) = self.get((scope, index)).cloned() {
                self.declare(name, copy);
            }
        }
    }

    /// The variable a name means: `x`, or `label.x`.
    pub fn find(&self, name: &[String]) -> Option<Slot> {
        let (label, name) = match name {
            [name] => (None, name),
            [label, name] => (Some(label), name),
            _ => return None,
        };
        self.scopes.iter().enumerate().rev().find_map(|(depth, scope)| {
            let labelled = label.is_none_or(|label| scope.label.as_deref() == Some(label));
            let found = scope.names.iter().rev().find(|(own, _)| labelled && **own == **name);
            found.map(|(_, index)| (depth, *index))
        })
    }

    pub fn get(&self, slot: Slot) -> Option<&Variable> {
        self.scopes.get(slot.0)?.variables.get(slot.1)
    }

    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut Variable> {
        self.scopes.get_mut(slot.0)?.variables.get_mut(slot.1)
    }

    pub fn set_by_name(&mut self, name: &str, value: Datum) {
        if let Some(variable) = self.find(&[name.to_string()]).and_then(|slot| self.get_mut(slot)) {
            variable.value = value;
        }
    }

    pub fn value_by_name(&self, name: &str) -> Option<&Datum> {
        Some(&self.get(self.find(&[name.to_string()])?)?.value)
    }

    /// All visible variables as parameters of an expression, and their values. Fields of records go by
    /// `record.field`.
    pub fn parameters(&self) -> (Parameters, Vec<Datum>) {
        let mut parameters = Parameters::default();
        let mut values = Vec::new();
        let mut add = |parameters: &mut Parameters, name: Name, type_oid: Oid, value: Datum| {
            if parameters.names.iter().any(|(known, _)| *known == name) {
                return;
            }
            parameters.types.push(Some(type_oid));
            values.push(value);
            parameters.names.push((name, parameters.types.len()));
        };
        // `$n` in an expression is the n-th argument: these come first, in order.
        if let Some(scope) = self.scopes.first() {
            for (name, index) in scope.names.iter().filter(|(name, _)| name.starts_with('$')) {
                if let Some(variable) = scope.variables.get(*index) {
                    add(&mut parameters, name.clone(), variable.type_oid, variable.value.clone());
                }
            }
        }
        for scope in self.scopes.iter().rev() {
            for (name, index) in scope.names.iter().rev() {
                let Some(variable) = scope.variables.get(*index) else {
                    continue;
                };
                if let Datum::Record(record) = &variable.value {
                    for (position, field) in record.names.iter().enumerate() {
                        let type_oid = record.types.get(position).map_or(Oid::TEXT, |(oid, _)| *oid);
                        let value = record.values.get(position).cloned().unwrap_or_default();
                        add(&mut parameters, format!("{name}.{field}").into(), type_oid, value);
                    }
                }
                add(&mut parameters, name.clone(), variable.type_oid, variable.value.clone());
                if let Some(label) = &scope.label {
                    let qualified = format!("{label}.{name}").into();
                    add(&mut parameters, qualified, variable.type_oid, variable.value.clone());
                }
            }
        }
        (parameters, values)
    }
}

/// A composite variable's value with all its fields, NULL where it had none.
pub fn with_fields(backend: &Backend<'_>, variable: &Variable) -> Result<kumquat_types::RecordValue> {
    if let Datum::Record(record) = &variable.value {
        return Ok((**record).clone());
    }
    match Environment::user_type(backend, variable.type_oid) {
        Some(UserType::Composite(fields)) => Ok(kumquat_types::RecordValue {
            values: vec![Datum::Null; fields.len()],
            types: fields.iter().map(|(_, oid, modifier)| (*oid, *modifier)).collect(),
            names: fields.iter().map(|(name, _, _)| name.clone()).collect(),
        }),
        _ => Err(
            Error::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, "record is not assigned yet")
                .detail("The tuple structure of a not-yet-assigned record is indeterminate."),
        ),
    }
}
