//! How identifiers and strings are written in SQL text.

use kumquat_sql::{KeywordCategory, keyword_category};

/// The identifier, in double quotes where it would not be read back as it is (`quote_identifier`).
pub fn quote_identifier(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let reserved = || keyword_category(name).is_some_and(|category| category != KeywordCategory::Unreserved);
    if plain && !reserved() {
        name.to_string()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// `schema.name`, both quoted where needed.
pub fn quote_qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", quote_identifier(schema), quote_identifier(name))
}

/// The string as a literal: quotes doubled, and an `E` before one with backslashes (`quote_literal`).
pub fn quote_literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_only_where_needed() {
        for (name, expect) in [
            ("orders", "orders"),
            ("_x1", "_x1"),
            ("Orders", "\"Orders\""),
            ("1x", "\"1x\""),
            ("a\"b", "\"a\"\"b\""),
            ("select", "\"select\""),
            ("name", "name"),
            ("", "\"\""),
        ] {
            assert_eq!(quote_identifier(name), expect);
        }
    }

    #[test]
    fn literals_double_their_quotes() {
        for (text, expect) in [("a", "'a'"), ("it's", "'it''s'"), ("a\\b", "E'a\\\\b'")] {
            assert_eq!(quote_literal(text), expect);
        }
    }
}
