//! Name patterns of the `\d` family: `*` and `?`, dots between database, schema and name, double quotes.

/// A pattern in its parts; folded to lower case outside quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub database: Option<String>,
    /// There are more dots than names to them.
    pub too_long: bool,
    pub schema: Option<Vec<Symbol>>,
    pub name: Vec<Symbol>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    Char(char),
    AnyChar,
    AnyText,
}

impl Pattern {
    pub fn parse(text: &str) -> Pattern {
        let mut parts = vec![Vec::new()];
        let mut in_quotes = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let symbol = match c {
                '"' if in_quotes && chars.peek() == Some(&'"') => {
                    chars.next();
                    Symbol::Char('"')
                }
                '"' => {
                    in_quotes = !in_quotes;
                    continue;
                }
                '.' if !in_quotes => {
                    parts.push(Vec::new());
                    continue;
                }
                '*' if !in_quotes => Symbol::AnyText,
                '?' if !in_quotes => Symbol::AnyChar,
                c if in_quotes => Symbol::Char(c),
                c => Symbol::Char(c.to_ascii_lowercase()),
            };
            if let Some(part) = parts.last_mut() {
                part.push(symbol);
            }
        }
        let name = parts.pop().unwrap_or_default();
        let schema = parts.pop();
        let database = parts.pop().map(|part| {
            part.into_iter()
                .filter_map(|symbol| if let Symbol::Char(c) = symbol { Some(c) } else { None })
                .collect()
        });
        Pattern {
            database,
            too_long: !parts.is_empty(),
            schema,
            name,
        }
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
        let in_schema = self.schema.as_ref().map_or(visible, |pattern| glob(pattern, schema));
        in_schema && self.matches_name(name)
    }

    pub fn matches_name(&self, name: &str) -> bool {
        self.name.is_empty() || glob(&self.name, name)
    }
}

fn glob(pattern: &[Symbol], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // The last `*` seen and how much of the text it covers; going back to it is enough.
    let (mut p, mut t, mut star) = (0, 0, None);
    loop {
        match (pattern.get(p), text.get(t)) {
            (Some(Symbol::AnyText), _) => {
                star = Some((p, t));
                p += 1;
            }
            (Some(Symbol::AnyChar), Some(_)) => (p, t) = (p + 1, t + 1),
            (Some(Symbol::Char(a)), Some(b)) if a == b => (p, t) = (p + 1, t + 1),
            (None, None) => return true,
            _ => match star {
                Some((at, covered)) if covered < text.len() => {
                    star = Some((at, covered + 1));
                    (p, t) = (at + 1, covered + 1);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
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
        ] {
            assert_eq!(
                Pattern::parse(pattern).matches(schema, name, visible),
                expect,
                "{pattern} {schema}.{name}"
            );
        }
    }
}
