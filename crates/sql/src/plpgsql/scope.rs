//! Which names are variables, cursors and labels where a statement stands.

/// What is known of a variable from its declaration alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Surely of one value.
    Scalar,
    /// A `refcursor`: a cursor without a query of its own.
    RefCursor,
    /// A record, or of a type that may be a composite one.
    Composite,
    /// A cursor with a query, and whether it has parameters.
    Cursor { parameters: bool },
}

/// What a scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Block,
    Loop,
}

struct Scope {
    label: Option<String>,
    level: Level,
    names: Vec<(String, Kind)>,
    constants: Vec<String>,
    /// The names of cursors' parameters.
    parameters: Vec<(String, Vec<String>)>,
}

/// The scopes around a statement, innermost last.
#[derive(Default)]
pub(super) struct Scopes(Vec<Scope>);

impl Scopes {
    pub fn push(&mut self, level: Level, label: Option<String>) {
        self.0.push(Scope {
            label,
            level,
            names: Vec::new(),
            constants: Vec::new(),
            parameters: Vec::new(),
        });
    }

    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Adds a name to the innermost scope; false if it is there already.
    pub fn declare(&mut self, name: &str, kind: Kind) -> bool {
        let Some(scope) = self.0.last_mut() else {
            return false;
        };
        if scope.names.iter().any(|(known, _)| known == name) {
            return false;
        }
        scope.names.push((name.to_owned(), kind));
        true
    }

    /// Marks a variable of the innermost scope: nothing can be assigned to it.
    pub fn make_constant(&mut self, name: &str) {
        if let Some(scope) = self.0.last_mut() {
            scope.constants.push(name.to_owned());
        }
    }

    /// Notes the names of a cursor's parameters.
    pub fn set_parameters(&mut self, cursor: &str, parameters: Vec<String>) {
        if let Some(scope) = self.0.last_mut() {
            scope.parameters.push((cursor.to_owned(), parameters));
        }
    }

    /// The parameters of the cursor of a dotted name.
    pub fn parameters(&self, path: &[String]) -> &[String] {
        let Some((scope, name)) = self.owner(path) else {
            return &[];
        };
        let found = scope.parameters.iter().find(|(known, _)| known == name);
        found.map_or(&[], |(_, parameters)| parameters)
    }

    /// The name of the variable that a dotted name leads to, if it is a constant.
    pub fn constant<'p>(&self, path: &'p [String]) -> Option<&'p str> {
        let (scope, name) = self.owner(path)?;
        scope.constants.contains(name).then_some(name.as_str())
    }

    /// The scope that a dotted name's variable is in, and the variable's own name.
    fn owner<'p>(&self, path: &'p [String]) -> Option<(&Scope, &'p String)> {
        let (first, rest) = path.split_first()?;
        for scope in self.0.iter().rev() {
            if scope.find(first).is_some() {
                return Some((scope, first));
            }
            if scope.label.as_deref() == Some(first)
                && let Some(second) = rest.first()
                && scope.find(second).is_some()
            {
                return Some((scope, second));
            }
        }
        None
    }

    /// The variable of a dotted name: `x`, `label.x`, `record.field`.
    pub fn variable(&self, path: &[String]) -> Option<Kind> {
        let (first, rest) = path.split_first()?;
        for scope in self.0.iter().rev() {
            match (scope.find(first), rest) {
                (Some(kind), []) => return Some(kind),
                (Some(Kind::Composite), _) => return Some(Kind::Scalar),
                (Some(_), _) => return None,
                (None, _) => {}
            }
            if scope.label.as_deref() == Some(first)
                && let Some((second, fields)) = rest.split_first()
            {
                return match (scope.find(second), fields) {
                    (Some(kind), []) => Some(kind),
                    (Some(Kind::Composite), _) => Some(Kind::Scalar),
                    _ => None,
                };
            }
        }
        None
    }

    /// The level of the block or loop that bears a label.
    pub fn label(&self, label: &str) -> Option<Level> {
        let scope = self
            .0
            .iter()
            .rev()
            .find(|scope| scope.label.as_deref() == Some(label))?;
        Some(scope.level)
    }

    pub fn in_loop(&self) -> bool {
        self.0.iter().any(|scope| scope.level == Level::Loop)
    }
}

impl Scope {
    fn find(&self, name: &str) -> Option<Kind> {
        let (_, kind) = self.names.iter().find(|(known, _)| known == name)?;
        Some(*kind)
    }
}
