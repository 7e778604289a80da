//! Windows: OVER, WINDOW, frames.

use kumquat_types::{Result, SqlState};

use super::cursor::{Parser, error_at};
use crate::ast::*;
use crate::keywords::Keyword as K;

impl Parser<'_> {
    /// What follows OVER.
    pub fn over_clause(&mut self) -> Result<WindowDef> {
        if self.at('(') {
            return self.window_specification();
        }
        let location = self.location();
        Ok(WindowDef {
            name: Some(self.col_id()?),
            refname: None,
            partition: Vec::new(),
            order: Vec::new(),
            frame: None,
            location,
        })
    }

    /// `name AS (...)` of WINDOW.
    pub fn window_definition(&mut self) -> Result<WindowDef> {
        let name = self.col_id()?;
        self.expect(K::As)?;
        let mut window = self.window_specification()?;
        window.name = Some(name);
        Ok(window)
    }

    #[inline(never)]
    fn window_specification(&mut self) -> Result<WindowDef> {
        let location = self.location();
        self.in_parens(|p| {
            let clause = p.at_any(&[K::Partition, K::Range, K::Rows, K::Groups]);
            let refname = match p.at_col_id() && !clause {
                true => Some(p.col_id()?),
                false => None,
            };
            let partition = match p.eat_all(K::Partition, &[K::By])? {
                true => p.expr_list()?,
                false => Vec::new(),
            };
            let order = p.opt_sort_clause()?;
            let frame = p.frame()?;
            Ok(WindowDef {
                name: None,
                refname,
                partition,
                order,
                frame,
                location,
            })
        })
    }

    #[inline(never)]
    fn frame(&mut self) -> Result<Option<WindowFrame>> {
        let mode = self.eat_one_of(&[
            (K::Range, FrameMode::Range),
            (K::Rows, FrameMode::Rows),
            (K::Groups, FrameMode::Groups),
        ]);
        let Some(mode) = mode else {
            return Ok(None);
        };
        let between = self.eat(K::Between);
        let start_location = self.location();
        let start = self.frame_bound()?;
        let mut end = None;
        let mut end_location = start_location;
        if between {
            self.expect(K::And)?;
            end_location = self.location();
            end = Some(self.frame_bound()?);
        }
        check_frame(&start, start_location, end.as_ref(), end_location)?;
        let exclusion = self.frame_exclusion()?;
        Ok(Some(WindowFrame {
            mode,
            start,
            end,
            exclusion,
        }))
    }

    fn frame_bound(&mut self) -> Result<FrameBound> {
        if self.eat_both(K::Unbounded, K::Preceding) {
            return Ok(FrameBound::UnboundedPreceding);
        }
        if self.eat_both(K::Unbounded, K::Following) {
            return Ok(FrameBound::UnboundedFollowing);
        }
        if self.eat_both(K::Current, K::Row) {
            return Ok(FrameBound::CurrentRow);
        }
        let offset = self.expr()?;
        match self.expect_one_of(&[(K::Preceding, true), (K::Following, false)])? {
            true => Ok(FrameBound::Preceding(offset)),
            false => Ok(FrameBound::Following(offset)),
        }
    }

    fn frame_exclusion(&mut self) -> Result<FrameExclusion> {
        if !self.eat(K::Exclude) {
            return Ok(FrameExclusion::NoOthers);
        }
        if self.eat_all(K::Current, &[K::Row])? {
            return Ok(FrameExclusion::CurrentRow);
        }
        if self.eat_all(K::No, &[K::Others])? {
            return Ok(FrameExclusion::NoOthers);
        }
        self.expect_one_of(&[(K::Group, FrameExclusion::Group), (K::Ties, FrameExclusion::Ties)])
    }
}

/// Refuses frames that end before they start.
fn check_frame(
    start: &FrameBound,
    start_location: Location,
    end: Option<&FrameBound>,
    end_location: Location,
) -> Result<()> {
    use FrameBound::*;
    let refuse = |message: &str, location| Err(error_at(SqlState::WINDOWING_ERROR, message, location));
    match (start, end) {
        (UnboundedFollowing, _) => refuse("frame start cannot be UNBOUNDED FOLLOWING", start_location),
        (Following(_), None) => refuse(
            "frame starting from following row cannot end with current row",
            start_location,
        ),
        (_, Some(UnboundedPreceding)) => refuse("frame end cannot be UNBOUNDED PRECEDING", end_location),
        (CurrentRow, Some(Preceding(_))) => refuse(
            "frame starting from current row cannot have preceding rows",
            end_location,
        ),
        (Following(_), Some(Preceding(_) | CurrentRow)) => refuse(
            "frame starting from following row cannot have preceding rows",
            end_location,
        ),
        _ => Ok(()),
    }
}
