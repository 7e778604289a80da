//! Finding, removing and replacing elements; containment.

use super::ArrayValue;
use crate::compare::same_typed;
use crate::{Datum, Error, Result, SqlState};

impl ArrayValue {
    fn not_multidimensional(&self, what: &str) -> Result<()> {
        if self.dims.len() <= 1 {
            return Ok(());
        }
        Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!(
                "{what} elements {} multidimensional arrays is not supported",
                match what {
                    "searching for" => "in",
                    _ => "from",
                }
            ),
        ))
    }

    /// Equal, NULL to NULL.
    fn matches(&self, a: &Datum, b: &Datum) -> bool {
        same_typed(self.element, a, b)
    }

    /// `array_position`: the first subscript from `start` on that holds the value.
    pub fn find(&self, value: &Datum, start: Option<i32>) -> Result<Option<i32>> {
        self.not_multidimensional("searching for")?;
        let lower = self.dimension(1).map_or(1, |(_, lower)| lower);
        let from = start.map_or(0, |start| {
            usize::try_from(i64::from(start) - i64::from(lower)).unwrap_or(0)
        });
        let found = self
            .values
            .iter()
            .enumerate()
            .skip(from)
            .find(|(_, element)| self.matches(element, value));
        Ok(found.map(|(index, _)| subscript(lower, index)))
    }

    /// `array_positions`: all subscripts that hold the value.
    pub fn find_all(&self, value: &Datum) -> Result<Vec<i32>> {
        self.not_multidimensional("searching for")?;
        let lower = self.dimension(1).map_or(1, |(_, lower)| lower);
        let found = self.values.iter().enumerate();
        Ok(found
            .filter(|(_, element)| self.matches(element, value))
            .map(|(index, _)| subscript(lower, index))
            .collect())
    }

    /// `array_remove`
    pub fn remove(&self, value: &Datum) -> Result<ArrayValue> {
        self.not_multidimensional("removing")?;
        let kept = self.values.iter().filter(|element| !self.matches(element, value));
        let values: Vec<Datum> = kept.cloned().collect();
        let lower = self.dimension(1).map_or(1, |(_, lower)| lower);
        Ok(ArrayValue {
            element: self.element,
            dims: if values.is_empty() {
                Vec::new()
            } else {
                vec![(values.len(), lower)]
            },
            values,
        })
    }

    /// `array_replace`
    pub fn replace(&self, old: &Datum, new: &Datum) -> ArrayValue {
        let replaced = self.values.iter().map(|element| {
            let value = if self.matches(element, old) { new } else { element };
            value.clone()
        });
        ArrayValue {
            element: self.element,
            dims: self.dims.clone(),
            values: replaced.collect(),
        }
    }

    /// `@>`: every element of `other` is here; a NULL is never.
    pub fn contains(&self, other: &ArrayValue) -> bool {
        other.values.iter().all(|wanted| self.holds(wanted))
    }

    /// `&&`
    pub fn overlaps(&self, other: &ArrayValue) -> bool {
        other.values.iter().any(|wanted| self.holds(wanted))
    }

    fn holds(&self, wanted: &Datum) -> bool {
        !wanted.is_null() && self.values.iter().any(|element| self.matches(element, wanted))
    }
}

fn subscript(lower: i32, index: usize) -> i32 {
    lower.saturating_add(i32::try_from(index).unwrap_or(i32::MAX))
}
