//! FORMAT YAML. Lists and objects are told by their indentation; a label is followed by a space.

use super::super::tree::{Item, Property, Value};
use super::{indented, quoted, quoted_list, spaces};

pub fn document(items: &[Item]) -> String {
    let mut yaml = Yaml {
        text: String::new(),
        indent: 0,
        on_line: true,
    };
    yaml.items(items);
    yaml.text
}

struct Yaml {
    text: String,
    indent: usize,
    /// The next item goes on in the line that has begun: the first of all, and the first after a dash.
    on_line: bool,
}

impl Yaml {
    fn begin(&mut self) {
        if !std::mem::take(&mut self.on_line) {
            self.text.push('\n');
            self.text.push_str(&spaces(self.indent));
        }
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Property(property) => self.property(property),
                Item::Line(_) => {}
                Item::Group(group) => {
                    self.begin();
                    match &group.label {
                        Some(label) => self.text.push_str(&format!("{label}: ")),
                        None => {
                            self.text.push_str("- ");
                            self.on_line = true;
                        }
                    }
                    self.indent += 1;
                    self.items(&group.items);
                    self.indent = self.indent.saturating_sub(1);
                    self.on_line = false;
                }
                Item::Document(items) => {
                    self.text.push('\n');
                    self.text.push_str(&indented(&document(items), self.indent));
                }
                Item::Dummy(name) => {
                    self.begin();
                    self.text.push_str(&format!("- {}", quoted(name)));
                }
            }
        }
    }

    fn property(&mut self, property: &Property) {
        self.begin();
        let label = &property.label;
        self.text.push_str(&match &property.value {
            Value::Text(text) => format!("{label}: {}", quoted(text)),
            Value::Number(number, _) => format!("{label}: {number}"),
            Value::Boolean(value) => format!("{label}: {value}"),
            Value::List(values) => {
                let line = |value: &String| format!("\n{}- {}", spaces(self.indent + 1), quoted(value));
                format!("{label}: {}", values.iter().map(line).collect::<String>())
            }
            Value::Nested(values) => format!("- [{}]", quoted_list(values)),
        });
    }
}
