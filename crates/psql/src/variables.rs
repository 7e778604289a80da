//! psql's variables and how they are quoted into statements.

use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct Variables {
    values: BTreeMap<String, String>,
}

/// How a reference is written, and so how its value is put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// `:name`
    Plain,
    /// `:'name'`
    Literal,
    /// `:"name"`
    Identifier,
    /// `:{?name}`: whether it is set.
    Test,
}

impl Quoting {
    pub fn quote(self, value: &str) -> String {
        match self {
            Quoting::Plain | Quoting::Test => value.to_string(),
            Quoting::Literal => {
                let doubled = value.replace('\'', "''");
                if value.contains('\\') {
                    format!(" E'{}'", doubled.replace('\\', "\\\\"))
                } else {
                    format!("'{doubled}'")
                }
            }
            Quoting::Identifier => format!("\"{}\"", value.replace('"', "\"\"")),
        }
    }
}

impl Default for Variables {
    /// Those psql sets by itself.
    fn default() -> Variables {
        let values = [
            ("AUTOCOMMIT", "on"),
            ("COMP_KEYWORD_CASE", "preserve-upper"),
            ("ECHO", "none"),
            ("ECHO_HIDDEN", "off"),
            ("ENCODING", "UTF8"),
            ("ERROR", "false"),
            ("FETCH_COUNT", "0"),
            ("HIDE_TABLEAM", "off"),
            ("HIDE_TOAST_COMPRESSION", "off"),
            ("HISTCONTROL", "none"),
            ("HISTSIZE", "500"),
            ("IGNOREEOF", "0"),
            ("LAST_ERROR_MESSAGE", ""),
            ("LAST_ERROR_SQLSTATE", "00000"),
            ("ON_ERROR_ROLLBACK", "off"),
            ("ON_ERROR_STOP", "off"),
            ("PROMPT1", "%/%R%x%# "),
            ("PROMPT2", "%/%R%x%# "),
            ("PROMPT3", ">> "),
            ("QUIET", "off"),
            ("ROW_COUNT", "0"),
            ("SHOW_ALL_RESULTS", "on"),
            ("SHOW_CONTEXT", "errors"),
            ("SINGLELINE", "off"),
            ("SINGLESTEP", "off"),
            ("SQLSTATE", "00000"),
            ("VERBOSITY", "default"),
        ];
        Variables {
            values: values
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }
}

impl Variables {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.insert(name.to_string(), value.into());
    }

    /// Removes it; psql's own go back to what they are without a value.
    pub fn unset(&mut self, name: &str) {
        match name {
            "QUIET" | "ON_ERROR_STOP" | "ECHO_HIDDEN" | "SINGLELINE" | "SINGLESTEP" | "ON_ERROR_ROLLBACK" => {
                self.set(name, "off");
            }
            "AUTOCOMMIT" => self.set(name, "off"),
            "ECHO" => self.set(name, "none"),
            "VERBOSITY" => self.set(name, "default"),
            "SHOW_CONTEXT" => self.set(name, "errors"),
            "FETCH_COUNT" => self.set(name, "0"),
            _ => {
                self.values.remove(name);
            }
        }
    }

    pub fn is_on(&self, name: &str) -> bool {
        self.get(name) == Some("on")
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The reference at the start of `text` (a colon): name, quoting, length in bytes.
    pub fn reference<'t>(&self, text: &'t str) -> Option<(&'t str, Quoting, usize)> {
        let after = text.get(1..)?;
        let name_end = |text: &str| {
            text.find(|c: char| !(c == '_' || c.is_alphanumeric()))
                .unwrap_or(text.len())
        };
        let (opening, quoting, closing) = match after.chars().next()? {
            '\'' => (1, Quoting::Literal, "'"),
            '"' => (1, Quoting::Identifier, "\""),
            '{' if after.starts_with("{?") => (2, Quoting::Test, "}"),
            _ => (0, Quoting::Plain, ""),
        };
        let body = after.get(opening..)?;
        let end = name_end(body);
        if end == 0 || !body.get(end..)?.starts_with(closing) {
            return None;
        }
        Some((&body[..end], quoting, 1 + opening + end + closing.len()))
    }
}

/// Whether psql lets a variable have this name.
pub fn valid_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c == '_' || c.is_alphanumeric())
}
