//! The formats of EXPLAIN: each walks the same tree and prints it.

mod json;
mod text;
mod xml;
mod yaml;

use super::options::Format;
use super::tree::Item;

/// The rows of the result.
pub fn rows(format: Format, items: &[Item]) -> Vec<String> {
    match format {
        Format::Text => text::lines(items),
        Format::Json => vec![json::document(items)],
        Format::Yaml => vec![yaml::document(items)],
        Format::Xml => vec![xml::document(items)],
    }
}

fn spaces(indent: usize) -> String {
    "  ".repeat(indent)
}

/// Another node's output, each line further to the right.
fn indented(document: &str, indent: usize) -> String {
    let lines = document.lines().map(|line| format!("{}{line}\n", spaces(indent)));
    lines.collect()
}

/// A string of JSON, quotes included; YAML takes the same.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            control if control < ' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

fn quoted_list(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    values.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Group, Value};
    use super::super::{ExplainOptions, ExplainWriter};
    use super::*;

    fn check(format: Format, expected: &str) {
        let options = ExplainOptions {
            format,
            ..ExplainOptions::default()
        };
        let mut writer = ExplainWriter::new(options);
        writer.group(Group::named("Plan").arrow("Seq Scan on t"), |writer| {
            writer.data("Node Type", "Seq Scan");
            writer.property("Filter", "(b < '\"'::text)");
            writer.property("Rows", Value::milliseconds(1.5, 2));
            writer.property("Key", vec!["a".to_string(), "b".to_string()]);
            writer.group(Group::list("Plans"), |writer| {
                writer.group(Group::member("Plan").arrow("Result"), |writer| {
                    writer.data("Done", true)
                });
                writer.document(|writer| writer.group(Group::named("Far").arrow("Far"), |_| ()));
            });
        });
        assert_eq!(writer.into_rows().join("\n"), expected);
    }

    #[test]
    fn one_tree_has_four_forms() {
        check(
            Format::Text,
            "Seq Scan on t\n  Filter: (b < '\"'::text)\n  Rows: 1.50 ms\n  Key: a, b\n  ->  Result\n  ->  Far",
        );
        check(
            Format::Json,
            r#"[
  "Plan": {
    "Node Type": "Seq Scan",
    "Filter": "(b < '\"'::text)",
    "Rows": 1.50,
    "Key": ["a", "b"],
    "Plans": [
      {
        "Done": true
      }
      [
        "Far": {
        }
      ]

    ]
  }
]"#,
        );
        check(
            Format::Yaml,
            "Plan: \n  Node Type: \"Seq Scan\"\n  Filter: \"(b < '\\\"'::text)\"\n  Rows: 1.50\n  Key: \n    - \"a\"\n    - \"b\"\n  Plans: \n    - Done: true\n    Far: \n",
        );
        check(
            Format::Xml,
            "<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n  <Plan>\n    <Node-Type>Seq Scan</Node-Type>\n    <Filter>(b &lt; '\"'::text)</Filter>\n    <Rows>1.50</Rows>\n    <Key>\n      <Item>a</Item>\n      <Item>b</Item>\n    </Key>\n    <Plans>\n      <Plan>\n        <Done>true</Done>\n      </Plan>\n      <explain xmlns=\"http://www.postgresql.org/2009/explain\">\n        <Far>\n        </Far>\n      </explain>\n    </Plans>\n  </Plan>\n</explain>",
        );
    }
}
