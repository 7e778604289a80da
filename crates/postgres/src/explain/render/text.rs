//! The text format: a line for each node, its properties below it.

use super::super::tree::{Group, Heading, Item, Value};
use super::spaces;

pub fn lines(items: &[Item]) -> Vec<String> {
    let mut text = Text {
        lines: Vec::new(),
        indent: 0,
    };
    text.items(items);
    text.lines
}

struct Text {
    lines: Vec<String>,
    /// Levels of two columns.
    indent: usize,
}

impl Text {
    fn line(&mut self, text: &str) {
        self.lines.push(format!("{}{text}", spaces(self.indent)));
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Property(property) if property.data_only => {}
                Item::Property(property) => self.line(&format!("{}: {}", property.label, shown(&property.value))),
                Item::Line(line) => self.line(line),
                Item::Group(group) => self.group(group),
                Item::Document(items) => self.document(items),
                Item::Dummy(_) => {}
            }
        }
    }

    fn group(&mut self, group: &Group) {
        let before = self.indent;
        match &group.heading {
            Heading::None => {}
            Heading::Line(line) => {
                self.line(line);
                self.indent += 1;
            }
            Heading::Arrow { above, title } => {
                if let Some(above) = above {
                    self.line(above);
                    self.indent += 1;
                }
                if self.indent == 0 {
                    self.line(title);
                } else {
                    self.line(&format!("->  {title}"));
                    self.indent += 2;
                }
                self.indent += 1;
            }
        }
        self.items(&group.items);
        self.indent = before;
    }

    /// Another node's lines: the first gets the arrow.
    fn document(&mut self, items: &[Item]) {
        for (at, line) in lines(items).iter().enumerate() {
            let before = if at == 0 { "->  " } else { "    " };
            self.line(&format!("{before}{line}"));
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number, "") => number.clone(),
        Value::Number(number, unit) => format!("{number} {unit}"),
        Value::Boolean(value) => value.to_string(),
        Value::List(values) | Value::Nested(values) => values.join(", "),
    }
}
