//! FORMAT JSON.

use super::super::tree::{Item, Property, Value};
use super::{indented, quoted, quoted_list, spaces};

/// A whole output: a list of statements.
pub fn document(items: &[Item]) -> String {
    let mut json = Json {
        text: "[".into(),
        indent: 1,
        first: true,
    };
    json.items(items);
    json.close("]");
    json.text
}

struct Json {
    text: String,
    indent: usize,
    /// Nothing stands in the group yet.
    first: bool,
}

impl Json {
    /// A new line for the next member.
    fn begin(&mut self, label: Option<&str>) {
        if !std::mem::take(&mut self.first) {
            self.text.push(',');
        }
        self.text.push('\n');
        self.text.push_str(&spaces(self.indent));
        if let Some(label) = label {
            self.text.push_str(&quoted(label));
            self.text.push_str(": ");
        }
    }

    fn close(&mut self, bracket: &str) {
        self.indent = self.indent.saturating_sub(1);
        self.text.push('\n');
        self.text.push_str(&spaces(self.indent));
        self.text.push_str(bracket);
        self.first = false;
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Property(property) => self.property(property),
                Item::Line(_) => {}
                Item::Group(group) => {
                    self.begin(group.label.as_deref());
                    let (open, close) = if group.is_list { ("[", "]") } else { ("{", "}") };
                    self.text.push_str(open);
                    self.indent += 1;
                    self.first = true;
                    self.items(&group.items);
                    self.close(close);
                }
                Item::Document(items) => {
                    self.text.push('\n');
                    self.text.push_str(&indented(&document(items), self.indent));
                }
                Item::Dummy(name) => {
                    self.begin(None);
                    self.text.push_str(&quoted(name));
                }
            }
        }
    }

    fn property(&mut self, property: &Property) {
        let label = match property.value {
            Value::Nested(_) => None,
            _ => Some(property.label.as_str()),
        };
        self.begin(label);
        self.text.push_str(&match &property.value {
            Value::Text(text) => quoted(text),
            Value::Number(number, _) => number.clone(),
            Value::Boolean(value) => value.to_string(),
            Value::List(values) | Value::Nested(values) => format!("[{}]", quoted_list(values)),
        });
    }
}
