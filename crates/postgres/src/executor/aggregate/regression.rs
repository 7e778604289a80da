//! corr, covar_* and regr_*: two-argument statistics over (Y, X), NULL pairs left out.

use std::sync::Arc;

use kumquat_types::{Column, Datum, Result};

use super::Accumulator;
use crate::executor::context::Context;

pub struct Regression {
    name: &'static str,
    states: Vec<Pairs>,
}

/// Count, sums, and sums of squared differences, by the method of Youngs and Cramer.
#[derive(Clone, Copy, Default)]
struct Pairs {
    count: f64,
    x: f64,
    xx: f64,
    y: f64,
    yy: f64,
    xy: f64,
}

impl Pairs {
    fn add(&mut self, y: f64, x: f64) {
        let before = self.count;
        self.count += 1.0;
        self.x += x;
        self.y += y;
        if before > 0.0 {
            let dx = x * self.count - self.x;
            let dy = y * self.count - self.y;
            let scale = 1.0 / (self.count * before);
            self.xx += dx * dx * scale;
            self.yy += dy * dy * scale;
            self.xy += dx * dy * scale;
        } else {
            let nan_unless_finite = |value: f64| if value.is_finite() { 0.0 } else { f64::NAN };
            self.xx = nan_unless_finite(x);
            self.yy = nan_unless_finite(y);
            self.xy = nan_unless_finite(x + y);
        }
    }

    fn result(&self, name: &str) -> Option<f64> {
        let Pairs {
            count,
            x,
            xx,
            y,
            yy,
            xy,
        } = *self;
        let least = if name == "covar_samp" { 2.0 } else { 1.0 };
        if count < least {
            return None;
        }
        match name {
            "regr_sxx" => Some(xx),
            "regr_syy" => Some(yy),
            "regr_sxy" => Some(xy),
            "regr_avgx" => Some(x / count),
            "regr_avgy" => Some(y / count),
            "covar_pop" => Some(xy / count),
            "covar_samp" => Some(xy / (count - 1.0)),
            "corr" => (xx != 0.0 && yy != 0.0).then(|| xy / (xx * yy).sqrt()),
            "regr_r2" if xx == 0.0 => None,
            "regr_r2" if yy == 0.0 => Some(1.0),
            "regr_r2" => Some(xy * xy / (xx * yy)),
            "regr_slope" => (xx != 0.0).then(|| xy / xx),
            _ => (xx != 0.0).then(|| (y - x * xy / xx) / count),
        }
    }
}

impl Regression {
    pub fn new(name: &'static str) -> Regression {
        Regression {
            name,
            states: Vec::new(),
        }
    }
}

impl Accumulator for Regression {
    fn resize(&mut self, groups: usize) {
        self.states.resize(groups, Pairs::default());
    }

    fn update(&mut self, _: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let (Some(ys), Some(xs)) = (args.first(), args.get(1)) else {
            return Ok(());
        };
        for (row, &group) in groups.iter().enumerate() {
            if let (Datum::Float8(y), Datum::Float8(x)) = (ys.get(row), xs.get(row))
                && let Some(state) = self.states.get_mut(group as usize)
            {
                state.add(y, x);
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        let state = self.states.get(group).copied().unwrap_or_default();
        Ok(match self.name {
            "regr_count" => Datum::Int8(state.count as i64),
            name => state.result(name).into(),
        })
    }
}
