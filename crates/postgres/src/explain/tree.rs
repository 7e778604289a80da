//! What EXPLAIN says, before it is put into one of its formats: groups of properties.
//!
//! ```text
//! Group "Plan", text "Seq Scan on t"
//!   Property "Node Type" = "Seq Scan"     (not in the text, whose first line says it)
//!   Property "Filter" = "(a > 1)"
//! ```

/// A part of the output.
#[derive(Clone, Debug)]
pub enum Item {
    Property(Property),
    /// A line of the text format alone, for what other formats say in properties.
    Line(String),
    Group(Group),
    /// Everything that an EXPLAIN on another node has printed.
    Document(Vec<Item>),
    /// In place of a plan (`ExplainDummyGroup`).
    Dummy(String),
}

#[derive(Clone, Debug)]
pub struct Property {
    pub label: String,
    pub value: Value,
    /// The text format has no such line: it says the same elsewhere, or not at all.
    pub data_only: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    /// A number as it is to be printed, and the unit that the text format names.
    Number(String, &'static str),
    Boolean(bool),
    List(Vec<String>),
    /// One of several lists in a list.
    Nested(Vec<String>),
}

/// An object or a list.
#[derive(Clone, Debug)]
pub struct Group {
    /// Name of the XML element.
    pub tag: String,
    /// Key within the object around; none within a list.
    pub label: Option<String>,
    /// A list of values or unnamed groups rather than of properties.
    pub is_list: bool,
    pub heading: Heading,
    pub items: Vec<Item>,
}

/// What the text format prints for a group: without a heading, its contents alone.
#[derive(Clone, Debug, Default)]
pub enum Heading {
    #[default]
    None,
    /// `->  Seq Scan on t`, without the arrow on the outermost; after a line such as `InitPlan 1 (returns $0)`.
    Arrow { above: Option<String>, title: String },
    /// A line, the contents one level deeper.
    Line(String),
}

impl Group {
    /// An object by its name.
    pub fn named(name: &str) -> Group {
        Group::new(name, true, false)
    }

    /// An object within a list.
    pub fn member(tag: &str) -> Group {
        Group::new(tag, false, false)
    }

    /// A list by its name.
    pub fn list(name: &str) -> Group {
        Group::new(name, true, true)
    }

    fn new(tag: &str, labelled: bool, is_list: bool) -> Group {
        Group {
            tag: tag.to_string(),
            label: labelled.then(|| tag.to_string()),
            is_list,
            heading: Heading::None,
            items: Vec::new(),
        }
    }

    pub fn heading(self, heading: Heading) -> Group {
        Group { heading, ..self }
    }

    /// With a line such as `->  Task` in the text format.
    pub fn arrow(self, title: impl Into<String>) -> Group {
        self.heading(Heading::Arrow {
            above: None,
            title: title.into(),
        })
    }
}

impl Value {
    /// A number without a unit.
    pub fn number(value: impl std::fmt::Display) -> Value {
        Value::Number(value.to_string(), "")
    }

    /// With as many digits after the point.
    pub fn float(value: f64, digits: usize) -> Value {
        Value::Number(format!("{value:.digits$}"), "")
    }

    pub fn milliseconds(value: f64, digits: usize) -> Value {
        Value::Number(format!("{value:.digits$}"), "ms")
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_string())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Boolean(value)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Value {
        Value::number(value)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Value {
        Value::number(value)
    }
}

impl From<Vec<String>> for Value {
    fn from(values: Vec<String>) -> Value {
        Value::List(values)
    }
}
