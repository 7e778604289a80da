//! The lines of EXPLAIN and how far each is indented.

/// What EXPLAIN was asked to show.
#[derive(Clone, Copy, Debug)]
pub struct ExplainOptions {
    pub analyze: bool,
    pub verbose: bool,
    pub costs: bool,
    pub timing: bool,
    pub summary: bool,
}

impl Default for ExplainOptions {
    fn default() -> ExplainOptions {
        ExplainOptions {
            analyze: false,
            verbose: false,
            costs: true,
            timing: true,
            summary: false,
        }
    }
}

/// Collects what EXPLAIN prints; plan nodes and extensions write into it.
///
/// ```text
/// Aggregate                      indent 0
///   ->  Seq Scan on t            indent 1, with an arrow
///         Filter: (a > 1)        indent 4
/// ```
#[derive(Clone, Debug, Default)]
pub struct ExplainWriter {
    pub options: ExplainOptions,
    pub lines: Vec<String>,
    /// Levels of two columns.
    pub indent: usize,
    /// Columns stand with the names of their tables, even of a single one.
    pub prefixed: bool,
}

impl ExplainWriter {
    /// A line of its own.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.lines
            .push(format!("{}{}", "  ".repeat(self.indent), text.as_ref()));
    }

    /// `Label: value`.
    pub fn property(&mut self, label: &str, value: impl std::fmt::Display) {
        self.line(format!("{label}: {value}"));
    }

    /// A node's first line, with an arrow unless it is the outermost; what `inside` writes stands under it.
    pub fn node<T>(&mut self, title: &str, inside: impl FnOnce(&mut ExplainWriter) -> T) -> T {
        let before = self.indent;
        if before == 0 {
            self.line(title);
        } else {
            self.line(format!("->  {title}"));
            self.indent += 2;
        }
        self.indent += 1;
        let result = inside(self);
        self.indent = before;
        result
    }

    /// A line such as `InitPlan 1 (returns $0)`, and a plan under it.
    pub fn named<T>(&mut self, name: &str, inside: impl FnOnce(&mut ExplainWriter) -> T) -> T {
        self.line(name);
        self.indent += 1;
        let result = inside(self);
        self.indent -= 1;
        result
    }
}
