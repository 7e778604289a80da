//! Name patterns of the `\d` family, after psql's `patternToSQLRegex`: regular expressions in which `*` and `?` are
//! those of file names, dots stand between database, schema and name, and double quotes make letters of everything.

use kumquat_types::Result;
use kumquat_types::regex::{Options, Regex};

/// A pattern in its parts; folded to lower case outside quotes.
#[derive(Debug)]
pub struct Pattern {
    database: Option<String>,
    /// There are more dots than names to them.
    too_long: bool,
    schema: Option<Regex>,
    /// `None` matches everything.
    name: Option<Regex>,
}

impl Pattern {
    /// Reads a pattern; an error says what is wrong with it as a regular expression.
    pub fn parse(text: &str) -> Result<Pattern> {
        Pattern::read(text, false)
    }

    /// The same for names of operators, whose signs mean nothing but themselves.
    pub fn parse_operator(text: &str) -> Result<Pattern> {
        Pattern::read(text, true)
    }

    fn read(text: &str, literal: bool) -> Result<Pattern> {
        let mut parts = vec![String::new()];
        let mut in_quotes = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c == '.' && !in_quotes {
                parts.push(String::new());
                continue;
            }
            let Some(part) = parts.last_mut() else { break };
            match c {
                '"' if in_quotes && chars.peek() == Some(&'"') => {
                    chars.next();
                    part.push('"');
                }
                '"' => in_quotes = !in_quotes,
                '$' => part.push_str("\\$"),
                '*' if !in_quotes => part.push_str(".*"),
                '?' if !in_quotes => part.push('.'),
                c if (in_quotes || literal) && "|*+?()[]{}.^\\".contains(c) => part.extend(['\\', c]),
                c if in_quotes => part.push(c),
                // The name of an array type.
                '[' if chars.peek() == Some(&']') => part.push_str("\\["),
                c => part.push(c.to_ascii_lowercase()),
            }
        }
        let regex = |part: String| Regex::new(&format!("^({part})$"), Options::default());
        let name = parts.pop().filter(|part| !part.is_empty()).map(regex).transpose()?;
        let schema = parts.pop().map(regex).transpose()?;
        Ok(Pattern {
            database: parts.pop(),
            too_long: !parts.is_empty(),
            schema,
            name,
        })
    }

    /// Why nothing can match in a database: another is named, or too much is.
    pub fn complaint(&self, database: &str) -> Option<&'static str> {
        if self.too_long {
            return Some("improper qualified name (too many dotted names)");
        }
        let other = self.database.as_ref().is_some_and(|named| named != database);
        other.then_some("cross-database references are not implemented")
    }

    /// Whether an object in a schema matches; without a schema in the pattern it must be visible.
    pub fn matches(&self, schema: &str, name: &str, visible: bool) -> bool {
        let in_schema = self
            .schema
            .as_ref()
            .map_or(visible, |pattern| is_match(pattern, schema));
        in_schema && self.matches_name(name)
    }

    pub fn matches_name(&self, name: &str) -> bool {
        self.name.as_ref().is_none_or(|pattern| is_match(pattern, name))
    }
}

fn is_match(pattern: &Regex, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    pattern.is_match(&text).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn patterns_match_as_psql_reads_them() {
        for (pattern, schema, name, visible, expect) in [
            ("docs", "public", "docs", true, true),
            ("DOCS", "public", "docs", true, true),
            ("\"DOCS\"", "public", "docs", true, false),
            ("do*", "public", "docs_pkey", true, true),
            ("*s", "public", "docs", true, true),
            ("d?cs", "public", "docs", true, true),
            ("docs", "crm", "docs", false, false),
            ("crm.docs", "crm", "docs", false, true),
            ("crm.*", "crm", "anything", false, true),
            ("c*.d*", "crm", "docs", false, true),
            ("docs[12]", "public", "docs2", true, true),
            ("(a|d)ocs", "public", "docs", true, true),
            ("d.cs", "public", "docs", true, false),
            ("int4[]", "public", "int4[]", true, true),
            ("\"d*\"", "public", "docs", true, false),
            ("a$", "public", "a$", true, true),
        ] {
            assert_eq!(
                Pattern::parse(pattern).unwrap().matches(schema, name, visible),
                expect,
                "{pattern} {schema}.{name}"
            );
        }
    }

    #[test]
    fn what_is_no_regular_expression_is_an_error() {
        let error = Pattern::parse("a[").unwrap_err();
        assert_eq!(error.message, "invalid regular expression: brackets [] not balanced");
    }
}
