//! Prints jsonb: `{"a": 1, "b": [true, null]}`, or indented.

use super::Json;
use super::parse::{Node, Value};

/// A string in quotes, with what must be escaped escaped (`escape_json`).
pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => *out += "\\\"",
            '\\' => *out += "\\\\",
            '\n' => *out += "\\n",
            '\r' => *out += "\\r",
            '\t' => *out += "\\t",
            '\u{8}' => *out += "\\b",
            '\u{c}' => *out += "\\f",
            c if u32::from(c) < 32 => *out += &format!("\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// `jsonb_out`
pub fn jsonb_out(json: &Json) -> String {
    let mut out = String::new();
    write(&mut out, json);
    out
}

fn write(out: &mut String, json: &Json) {
    match json {
        Json::Null => *out += "null",
        Json::Bool(value) => *out += if *value { "true" } else { "false" },
        Json::Number(value) => *out += &value.to_string(),
        Json::String(text) => quote(out, text),
        Json::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    *out += ", ";
                }
                write(out, element);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                if index > 0 {
                    *out += ", ";
                }
                quote(out, key);
                *out += ": ";
                write(out, value);
            }
            out.push('}');
        }
    }
}

/// `jsonb_pretty`: four blanks a level.
pub fn pretty(json: &Json) -> String {
    let mut out = String::new();
    write_pretty(&mut out, json, 0);
    out
}

fn write_pretty(out: &mut String, json: &Json, level: usize) {
    let line = |out: &mut String, level: usize, first: bool| {
        *out += if first { "\n" } else { ",\n" };
        *out += &"    ".repeat(level);
    };
    match json {
        Json::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                line(out, level + 1, index == 0);
                write_pretty(out, element, level + 1);
            }
            line(out, level, true);
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                line(out, level + 1, index == 0);
                quote(out, key);
                *out += ": ";
                write_pretty(out, value, level + 1);
            }
            line(out, level, true);
            out.push('}');
        }
        scalar => write(out, scalar),
    }
}

/// `json_strip_nulls`: the text without blanks and without fields that are null.
pub fn without_nulls(out: &mut String, node: &Node<'_>) {
    match &node.value {
        Value::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                without_nulls(out, element);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            let kept = members.iter().filter(|(_, node)| !matches!(node.value, Value::Null));
            for (index, (key, value)) in kept.enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quote(out, key);
                out.push(':');
                without_nulls(out, value);
            }
            out.push('}');
        }
        Value::String(text) => quote(out, text),
        _ => *out += node.text,
    }
}
