//! How identifiers and strings are written in SQL text.

/// Key words that cannot stand for any name without quotes: all of PostgreSQL 15's but the unreserved ones.
const RESERVED: &str = " all analyse analyze and any array as asc asymmetric authorization between bigint binary bit \
boolean both case cast char character check coalesce collate collation column concurrently constraint create cross \
current_catalog current_date current_role current_schema current_time current_timestamp current_user dec decimal \
default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full \
grant greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull \
join lateral leading least left like limit localtime localtimestamp national natural nchar none normalize not \
notnull null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary \
real references returning right row select session_user setof similar smallint some substring symmetric table \
tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic verbose \
when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot \
xmlserialize xmltable ";

/// The identifier, in double quotes where it would not be read back as it is (`quote_identifier`).
pub fn quote_identifier(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !RESERVED.contains(&format!(" {name} "));
    if plain {
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
            ("name", "name"),
            ("order", "\"order\""),
            ("user", "\"user\""),
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
