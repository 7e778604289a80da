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
        let statements = kept();
        History {
            place: statements.len(),
            statements,
            draft: String::new(),
        }
    }

    pub fn push(&mut self, text: &str) {
        add(&mut self.statements, text);
        self.place = self.statements.len();
        // Another tab may have added to what is kept.
        let mut all = kept();
        add(&mut all, text);
        keep::set("history", &all.join(&SEPARATOR.to_string()));
    }

    /// Every statement once, the newest first.
    pub fn newest_first(&self) -> Vec<String> {
        let mut unique: Vec<String> = Vec::new();
        for text in self.statements.iter().rev() {
            if !unique.contains(text) {
                unique.push(text.clone());
            }
        }
        unique
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

fn kept() -> Vec<String> {
    let kept = keep::get("history").unwrap_or_default();
    let texts = kept.split(SEPARATOR).filter(|text| !text.is_empty());
    texts.map(String::from).collect()
}

fn add(statements: &mut Vec<String>, text: &str) {
    if statements.last().is_none_or(|last| last != text) {
        statements.push(text.to_string());
    }
    let surplus = statements.len().saturating_sub(LIMIT);
    statements.drain(..surplus);
}
