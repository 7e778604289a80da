//! What was typed before.

use crate::keep;

/// Statements kept.
const LIMIT: usize = 200;
/// Parts two statements in storage.
const SEPARATOR: char = '\u{1e}';

/// Earlier statements, the newest last, and where the learner stands among them.
pub struct History {
    statements: Vec<String>,
    /// Equal to the length when nothing is recalled.
    place: usize,
    /// What was being typed when recalling began.
    draft: String,
}

impl History {
    pub fn new() -> History {
        let kept = keep::get("history").unwrap_or_default();
        let statements: Vec<String> = kept
            .split(SEPARATOR)
            .filter(|text| !text.is_empty())
            .map(String::from)
            .collect();
        History {
            place: statements.len(),
            statements,
            draft: String::new(),
        }
    }

    pub fn push(&mut self, text: &str) {
        if self.statements.last().is_none_or(|last| last != text) {
            self.statements.push(text.to_string());
        }
        let surplus = self.statements.len().saturating_sub(LIMIT);
        self.statements.drain(..surplus);
        self.place = self.statements.len();
        keep::set("history", &self.statements.join(&SEPARATOR.to_string()));
    }

    /// One statement older or newer; beyond the newest, the draft.
    pub fn recall(&mut self, older: bool, draft: &str) -> Option<String> {
        if self.place == self.statements.len() {
            self.draft = draft.to_string();
        }
        let place = if older {
            self.place.checked_sub(1)?
        } else {
            self.place + 1
        };
        if place > self.statements.len() {
            return None;
        }
        self.place = place;
        Some(
            self.statements
                .get(place)
                .cloned()
                .unwrap_or_else(|| self.draft.clone()),
        )
    }
}
