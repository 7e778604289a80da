//! count(*) and count(x).

use std::sync::Arc;

use kumquat_types::{Column, Datum, Result};

use super::Accumulator;
use crate::executor::context::Context;

pub struct Count {
    star: bool,
    counts: Vec<i64>,
}

impl Count {
    pub fn new(star: bool) -> Count {
        Count {
            star,
            counts: Vec::new(),
        }
    }
}

impl Accumulator for Count {
    fn resize(&mut self, groups: usize) {
        self.counts.resize(groups, 0);
    }

    fn update(&mut self, _: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let column = args.first().filter(|_| !self.star);
        if let ([count], None) = (self.counts.as_mut_slice(), column) {
            *count += i64::try_from(groups.len()).unwrap_or(i64::MAX);
            return Ok(());
        }
        for (row, &group) in groups.iter().enumerate() {
            if column.is_none_or(|column| !column.is_null(row))
                && let Some(count) = self.counts.get_mut(group as usize)
            {
                *count += 1;
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        Ok(Datum::Int8(self.counts.get(group).copied().unwrap_or(0)))
    }

    fn needs_order(&self) -> bool {
        false
    }
}
