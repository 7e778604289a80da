//! Columns that characters take on a terminal, after psql's `pg_wcswidth`.

use unicode_width::UnicodeWidthChar;

pub fn char_width(c: char) -> usize {
    c.width().unwrap_or(0)
}

pub fn text_width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// As much of a text as `width` columns hold, but one character at least (`strlen_max_width`).
pub fn take_width(text: &str, width: usize) -> &str {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += char_width(c);
        if taken > width && at > 0 {
            return &text[..at];
        }
    }
    text
}

/// A cell's lines with control characters made visible, as psql prints them (`pg_wcsformat`).
pub fn cell_lines(text: &str) -> Vec<String> {
    text.split('\n').map(visible).collect()
}

fn visible(line: &str) -> String {
    if !line.chars().any(|c| c.is_control()) {
        return line.to_string();
    }
    let (mut shown, mut width) = (String::with_capacity(line.len()), 0);
    for c in line.chars() {
        match c {
            '\r' => {
                shown.push_str("\\r");
                width += 2;
            }
            '\t' => {
                let step = 8 - width % 8;
                shown.push_str(&" ".repeat(step));
                width += step;
            }
            c if c.is_control() => {
                let code = u32::from(c);
                let escaped = if code < 0x80 {
                    format!("\\x{code:02X}")
                } else {
                    format!("\\u{code:04X}")
                };
                width += escaped.len();
                shown.push_str(&escaped);
            }
            c => {
                shown.push(c);
                width += char_width(c);
            }
        }
    }
    shown
}
