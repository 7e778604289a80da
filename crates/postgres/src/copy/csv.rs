//! COPY's CSV format.

use super::options::CopyOptions;

/// A field as it was read; quoted ones are never NULL (unless FORCE_NULL says so).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub text: String,
    pub quoted: bool,
}

/// Fields, text and number of the last line of a record.
pub type Record<'d> = (Vec<Field>, &'d str, usize);

/// Cuts data into records, each with its fields, its text and the number of its last line from 1. A quoted
/// newline is part of its field. `Err` gives the number and text of a record that never ends.
pub fn records<'d>(data: &'d str, options: &CopyOptions) -> Result<Vec<Record<'d>>, (usize, &'d str)> {
    let mut records = Vec::new();
    let (mut start, mut line_number) = (0, 0);
    while start < data.len() {
        let (fields, length, newlines) =
            record(&data[start..], options).ok_or_else(|| (line_number + 1, &data[start..]))?;
        line_number += newlines;
        let text = data[start..start + length].trim_end_matches(['\n', '\r']);
        records.push((fields, text, line_number));
        start += length;
    }
    Ok(records)
}

/// The first record: fields, bytes and lines it takes; none if a quote stays open.
fn record(data: &str, options: &CopyOptions) -> Option<(Vec<Field>, usize, usize)> {
    let mut fields = Vec::new();
    let mut field = Field {
        text: String::new(),
        quoted: false,
    };
    let (mut in_quotes, mut newlines) = (false, 1);
    let mut chars = data.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if in_quotes {
            let next = chars.peek().map(|(_, next)| *next);
            if c == options.escape && next.is_some_and(|next| next == options.quote || next == options.escape) {
                field.text.extend(next);
                chars.next();
            } else if c == options.quote {
                in_quotes = false;
            } else {
                newlines += usize::from(c == '\n');
                field.text.push(c);
            }
        } else if c == options.quote {
            in_quotes = true;
            field.quoted = true;
        } else if c == options.delimiter {
            fields.push(std::mem::replace(
                &mut field,
                Field {
                    text: String::new(),
                    quoted: false,
                },
            ));
        } else if c == '\n' {
            fields.push(field);
            return Some((fields, at + 1, newlines));
        } else if c != '\r' || chars.peek().is_none_or(|(_, next)| *next != '\n') {
            field.text.push(c);
        }
    }
    fields.push(field);
    (!in_quotes).then_some((fields, data.len(), newlines))
}

/// One field, quoted where it must be or where `force` says so (`CopyAttributeOutCSV`).
pub fn format_field(text: &str, options: &CopyOptions, force: bool, only: bool) -> String {
    let needs = force
        || text == options.null
        || (only && text == "\\.")
        || text.contains([options.delimiter, options.quote, '\n', '\r']);
    if !needs {
        return text.to_string();
    }
    let mut quoted = String::from(options.quote);
    for c in text.chars() {
        if c == options.quote || c == options.escape {
            quoted.push(options.escape);
        }
        quoted.push(c);
    }
    quoted.push(options.quote);
    quoted
}
