//! COPY's text format: fields between delimiters, backslash escapes, `\N` for NULL.

/// Fields of a line; `None` is NULL (`CopyReadAttributesText`).
pub fn parse_line(line: &str, delimiter: char, null: &str) -> Vec<Option<String>> {
    let mut fields = Vec::new();
    let (mut raw, mut value) = (String::new(), String::new());
    let mut chars = line.chars().peekable();
    loop {
        match chars.next() {
            Some(c) if c != delimiter && c != '\\' => {
                raw.push(c);
                value.push(c);
            }
            Some('\\') => {
                raw.push('\\');
                if let Some(escaped) = chars.next() {
                    raw.push(escaped);
                    value.push_str(&unescape(escaped, &mut chars, &mut raw));
                } else {
                    value.push('\\');
                }
            }
            end => {
                fields.push((raw != null).then(|| std::mem::take(&mut value)));
                raw.clear();
                value.clear();
                if end.is_none() {
                    return fields;
                }
            }
        }
    }
}

fn unescape(escaped: char, chars: &mut std::iter::Peekable<std::str::Chars<'_>>, raw: &mut String) -> String {
    let mut digits = |radix: u32, most: usize, first: Option<char>| {
        let mut text: String = first.into_iter().collect();
        while let Some(c) = chars.peek().copied().filter(|c| c.is_digit(radix) && text.len() < most) {
            text.push(c);
            raw.push(c);
            chars.next();
        }
        u32::from_str_radix(&text, radix)
            .ok()
            .and_then(|code| char::from_u32(code & 0xff))
    };
    let c = match escaped {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '0'..='7' => digits(8, 3, Some(escaped)).unwrap_or(escaped),
        'x' => digits(16, 2, None).unwrap_or('x'),
        other => other,
    };
    c.to_string()
}

/// A line of fields (`CopyAttributeOutText`).
pub fn format_line(fields: &[Option<String>], delimiter: char, null: &str) -> String {
    let mut line = String::new();
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            line.push(delimiter);
        }
        let Some(text) = field else {
            line.push_str(null);
            continue;
        };
        for c in text.chars() {
            match c {
                '\\' => line.push_str("\\\\"),
                '\u{8}' => line.push_str("\\b"),
                '\u{c}' => line.push_str("\\f"),
                '\n' => line.push_str("\\n"),
                '\r' => line.push_str("\\r"),
                '\t' => line.push_str("\\t"),
                '\u{b}' => line.push_str("\\v"),
                c if c == delimiter => {
                    line.push('\\');
                    line.push(c);
                }
                c => line.push(c),
            }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_cut_and_unescaped() {
        let check = |line: &str, expect: &[Option<&str>]| {
            let fields = parse_line(line, '\t', "\\N");
            let fields: Vec<Option<&str>> = fields.iter().map(Option::as_deref).collect();
            assert_eq!(fields, expect, "{line:?}");
        };
        check("1\tkitchen\tt", &[Some("1"), Some("kitchen"), Some("t")]);
        check("3\tcellar\t\\N", &[Some("3"), Some("cellar"), None]);
        check("a\\tb\tc\\\\d\te\\nf", &[Some("a\tb"), Some("c\\d"), Some("e\nf")]);
        check("\\x41\\102", &[Some("AB")]);
        check("", &[Some("")]);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["plain", "tab\there", "back\\slash", "\\N", "new\nline", ""] {
            let line = format_line(&[Some(text.to_string()), None], '\t', "\\N");
            assert_eq!(parse_line(&line, '\t', "\\N"), [Some(text.to_string()), None]);
        }
    }
}
