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
            ("SHOW_ALL_RESULTS", "on"),
            ("SHOW_CONTEXT", "errors"),
            ("SINGLELINE", "off"),
            ("SINGLESTEP", "off"),
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
        match Special::of(name) {
            Some(special) => self.set(name, special.unset_value()),
            None => {
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

/// Variables that psql gives a meaning to, and what they may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Special {
    Flag,
    Number(&'static str),
    /// Words it may be, in the order in which psql names them, the one for "no value" first.
    Word(&'static [&'static str]),
    /// The words `on` and `off` may be written as any boolean.
    Switch(&'static [&'static str]),
}

impl Special {
    fn of(name: &str) -> Option<Special> {
        Some(match name {
            "AUTOCOMMIT"
            | "HIDE_TABLEAM"
            | "HIDE_TOAST_COMPRESSION"
            | "ON_ERROR_STOP"
            | "QUIET"
            | "SHOW_ALL_RESULTS"
            | "SINGLELINE"
            | "SINGLESTEP" => Special::Flag,
            "FETCH_COUNT" | "IGNOREEOF" => Special::Number("0"),
            "HISTSIZE" => Special::Number("500"),
            "ON_ERROR_ROLLBACK" => Special::Switch(&["on", "off", "interactive"]),
            "ECHO_HIDDEN" => Special::Switch(&["on", "off", "noexec"]),
            "ECHO" => Special::Word(&["none", "errors", "queries", "all"]),
            "COMP_KEYWORD_CASE" => Special::Word(&["lower", "upper", "preserve-lower", "preserve-upper"]),
            "HISTCONTROL" => Special::Word(&["none", "ignorespace", "ignoredups", "ignoreboth"]),
            "VERBOSITY" => Special::Word(&["default", "verbose", "terse", "sqlstate"]),
            "SHOW_CONTEXT" => Special::Word(&["never", "errors", "always"]),
            _ => return None,
        })
    }

    fn unset_value(self) -> &'static str {
        match self {
            Special::Flag | Special::Switch(_) => "off",
            Special::Number(number) => number,
            Special::Word(["lower", ..]) => "preserve-upper",
            Special::Word(["never", ..]) => "errors",
            Special::Word(words) => words.first().copied().unwrap_or(""),
        }
    }
}

/// Whether psql gives the variable a meaning, so that `\gset` may not set it.
pub fn is_special(name: &str) -> bool {
    Special::of(name).is_some() || matches!(name, "PROMPT1" | "PROMPT2" | "PROMPT3" | "HISTFILE")
}

/// Checks a value for a variable that psql gives a meaning to; the error is psql's message.
pub fn special_value(name: &str, value: &str) -> Result<String, String> {
    let Some(special) = Special::of(name) else {
        return Ok(value.to_string());
    };
    let flag = |value: &str| match value {
        "" => Some(true),
        value => crate::command::condition::parse_bool(value),
    };
    let on_off = |value| if value { "on" } else { "off" }.to_string();
    match special {
        Special::Flag => flag(value)
            .map(on_off)
            .ok_or_else(|| format!("unrecognized value \"{value}\" for \"{name}\": Boolean expected")),
        // psql takes anything for this one, and 10 for what is no number.
        Special::Number(_) if name == "IGNOREEOF" => Ok(value
            .parse::<i32>()
            .map_or_else(|_| "10".to_string(), |_| value.to_string())),
        Special::Number(_) => match value.parse::<i32>() {
            Ok(_) => Ok(value.to_string()),
            Err(_) => Err(format!("invalid value \"{value}\" for \"{name}\": integer expected")),
        },
        Special::Word(words) | Special::Switch(words) => {
            if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(value)) {
                return Ok((*word).to_string());
            }
            match (special, flag(value)) {
                (Special::Switch(_), Some(switched)) => Ok(on_off(switched)),
                _ => Err(format!(
                    "unrecognized value \"{value}\" for \"{name}\"\nAvailable values are: {}.",
                    words.join(", ")
                )),
            }
        }
    }
}
