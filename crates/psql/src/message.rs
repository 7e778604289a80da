//! How psql writes errors and notices, after libpq's `pqBuildErrorMessage3`.

use kumquat_types::{Error, Severity};

use crate::print::width::{char_width, text_width};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    Terse,
    Default,
    Verbose,
    SqlState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShowContext {
    Never,
    Errors,
    Always,
}

/// Columns of the statement that `LINE n:` may show.
const DISPLAY_SIZE: usize = 60;
/// Columns kept to the right of the position when the line is cut.
const MIN_RIGHT_CUT: usize = 10;

/// The lines of a message, with `LINE n:` and caret if it has a position in `query`.
pub fn format_message(error: &Error, query: &str, verbosity: Verbosity, context: ShowContext) -> String {
    let mut text = format!("{}:  ", error.severity.label());
    match verbosity {
        Verbosity::SqlState if error.severity >= Severity::Error => {
            text.push_str(error.sqlstate.0);
            text.push('\n');
            return text;
        }
        Verbosity::Verbose => {
            text.push_str(error.sqlstate.0);
            text.push_str(": ");
        }
        _ => {}
    }
    text.push_str(&error.message);
    if verbosity == Verbosity::Terse {
        if let Some(position) = error.position {
            let characters = query
                .get(..position as usize)
                .map_or(0, |before| before.chars().count());
            text.push_str(&format!(" at character {}", characters + 1));
        }
        text.push('\n');
        return text;
    }
    text.push('\n');
    if let Some(position) = error.position {
        text.push_str(&error_position(query, position as usize));
    } else if let Some((statement, position)) = &error.internal {
        text.push_str(&error_position(statement, *position as usize));
    }
    if let Some(detail) = &error.detail {
        text.push_str(&format!("DETAIL:  {detail}\n"));
    }
    if let Some(hint) = &error.hint {
        text.push_str(&format!("HINT:  {hint}\n"));
    }
    if let Some((statement, _)) = &error.internal {
        text.push_str(&format!("QUERY:  {statement}\n"));
    }
    let shows_context = match context {
        ShowContext::Never => false,
        ShowContext::Errors => error.severity >= Severity::Error,
        ShowContext::Always => true,
    };
    if let (Some(context), true) = (&error.context, shows_context || verbosity == Verbosity::Verbose) {
        text.push_str(&format!("CONTEXT:  {context}\n"));
    }
    if verbosity == Verbosity::Verbose {
        let names = [
            ("SCHEMA NAME", &error.schema),
            ("TABLE NAME", &error.table),
            ("COLUMN NAME", &error.column),
            ("CONSTRAINT NAME", &error.constraint),
        ];
        for (label, value) in names {
            if let Some(value) = value {
                text.push_str(&format!("{label}:  {value}\n"));
            }
        }
    }
    text
}

/// `LINE n: ...` and the caret under byte `position` (`reportErrorPosition`).
fn error_position(query: &str, position: usize) -> String {
    let Some(before) = query.get(..position.min(query.len())) else {
        return String::new();
    };
    let line_number = before.matches('\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line_end = query[line_start..]
        .find(['\n', '\r'])
        .map_or(query.len(), |at| line_start + at);
    let line: Vec<char> = query[line_start..line_end]
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .collect();
    let caret_at = query[line_start..position.min(query.len())].chars().count();
    // The columns before each character, and before the end.
    let mut columns_before = vec![0];
    columns_before.extend(line.iter().scan(0, |columns, c| {
        *columns += char_width(*c);
        Some(*columns)
    }));
    let columns = |from: usize, to: usize| match (columns_before.get(from), columns_before.get(to)) {
        (Some(from), Some(to)) => to.saturating_sub(*from),
        _ => 0,
    };
    let (mut start, mut end) = (0, line.len());
    let (mut cut_left, mut cut_right) = (false, false);
    if columns(0, end) > DISPLAY_SIZE {
        // Cut right first if the caret is far enough from the end, else left as well.
        if columns(0, caret_at) + MIN_RIGHT_CUT <= DISPLAY_SIZE {
            while columns(start, end) > DISPLAY_SIZE {
                end -= 1;
            }
            cut_right = true;
        } else {
            if columns(caret_at, end) > MIN_RIGHT_CUT {
                while columns(caret_at, end) > MIN_RIGHT_CUT {
                    end -= 1;
                }
                cut_right = end < line.len();
            }
            while columns(start, end) > DISPLAY_SIZE && start < end {
                start += 1;
            }
            cut_left = start > 0;
        }
    }
    let prefix = format!("LINE {line_number}: {}", if cut_left { "..." } else { "" });
    let shown: String = line.get(start..end).unwrap_or_default().iter().collect();
    let caret = text_width(&prefix) + columns(start, caret_at.min(line.len()));
    format!(
        "{prefix}{shown}{}\n{}^\n",
        if cut_right { "..." } else { "" },
        " ".repeat(caret)
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn check(query: &str, position: usize, expect: &str) {
        assert_eq!(error_position(query, position), expect);
    }

    #[test]
    fn the_caret_stands_under_the_position_in_its_line() {
        check("SELECT nothing", 7, "LINE 1: SELECT nothing\n               ^\n");
        check("SELECT\n\tnothing", 8, "LINE 2:  nothing\n         ^\n");
        check(
            "SELECT '日本', x",
            17,
            "LINE 1: SELECT '日本', x\n                       ^\n",
        );
        check("SELECT", 6, "LINE 1: SELECT\n              ^\n");
    }

    #[test]
    fn long_lines_are_cut_around_the_position() {
        let query = format!("SELECT {} FROM t", "a".repeat(80));
        check(
            &query,
            7,
            &format!("LINE 1: SELECT {}...\n               ^\n", "a".repeat(53)),
        );
        let text = error_position(&query, 93);
        assert!(text.starts_with("LINE 1: ..."), "{text}");
    }
}
