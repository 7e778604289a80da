//! Variables and where they can be seen.

use std::rc::Rc;
use std::sync::Arc;

use kumquat_sql::plpgsql::ast::{CursorParameter, Sql};
use kumquat_types::{Datum, Error, Oid, RecordValue, Result, SqlState};

use crate::analyze::{NameConflict, Parameters};
use crate::backend::Backend;
use crate::catalog::Name;
use crate::executor::expr::composite::RowShape;

pub struct Variable {
    pub type_oid: Oid,
    pub type_modifier: i32,
    pub value: Datum,
    pub constant: bool,
    pub not_null: bool,
    /// The fields of a row type; a `record` has those of its value.
    pub shape: Option<RowShape>,
    pub cursor: Option<Rc<CursorDeclaration>>,
}

/// Names of fields, and their types with modifiers.
pub type Fields = (Arc<[Name]>, Arc<[(Oid, i32)]>);

/// `name CURSOR (parameters) FOR query`
pub struct CursorDeclaration {
    pub scroll: Option<bool>,
    pub parameters: Vec<CursorParameter>,
    pub query: Sql,
}

impl Variable {
    pub fn scalar(type_oid: Oid, type_modifier: i32, value: Datum) -> Variable {
        Variable {
            type_oid,
            type_modifier,
            value,
            constant: false,
            not_null: false,
            shape: None,
            cursor: None,
        }
    }

    /// With the fields of the type, if it is a row type.
    pub fn of_type(backend: &Backend<'_>, type_oid: Oid, type_modifier: i32, value: Datum) -> Variable {
        let shape = RowShape::of_type(backend, type_oid)
            .ok()
            .filter(|shape| !shape.types.is_empty());
        Variable {
            shape,
            ..Variable::scalar(type_oid, type_modifier, value)
        }
    }

    pub fn is_row(&self) -> bool {
        self.type_oid == Oid::RECORD || self.shape.is_some()
    }

    /// The names and types of its fields, as far as they are known.
    pub fn fields(&self) -> Option<Fields> {
        match (&self.shape, &self.value) {
            (Some(shape), _) => Some((shape.names.clone(), shape.types.clone())),
            (None, Datum::Record(record)) if record.names.len() < record.types.len() => {
                let names = (1..=record.types.len()).map(|number| Name::from(format!("f{number}")));
                Some((names.collect(), record.types.clone()))
            }
            (None, Datum::Record(record)) => Some((record.names.clone(), record.types.clone())),
            _ => None,
        }
    }

    pub fn field(&self, at: usize) -> Datum {
        match &self.value {
            Datum::Record(record) => record.values.get(at).cloned().unwrap_or_default(),
            _ => Datum::Null,
        }
    }
}

/// The variables of a function, and the names by which they go, innermost last.
#[derive(Default)]
pub struct Scopes {
    pub variables: Vec<Variable>,
    scopes: Vec<Scope>,
    /// Changes when a name or a type changes: what was analyzed before is stale then.
    pub version: u64,
    /// What names mean that are columns', too.
    pub conflict: NameConflict,
    template: Option<(u64, Rc<Template>)>,
}

struct Scope {
    label: Option<String>,
    names: Vec<(Name, usize)>,
    /// Variables that there were before.
    first: usize,
}

/// How SQL sees the variables: parameter numbers by name, and where the value of each comes from.
pub struct Template {
    pub parameters: Parameters,
    sources: Vec<Source>,
}

#[derive(Clone, Copy)]
enum Source {
    Variable(usize),
    Field(usize, usize),
}

impl Scopes {
    pub fn push(&mut self, label: Option<String>) {
        self.version += 1;
        self.scopes.push(Scope {
            label,
            names: Vec::new(),
            first: self.variables.len(),
        });
    }

    pub fn pop(&mut self) {
        self.version += 1;
        if let Some(scope) = self.scopes.pop() {
            self.variables.truncate(scope.first);
        }
    }

    /// Adds a variable to the innermost scope.
    pub fn declare(&mut self, name: &str, variable: Variable) -> usize {
        self.variables.push(variable);
        let index = self.variables.len() - 1;
        self.name(name, index);
        index
    }

    /// Another name for a variable.
    pub fn name(&mut self, name: &str, variable: usize) {
        self.version += 1;
        if let Some(scope) = self.scopes.last_mut()
            && !name.is_empty()
        {
            scope.names.push((name.into(), variable));
        }
    }

    pub fn get(&self, variable: usize) -> Option<&Variable> {
        self.variables.get(variable)
    }

    pub fn value(&self, variable: usize) -> Datum {
        self.get(variable)
            .map(|variable| variable.value.clone())
            .unwrap_or_default()
    }

    /// Puts a value into a variable as it is.
    pub fn set(&mut self, variable: usize, value: Datum) {
        let Some(slot) = self.variables.get_mut(variable) else {
            return;
        };
        let reshaped = slot.type_oid == Oid::RECORD && !same_shape(&slot.value, &value);
        slot.value = value;
        if reshaped {
            self.version += 1;
        }
    }

    /// The variable that a name means, and how many of its parts it takes.
    pub fn find(&self, names: &[String]) -> Option<(usize, usize)> {
        for scope in self.scopes.iter().rev() {
            let own = |name: &String| {
                scope
                    .names
                    .iter()
                    .rev()
                    .find(|(known, _)| **known == **name)
                    .map(|(_, v)| *v)
            };
            if let Some(variable) = names.first().and_then(own) {
                return Some((variable, 1));
            }
            if let [label, name, ..] = names
                && scope.label.as_ref() == Some(label)
                && let Some(variable) = own(name)
            {
                return Some((variable, 2));
            }
        }
        None
    }

    /// The parameters that SQL sees now.
    pub fn template(&mut self) -> Rc<Template> {
        if let Some((version, template)) = &self.template
            && *version == self.version
        {
            return template.clone();
        }
        let template = Rc::new(self.make_template());
        self.template = Some((self.version, template.clone()));
        template
    }

    fn make_template(&self) -> Template {
        let mut types: Vec<Option<Oid>> = self.variables.iter().map(|variable| Some(variable.type_oid)).collect();
        let mut sources: Vec<Source> = (0..self.variables.len()).map(Source::Variable).collect();
        let mut names: Vec<(Name, usize)> = Vec::new();
        for scope in self.scopes.iter().rev() {
            for (name, index) in scope.names.iter().rev() {
                let mut all: Vec<Name> = vec![name.clone()];
                all.extend(scope.label.iter().map(|label| Name::from(format!("{label}.{name}"))));
                let variable = self.get(*index);
                let is_record = variable.is_some_and(|variable| variable.type_oid == Oid::RECORD);
                let fields = variable.and_then(Variable::fields);
                for (at, name) in all.into_iter().enumerate() {
                    names.push((name.clone(), index + 1));
                    // Fields of other rows are found by their type, unless a label stands in front.
                    let Some((field_names, field_types)) = fields.as_ref().filter(|_| is_record || at > 0) else {
                        continue;
                    };
                    for (at, (field, (type_oid, _))) in field_names.iter().zip(field_types.iter()).enumerate() {
                        types.push(Some(*type_oid));
                        sources.push(Source::Field(*index, at));
                        names.push((format!("{name}.{field}").into(), sources.len()));
                    }
                }
            }
        }
        Template {
            parameters: Parameters {
                types,
                names,
                conflict: self.conflict,
                ..Parameters::default()
            },
            sources,
        }
    }

    /// The values of a template's parameters.
    pub fn values(&self, template: &Template) -> Vec<Datum> {
        let value = |source: &Source| match *source {
            Source::Variable(index) => self.value(index),
            Source::Field(index, at) => self.get(index).map(|variable| variable.field(at)).unwrap_or_default(),
        };
        template.sources.iter().map(value).collect()
    }

    /// The variables whose names stand in a text, in order of declaration.
    pub fn mentioned(&self, text: &str) -> Vec<String> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let words: Vec<&str> = text.split(|c| !is_part(c)).collect();
        let names = self.scopes.iter().flat_map(|scope| &scope.names);
        let mut found: Vec<String> = Vec::new();
        for (name, _) in names {
            if words.contains(&&**name) && !found.iter().any(|known| **known == **name) {
                found.push(name.to_string());
            }
        }
        found
    }

    /// The error of a field that a row variable does not have, where such a name stands in a text.
    pub fn unknown_field(&self, text: &str) -> Option<Error> {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$');
        let end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
        let path: Vec<String> = text.get(..end)?.split('.').map(str::to_lowercase).collect();
        let (variable, taken) = self.find(&path)?;
        let (name, field) = (path.get(taken.checked_sub(1)?)?, path.get(taken)?);
        let (fields, _) = self.get(variable)?.fields()?;
        (!fields.iter().any(|known| **known == **field)).then(|| no_field(name, field))
    }

    /// A `record` that is looked into before it has a value.
    pub fn unassigned_record(&self, text: &str) -> Option<Error> {
        let names = self.scopes.iter().flat_map(|scope| &scope.names);
        let mut empty = names.filter(|(_, index)| {
            self.get(*index)
                .is_some_and(|v| v.type_oid == Oid::RECORD && !matches!(v.value, Datum::Record(_)))
        });
        let (name, _) = empty.find(|(name, _)| text.contains(&format!("{name}.")))?;
        let message = format!("record \"{name}\" is not assigned yet");
        Some(
            Error::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message)
                .detail("The tuple structure of a not-yet-assigned record is indeterminate."),
        )
    }
}

fn same_shape(a: &Datum, b: &Datum) -> bool {
    match (a, b) {
        (Datum::Record(a), Datum::Record(b)) => a.types == b.types && a.names == b.names,
        (Datum::Record(_), _) | (_, Datum::Record(_)) => false,
        _ => true,
    }
}

/// A row as a value.
pub fn record(values: Vec<Datum>, types: Arc<[(Oid, i32)]>, names: Arc<[Name]>) -> Datum {
    Datum::Record(Arc::new(RecordValue { values, types, names }))
}

/// `record "r" has no field "x"`
pub fn no_field(variable: &str, field: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_COLUMN,
        format!("record \"{variable}\" has no field \"{field}\""),
    )
}

/// Fails unless a name is known.
pub fn known(found: Option<(usize, usize)>, names: &[String]) -> Result<(usize, usize)> {
    found.ok_or_else(|| {
        let message = format!("\"{}\" is not a known variable", names.join("."));
        Error::new(SqlState::SYNTAX_ERROR, message)
    })
}
