//! Runs paths over documents.
//!
//! Every expression gives a list of items. In lax mode arrays are taken apart where a single value is wanted,
//! and what is not there gives nothing; in strict mode both are errors. Errors inside conditions make them
//! unknown; with `silent`, errors of the path make its result empty.

use std::sync::Arc;

use super::{Arithmetic, Expr, JsonPath, Method, Step};
use crate::json::Json;
use crate::{Datum, Environment, Error, Numeric, Result, SqlState};

/// One item: a part of the document, something computed, or a date or time.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    Part(&'a Json),
    Made(Json),
    /// What `.datetime()` gives.
    Moment(Datum),
}

impl<'a> Item<'a> {
    pub fn json(&self) -> Option<&Json> {
        match self {
            Item::Part(json) => Some(json),
            Item::Made(json) => Some(json),
            Item::Moment(_) => None,
        }
    }

    /// As jsonb; dates and times as strings.
    pub fn into_json(self, env: &dyn Environment) -> Result<Json> {
        match self {
            Item::Part(json) => Ok(json.clone()),
            Item::Made(json) => Ok(json),
            Item::Moment(moment) => super::moment::to_json(env, &moment),
        }
    }

    /// The elements of an array.
    pub(super) fn elements(&self) -> Option<Vec<Item<'a>>> {
        match self {
            Item::Part(Json::Array(elements)) => Some(elements.iter().map(Item::Part).collect()),
            Item::Made(Json::Array(elements)) => Some(elements.iter().cloned().map(Item::Made).collect()),
            _ => None,
        }
    }

    /// The fields of an object.
    pub(super) fn members(&self) -> Option<Vec<(Arc<str>, Item<'a>)>> {
        match self {
            Item::Part(Json::Object(members)) => Some(
                members
                    .iter()
                    .map(|(key, value)| (key.clone(), Item::Part(value)))
                    .collect(),
            ),
            Item::Made(Json::Object(members)) => {
                let member = |(key, value): &(Arc<str>, Json)| (key.clone(), Item::Made(value.clone()));
                Some(members.iter().map(member).collect())
            }
            _ => None,
        }
    }

    fn member(&self, key: &str) -> Option<Item<'a>> {
        match self {
            Item::Part(json) => json.get(key).map(Item::Part),
            Item::Made(json) => json.get(key).cloned().map(Item::Made),
            Item::Moment(_) => None,
        }
    }

    pub(super) fn number(&self) -> Option<&Arc<Numeric>> {
        match self.json() {
            Some(Json::Number(number)) => Some(number),
            _ => None,
        }
    }
}

/// Why a path fails.
pub enum Failure {
    /// What `silent` and conditions swallow.
    Soft(Error),
    Hard(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Hard(error)
    }
}

pub(super) type Outcome<T> = Result<T, Failure>;

pub(super) fn soft(sqlstate: SqlState, message: impl Into<String>) -> Failure {
    Failure::Soft(Error::new(sqlstate, message))
}

/// What a path is run with.
pub struct Query<'a> {
    pub env: &'a dyn Environment,
    pub document: &'a Json,
    pub variables: Option<&'a Json>,
    /// Whether comparing with and without time zone is allowed (`jsonb_path_..._tz`).
    pub with_zone: bool,
    /// The first item is enough.
    pub first_only: bool,
}

/// The items of a run so far.
pub(super) struct Found<'a> {
    pub items: Vec<Item<'a>>,
    first_only: bool,
}

impl<'a> Found<'a> {
    pub fn all() -> Found<'a> {
        Found {
            items: Vec::new(),
            first_only: false,
        }
    }

    pub fn done(&self) -> bool {
        self.first_only && !self.items.is_empty()
    }
}

/// The state of a run.
pub(super) struct Run<'a> {
    pub query: &'a Query<'a>,
    pub lax: bool,
    /// `@`, and the length of the array whose subscripts are being computed.
    pub current: Vec<Item<'a>>,
    innermost: Option<usize>,
}

impl Query<'_> {
    /// All items that a path finds.
    pub fn items(&self, path: &JsonPath) -> Result<Vec<Item<'_>>, Failure> {
        if self
            .variables
            .is_some_and(|variables| !matches!(variables, Json::Object(_)))
        {
            return Err(Failure::Hard(
                Error::new(SqlState::INVALID_PARAMETER_VALUE, "\"vars\" argument is not an object")
                    .detail("Jsonpath parameters should be encoded as key-value pairs of \"vars\" object."),
            ));
        }
        let mut run = Run {
            query: self,
            lax: path.lax,
            current: Vec::new(),
            innermost: None,
        };
        let mut found = Found {
            items: Vec::new(),
            // In strict mode the whole list must be free of errors.
            first_only: self.first_only && path.lax,
        };
        run.evaluate(&path.root, &mut found)?;
        Ok(found.items)
    }
}

impl<'a> Run<'a> {
    /// Adds the items of an expression.
    pub(super) fn evaluate(&mut self, expr: &Expr, found: &mut Found<'a>) -> Outcome<()> {
        let item = match expr {
            Expr::Path(base, steps) => {
                let mut bases = Found::all();
                self.evaluate(base, &mut bases)?;
                for item in bases.items {
                    self.steps(item, steps, found)?;
                    if found.done() {
                        break;
                    }
                }
                return Ok(());
            }
            Expr::Sign(minus, operand) => return self.sign(*minus, operand, found),
            Expr::Null => Item::Made(Json::Null),
            Expr::Bool(value) => Item::Made(Json::Bool(*value)),
            Expr::Number(number) => Item::Made(Json::Number(number.clone())),
            Expr::String(text) => Item::Made(Json::String(text.clone())),
            Expr::Variable(name) => self.variable(name)?,
            Expr::Root => Item::Part(self.query.document),
            Expr::Current => match self.current.last() {
                Some(item) => item.clone(),
                None => return Err(Error::internal("@ outside of a filter").into()),
            },
            Expr::Last => match self.innermost {
                Some(length) => {
                    let last = i64::try_from(length).unwrap_or(i64::MAX) - 1;
                    Item::Made(Json::Number(Arc::new(Numeric::from(last))))
                }
                None => return Err(Error::internal("LAST outside of a subscript").into()),
            },
            Expr::Arithmetic(operator, left, right) => self.arithmetic(*operator, left, right)?,
            predicate => Item::Made(match self.predicate(predicate)? {
                Some(value) => Json::Bool(value),
                None => Json::Null,
            }),
        };
        found.items.push(item);
        Ok(())
    }

    /// The items of an expression, arrays taken apart in lax mode.
    pub(super) fn unwrapped(&mut self, expr: &Expr) -> Outcome<Vec<Item<'a>>> {
        let mut found = Found::all();
        self.evaluate(expr, &mut found)?;
        if !self.lax {
            return Ok(found.items);
        }
        let apart = |item: Item<'a>| item.elements().unwrap_or_else(|| vec![item]);
        Ok(found.items.into_iter().flat_map(apart).collect())
    }

    fn variable(&self, name: &str) -> Outcome<Item<'a>> {
        let value = self.query.variables.and_then(|variables| variables.get(name));
        value.map(Item::Part).ok_or_else(|| {
            Failure::Hard(Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!("could not find jsonpath variable \"{name}\""),
            ))
        })
    }

    fn sign(&mut self, minus: bool, operand: &Expr, found: &mut Found<'a>) -> Outcome<()> {
        let name = if minus { "-" } else { "+" };
        for item in self.unwrapped(operand)? {
            let number = item.number().ok_or_else(|| {
                soft(
                    SqlState::SQL_JSON_NUMBER_NOT_FOUND,
                    format!("operand of unary jsonpath operator {name} is not a numeric value"),
                )
            })?;
            let value = if minus { number.neg() } else { Numeric::clone(number) };
            found.items.push(Item::Made(Json::Number(Arc::new(value))));
            if found.done() {
                break;
            }
        }
        Ok(())
    }

    fn arithmetic(&mut self, operator: Arithmetic, left: &Expr, right: &Expr) -> Outcome<Item<'a>> {
        let mut operand = |expr: &Expr, side: &str| {
            let items = self.unwrapped(expr)?;
            match items.as_slice() {
                [item] if item.number().is_some() => Ok(items.into_iter().next()),
                _ => Err(soft(
                    SqlState::SINGLETON_SQL_JSON_ITEM_REQUIRED,
                    format!(
                        "{side} operand of jsonpath operator {} is not a single numeric value",
                        operator.name()
                    ),
                )),
            }
        };
        let left = operand(left, "left")?;
        let right = operand(right, "right")?;
        let (Some(a), Some(b)) = (
            left.as_ref().and_then(Item::number),
            right.as_ref().and_then(Item::number),
        ) else {
            return Err(Error::internal("operands are numbers").into());
        };
        let value = match operator {
            Arithmetic::Add => Ok(a.add(b)),
            Arithmetic::Subtract => Ok(a.sub(b)),
            Arithmetic::Multiply => Ok(a.mul(b)),
            Arithmetic::Divide => a.div(b),
            Arithmetic::Modulo => a.rem(b),
        };
        let value = value.map_err(Failure::Soft)?;
        Ok(Item::Made(Json::Number(Arc::new(value))))
    }

    /// Goes the steps from an item.
    pub(super) fn steps(&mut self, item: Item<'a>, steps: &[Step], found: &mut Found<'a>) -> Outcome<()> {
        let Some((step, rest)) = steps.split_first() else {
            found.items.push(item);
            return Ok(());
        };
        for next in self.step(&item, step)? {
            self.steps(next, rest, found)?;
            if found.done() {
                break;
            }
        }
        Ok(())
    }

    /// Where one step leads.
    fn step(&mut self, item: &Item<'a>, step: &Step) -> Outcome<Vec<Item<'a>>> {
        // In lax mode most steps look into arrays; `[...]`, `**`, `.size()` and `.type()` take them as they are.
        let takes_arrays = matches!(
            step,
            Step::AnyElement | Step::Elements(_) | Step::Any(..) | Step::Method(Method::Size | Method::Type)
        );
        if self.lax
            && !takes_arrays
            && let Some(elements) = item.elements()
        {
            let mut next = Vec::new();
            for element in &elements {
                next.extend(self.step_inside(element, step)?);
            }
            return Ok(next);
        }
        self.step_inside(item, step)
    }

    fn step_inside(&mut self, item: &Item<'a>, step: &Step) -> Outcome<Vec<Item<'a>>> {
        match step {
            Step::Key(key) => self.member(item, key),
            Step::AnyKey => match item.members() {
                Some(members) => Ok(members.into_iter().map(|(_, value)| value).collect()),
                None if self.lax => Ok(Vec::new()),
                None => Err(soft(
                    SqlState::SQL_JSON_OBJECT_NOT_FOUND,
                    "jsonpath wildcard member accessor can only be applied to an object",
                )),
            },
            Step::AnyElement => match item.elements() {
                Some(elements) => Ok(elements),
                None if self.lax => Ok(vec![item.clone()]),
                None => Err(soft(
                    SqlState::SQL_JSON_ARRAY_NOT_FOUND,
                    "jsonpath wildcard array accessor can only be applied to an array",
                )),
            },
            Step::Elements(subscripts) => self.elements(item, subscripts),
            // `**{last}` is all that has nothing below it.
            Step::Any(None, _) => {
                let mut all = Vec::new();
                descend(item, 0, 0, u32::MAX, &mut all);
                all.retain(|item| item.json().is_some_and(Json::is_scalar));
                Ok(all)
            }
            Step::Any(Some(first), last) => {
                let mut next = Vec::new();
                descend(item, 0, *first, last.unwrap_or(u32::MAX), &mut next);
                Ok(next)
            }
            Step::Filter(condition) => {
                self.current.push(item.clone());
                let holds = self.predicate(condition);
                self.current.pop();
                Ok(if holds? == Some(true) {
                    vec![item.clone()]
                } else {
                    Vec::new()
                })
            }
            Step::Method(method) => super::method::apply(self.query.document, item, *method, self.lax),
            Step::DateTime(template) => {
                let moment = super::moment::parse(self.query.env, item, template.as_deref())?;
                Ok(vec![Item::Moment(moment)])
            }
        }
    }

    fn member(&self, item: &Item<'a>, key: &str) -> Outcome<Vec<Item<'a>>> {
        if let Some(value) = item.member(key) {
            return Ok(vec![value]);
        }
        if self.lax {
            return Ok(Vec::new());
        }
        Err(if matches!(item.json(), Some(Json::Object(_))) {
            soft(
                SqlState::SQL_JSON_MEMBER_NOT_FOUND,
                format!("JSON object does not contain key \"{key}\""),
            )
        } else {
            soft(
                SqlState::SQL_JSON_MEMBER_NOT_FOUND,
                "jsonpath member accessor can only be applied to an object",
            )
        })
    }

    /// `[from to to, ...]`; in lax mode a single value counts as an array of itself.
    fn elements(&mut self, item: &Item<'a>, subscripts: &[(Expr, Option<Expr>)]) -> Outcome<Vec<Item<'a>>> {
        let elements = match item.elements() {
            Some(elements) => elements,
            None if self.lax => vec![item.clone()],
            None => {
                return Err(soft(
                    SqlState::SQL_JSON_ARRAY_NOT_FOUND,
                    "jsonpath array accessor can only be applied to an array",
                ));
            }
        };
        let outer = self.innermost.replace(elements.len());
        let mut next = Vec::new();
        let mut gather = || {
            for (from, to) in subscripts {
                let from = self.subscript(from)?;
                let to = match to {
                    Some(to) => self.subscript(to)?,
                    None => from,
                };
                let length = i64::try_from(elements.len()).unwrap_or(i64::MAX);
                if !self.lax && (from < 0 || from > to || to >= length) {
                    return Err(soft(
                        SqlState::INVALID_SQL_JSON_SUBSCRIPT,
                        "jsonpath array subscript is out of bounds",
                    ));
                }
                for index in from.max(0)..=to.min(length - 1) {
                    next.extend(usize::try_from(index).ok().and_then(|i| elements.get(i)).cloned());
                }
            }
            Ok(())
        };
        let gathered = gather();
        self.innermost = outer;
        gathered.map(|()| next)
    }

    /// A subscript, its fraction cut off.
    fn subscript(&mut self, expr: &Expr) -> Outcome<i64> {
        let mut found = Found::all();
        self.evaluate(expr, &mut found)?;
        let [item] = found.items.as_slice() else {
            return Err(no_single_number());
        };
        let number = item.number().ok_or_else(no_single_number)?;
        let whole = number.trunc(0).to_i128().and_then(|value| i32::try_from(value).ok());
        whole.map(i64::from).ok_or_else(|| {
            soft(
                SqlState::INVALID_SQL_JSON_SUBSCRIPT,
                "jsonpath array subscript is out of integer range",
            )
        })
    }
}

fn no_single_number() -> Failure {
    soft(
        SqlState::INVALID_SQL_JSON_SUBSCRIPT,
        "jsonpath array subscript is not a single numeric value",
    )
}

fn children<'a>(item: &Item<'a>) -> Vec<Item<'a>> {
    item.elements()
        .or_else(|| Some(item.members()?.into_iter().map(|(_, value)| value).collect()))
        .unwrap_or_default()
}

/// `**`: the item and all below it whose level is wanted.
fn descend<'a>(item: &Item<'a>, level: u32, first: u32, last: u32, next: &mut Vec<Item<'a>>) {
    if level >= first && level <= last {
        next.push(item.clone());
    }
    if level < last {
        for child in children(item) {
            descend(&child, level + 1, first, last, next);
        }
    }
}
