//! What plan nodes and extensions write into: each property once, whatever the format.

use super::options::{ExplainOptions, Format};
use super::render;
use super::tree::{Group, Item, Property, Value};

/// Collects what EXPLAIN prints.
///
/// ```text
/// writer.group(Group::named("Job"), |writer| writer.property("Task Count", 4_usize));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ExplainWriter {
    pub options: ExplainOptions,
    /// Columns stand with the names of their tables, even of a single one.
    pub prefixed: bool,
    items: Vec<Item>,
}

impl ExplainWriter {
    pub fn new(options: ExplainOptions) -> ExplainWriter {
        ExplainWriter {
            options,
            ..ExplainWriter::default()
        }
    }

    pub fn is_text(&self) -> bool {
        self.options.format == Format::Text
    }

    /// `Label: value`.
    pub fn property(&mut self, label: impl Into<String>, value: impl Into<Value>) {
        self.push_property(label.into(), value.into(), false);
    }

    /// A property that the text format does not print.
    pub fn data(&mut self, label: impl Into<String>, value: impl Into<Value>) {
        self.push_property(label.into(), value.into(), true);
    }

    fn push_property(&mut self, label: String, value: Value, data_only: bool) {
        self.items.push(Item::Property(Property {
            label,
            value,
            data_only,
        }));
    }

    /// A line that only the text format prints.
    pub fn line(&mut self, text: impl Into<String>) {
        self.items.push(Item::Line(text.into()));
    }

    /// What stands in place of a plan; `line` in the text format.
    pub fn dummy(&mut self, name: &str, line: Option<&str>) {
        self.items.push(Item::Dummy(name.to_string()));
        if let Some(line) = line {
            self.line(line);
        }
    }

    /// A group with all that `inside` writes.
    pub fn group<T>(&mut self, group: Group, inside: impl FnOnce(&mut ExplainWriter) -> T) -> T {
        let (items, result) = self.apart(inside);
        self.items.push(Item::Group(Group { items, ..group }));
        result
    }

    /// What an EXPLAIN on another node prints.
    pub fn document<T>(&mut self, inside: impl FnOnce(&mut ExplainWriter) -> T) -> T {
        let (items, result) = self.apart(inside);
        self.items.push(Item::Document(items));
        result
    }

    fn apart<T>(&mut self, inside: impl FnOnce(&mut ExplainWriter) -> T) -> (Vec<Item>, T) {
        let before = std::mem::take(&mut self.items);
        let result = inside(self);
        (std::mem::replace(&mut self.items, before), result)
    }

    /// The rows of the result: a row a line of text, or all in one row.
    pub fn into_rows(self) -> Vec<String> {
        render::rows(self.options.format, &self.items)
    }
}
