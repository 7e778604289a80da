//! FORMAT XML.

use super::super::tree::{Item, Property, Value};
use super::{indented, spaces};

pub fn document(items: &[Item]) -> String {
    let mut xml = Xml {
        text: "<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n".into(),
        indent: 1,
    };
    xml.items(items);
    xml.text.push_str("</explain>");
    xml.text
}

struct Xml {
    text: String,
    indent: usize,
}

impl Xml {
    fn line(&mut self, line: &str) {
        self.text.push_str(&format!("{}{line}\n", spaces(self.indent)));
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Property(property) => self.property(property),
                Item::Line(_) => {}
                Item::Group(group) => self.element(&group.tag, |xml| xml.items(&group.items)),
                Item::Document(items) => self.text.push_str(&indented(&document(items), self.indent)),
                Item::Dummy(name) => self.line(&format!("<{} />", element_name(name))),
            }
        }
    }

    fn element(&mut self, name: &str, inside: impl FnOnce(&mut Xml)) {
        let name = element_name(name);
        self.line(&format!("<{name}>"));
        self.indent += 1;
        inside(self);
        self.indent = self.indent.saturating_sub(1);
        self.line(&format!("</{name}>"));
    }

    fn property(&mut self, property: &Property) {
        let value = match &property.value {
            Value::List(values) | Value::Nested(values) => {
                self.element(&property.label, |xml| {
                    for value in values {
                        xml.line(&format!("<Item>{}</Item>", escaped(value)));
                    }
                });
                return;
            }
            Value::Text(text) => escaped(text),
            Value::Number(number, _) => number.clone(),
            Value::Boolean(value) => value.to_string(),
        };
        let name = element_name(&property.label);
        self.line(&format!("<{name}>{value}</{name}>"));
    }
}

/// Labels have blanks, elements cannot.
fn element_name(label: &str) -> String {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let letters = label.chars();
    letters
        .map(|letter| if is_allowed(letter) { letter } else { '-' })
        .collect()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\r' => escaped.push_str("&#x0d;"),
            other => escaped.push(other),
        }
    }
    escaped
}
