//! Conditions: true, false, or unknown (None).

use std::cmp::Ordering;

use super::execute::{Failure, Found, Item, Outcome, Run};
use super::{Comparison, Expr};
use crate::json::Json;
use crate::regex::{Options, Regex};
use crate::{Error, Result, SqlState};

impl<'a> Run<'a> {
    pub(super) fn predicate(&mut self, expr: &Expr) -> Outcome<Option<bool>> {
        Ok(match expr {
            Expr::And(left, right) => match self.predicate(left)? {
                Some(false) => Some(false),
                left => match self.predicate(right)? {
                    Some(true) => left,
                    right => right,
                },
            },
            Expr::Or(left, right) => match self.predicate(left)? {
                Some(true) => Some(true),
                left => match self.predicate(right)? {
                    Some(false) => left,
                    right => right,
                },
            },
            Expr::Not(operand) => self.predicate(operand)?.map(|value| !value),
            Expr::IsUnknown(operand) => Some(self.predicate(operand)?.is_none()),
            Expr::Exists(operand) => {
                let mut found = Found::all();
                let run = self.evaluate(operand, &mut found);
                match forgive(run)? {
                    Some(()) => Some(!found.items.is_empty()),
                    None if self.lax && !found.items.is_empty() => Some(true),
                    None => None,
                }
            }
            Expr::Compare(operator, left, right) => {
                let pairs = |run: &mut Self, a: &Item<'a>, b: &Item<'a>| run.compare(*operator, a, b);
                self.any_pair(left, right, pairs)?
            }
            Expr::StartsWith(left, right) => self.any_pair(left, right, |_, whole, prefix| {
                Ok(match (whole.json(), prefix.json()) {
                    (Some(Json::String(whole)), Some(Json::String(prefix))) => Some(whole.starts_with(&**prefix)),
                    _ => None,
                })
            })?,
            Expr::LikeRegex(operand, pattern, flags) => {
                let regex = Regex::cached(pattern, regex_options(flags)?)?;
                let Some(items) = forgive(self.unwrapped(operand))? else {
                    return Ok(None);
                };
                let matches = |item: &Item<'a>| match item.json() {
                    Some(Json::String(text)) => {
                        let chars: Vec<char> = text.chars().collect();
                        regex.is_match(&chars).map(Some)
                    }
                    _ => Ok(None),
                };
                let results = items.iter().map(matches).collect::<Result<Vec<_>>>()?;
                self.any(results)
            }
            _ => return Err(Error::internal("a condition was expected").into()),
        })
    }

    /// Whether a relation holds between any item of the left and any of the right. In strict mode an unknown
    /// pair makes the whole unknown, in lax mode only if none holds.
    fn any_pair(
        &mut self,
        left: &Expr,
        right: &Expr,
        relation: impl Fn(&mut Self, &Item<'a>, &Item<'a>) -> Outcome<Option<bool>>,
    ) -> Outcome<Option<bool>> {
        let left = self.unwrapped(left);
        let Some(left) = forgive(left)? else {
            return Ok(None);
        };
        let right = self.unwrapped(right);
        let Some(right) = forgive(right)? else {
            return Ok(None);
        };
        let mut results = Vec::new();
        for a in &left {
            for b in &right {
                let result = relation(self, a, b)?;
                if self.lax && result == Some(true) {
                    return Ok(result);
                }
                results.push(result);
            }
        }
        Ok(self.any(results))
    }

    fn any(&self, results: Vec<Option<bool>>) -> Option<bool> {
        let unknown = results.contains(&None);
        let holds = results.contains(&Some(true));
        match (self.lax, holds, unknown) {
            (true, true, _) | (false, true, false) => Some(true),
            (_, _, true) => None,
            (_, false, false) => Some(false),
        }
    }

    fn compare(&mut self, operator: Comparison, a: &Item<'a>, b: &Item<'a>) -> Outcome<Option<bool>> {
        let order = match (a, b) {
            (Item::Moment(a), Item::Moment(b)) => super::moment::compare(self.query, a, b)?,
            (a, b) => match (a.json(), b.json()) {
                (Some(Json::Null), Some(Json::Null)) => Some(Ordering::Equal),
                // A null is not equal to anything else, and not ordered.
                (Some(Json::Null), _) | (_, Some(Json::Null)) => {
                    return Ok(Some(operator == Comparison::NotEqual));
                }
                (Some(Json::Bool(a)), Some(Json::Bool(b))) => Some(a.cmp(b)),
                (Some(Json::Number(a)), Some(Json::Number(b))) => Some(a.compare(b)),
                (Some(Json::String(a)), Some(Json::String(b))) => Some(a.as_bytes().cmp(b.as_bytes())),
                _ => None,
            },
        };
        Ok(order.map(|order| match operator {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }))
    }
}

/// None for errors that only make a condition unknown.
fn forgive<T>(outcome: Outcome<T>) -> Outcome<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(Failure::Soft(_)) => Ok(None),
        Err(hard) => Err(hard),
    }
}

/// XQuery's flags as options of PostgreSQL's regular expressions.
pub(super) fn regex_options(flags: &str) -> Result<Options> {
    let mut options = Options {
        newline_stops: true,
        ..Options::default()
    };
    for flag in flags.chars() {
        match flag {
            'i' => options.ignore_case = true,
            's' => options.newline_stops = false,
            'm' => options.newline_anchors = true,
            'q' => options.literal = true,
            'x' if !flags.contains('q') => {
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "XQuery \"x\" flag (expanded regular expressions) is not implemented",
                ));
            }
            'x' => {}
            flag => {
                return Err(
                    Error::new(SqlState::SYNTAX_ERROR, "invalid input syntax for type jsonpath").detail(format!(
                        "Unrecognized flag character \"{flag}\" in LIKE_REGEX predicate."
                    )),
                );
            }
        }
    }
    if options.literal {
        (options.newline_stops, options.newline_anchors) = (false, false);
    }
    Ok(options)
}
