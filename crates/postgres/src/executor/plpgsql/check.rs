//! What can be said of a function before it runs: that the types of its variables are there, and which names hide
//! others.

use std::sync::Arc;

use kumquat_sql::plpgsql::ast::{Block, Declaration, DeclarationKind, Function as Tree, Stmt, StmtKind, VariableType};
use kumquat_sql::plpgsql::compilation;
use kumquat_types::{Error, Result, Severity, SqlState};

use super::compile;
use crate::analyze::resolve_type;
use crate::backend::Backend;
use crate::catalog::namespace::split_qualified;
use crate::catalog::{Function, FunctionBody, Relation};

/// Checks a body: errors have positions in it, warnings go to the client (`plpgsql_validator`).
pub fn check_function(backend: &Backend<'_>, function: &Function, is_trigger: bool) -> Result<Vec<Error>> {
    if is_trigger && !function.args.is_empty() {
        let message = "trigger functions cannot have declared arguments";
        let hint = "The arguments of the trigger can be accessed through TG_NARGS and TG_ARGV instead.";
        let error = Error::new(SqlState::INVALID_FUNCTION_DEFINITION, message).hint(hint);
        return Err(error.context(compilation(&function.name, 1)));
    }
    let tree = compile(function, is_trigger)?;
    let (FunctionBody::Source(source) | FunctionBody::Standard(source)) = &function.body;
    let parameters = function.args.iter().chain(&function.outputs);
    let mut names: Vec<&str> = parameters.filter_map(|argument| argument.name.as_deref()).collect();
    names.push(&function.name);
    let mut check = Check {
        backend,
        function: &function.name,
        source,
        names,
    };
    check.block(&tree.body)?;
    shadowing(backend, &tree)
}

/// `plpgsql.extra_warnings` or `plpgsql.extra_errors` asks for a check.
fn asks_for(backend: &Backend<'_>, setting: &str, check: &str) -> bool {
    let value = backend.setting(setting).unwrap_or_default();
    let mut words = value.split(',').map(str::trim);
    words.any(|word| word == "all" || word == check)
}

/// Raises what an extra check has found as an error or a warning, as far as it is asked for. `problem` is told the
/// setting that asks.
pub fn extra_check(backend: &mut Backend<'_>, check: &str, problem: impl Fn(&str) -> Error) -> Result<()> {
    if asks_for(backend, "plpgsql.extra_errors", check) {
        return Err(problem("extra_errors"));
    }
    if asks_for(backend, "plpgsql.extra_warnings", check) {
        let mut warning = problem("extra_warnings");
        warning.severity = Severity::Warning;
        backend.notice(warning);
    }
    Ok(())
}

/// A function that is being checked.
struct Check<'a, 'b> {
    backend: &'a Backend<'b>,
    function: &'a str,
    source: &'a str,
    /// Names of variables and labels that have been seen so far.
    names: Vec<&'a str>,
}

/// The warnings of `plpgsql.extra_warnings`, or the error of `plpgsql.extra_errors`, about names that hide others.
fn shadowing(backend: &Backend<'_>, tree: &Tree) -> Result<Vec<Error>> {
    let asks = |setting: &str| asks_for(backend, setting, "shadowed_variables");
    let message = |name: &str| format!("variable \"{name}\" shadows a previously defined variable");
    if let Some((name, location)) = tree.shadowing.first().filter(|_| asks("plpgsql.extra_errors")) {
        return Err(Error::new(SqlState::DUPLICATE_ALIAS, message(name)).at(Option::<u32>::from(*location)));
    }
    if !asks("plpgsql.extra_warnings") {
        return Ok(Vec::new());
    }
    let warning = |(name, location): &(String, kumquat_sql::ast::Location)| {
        Error::warning(SqlState::DUPLICATE_ALIAS, message(name)).at(Option::<u32>::from(*location))
    };
    Ok(tree.shadowing.iter().map(warning).collect())
}

impl<'a> Check<'a, '_> {
    fn block(&mut self, block: &'a Block) -> Result<()> {
        self.names.extend(block.label.as_deref());
        for declaration in &block.declarations {
            self.declaration(declaration)?;
            self.names.push(&declaration.name);
        }
        self.statements(&block.body)?;
        let mut handlers = block.handlers.iter();
        handlers.try_for_each(|handler| self.statements(&handler.body))
    }

    fn statements(&mut self, statements: &'a [Stmt]) -> Result<()> {
        for statement in statements {
            let bodies: Vec<&[Stmt]> = match &statement.kind {
                StmtKind::Block(block) => {
                    self.block(block)?;
                    continue;
                }
                StmtKind::If { branches, otherwise } => {
                    let bodies = branches.iter().map(|(_, body)| body.as_slice());
                    bodies.chain([otherwise.as_slice()]).collect()
                }
                StmtKind::Case { whens, otherwise, .. } => {
                    let bodies = whens.iter().map(|(_, body)| body.as_slice());
                    bodies.chain(otherwise.as_deref()).collect()
                }
                StmtKind::Loop { body, .. }
                | StmtKind::While { body, .. }
                | StmtKind::ForInteger { body, .. }
                | StmtKind::ForQuery { body, .. }
                | StmtKind::ForExecute { body, .. }
                | StmtKind::ForCursor { body, .. }
                | StmtKind::Foreach { body, .. } => vec![body],
                _ => continue,
            };
            for body in bodies {
                self.statements(body)?;
            }
        }
        Ok(())
    }

    fn declaration(&self, declaration: &Declaration) -> Result<()> {
        let DeclarationKind::Variable { type_name, .. } = &declaration.kind else {
            return Ok(());
        };
        match type_name {
            VariableType::Type(name) if !matches!(name.names.as_slice(), [name] if name == "record") => {
                resolve_type(self.backend, name).map(drop)
            }
            VariableType::RowOf(names) if self.relation(names)?.is_none() => Err(Error::new(
                SqlState::UNDEFINED_TABLE,
                format!("relation \"{}\" does not exist", names.join(".")),
            )
            .context(compilation(self.function, declaration.line))),
            VariableType::TypeOf(names) if !self.is_known(names)? => Err(self.no_type(declaration, names)),
            _ => Ok(()),
        }
    }

    fn relation(&self, names: &[String]) -> Result<Option<Arc<Relation>>> {
        let (schema, name) = split_qualified(self.backend, names)?;
        self.backend.find_relation_named(schema, name)
    }

    /// A variable or a column has this name.
    fn is_known(&self, names: &[String]) -> Result<bool> {
        let is_variable = names.first().is_some_and(|first| self.names.contains(&first.as_str()));
        let special = ["new", "old", "found", "sqlstate", "sqlerrm"];
        let is_special = names.first().is_some_and(|first| {
            special.contains(&first.as_str()) || first.starts_with("tg_") || first.starts_with('$')
        });
        if is_variable || is_special {
            return Ok(true);
        }
        let Some((column, table)) = names.split_last().filter(|(_, table)| !table.is_empty()) else {
            return Ok(false);
        };
        let found = self.relation(table)?;
        Ok(found.is_some_and(|relation| relation.attribute_by_name(column).is_some()))
    }

    /// To SQL's grammar, `%TYPE` of what is not known is no type.
    fn no_type(&self, declaration: &Declaration, names: &[String]) -> Error {
        let start = Option::<u32>::from(declaration.location).unwrap_or(0) as usize;
        let rest = self.source.get(start..).unwrap_or_default();
        let written = rest
            .find('%')
            .and_then(|place| rest.get(place..place.saturating_add("%TYPE".len())));
        let at = rest.find('%').map(|place| start.saturating_add(place));
        let at = at.and_then(|place| u32::try_from(place).ok());
        Error::new(SqlState::SYNTAX_ERROR, "syntax error at or near \"%\"")
            .at(at)
            .context(format!(
                "invalid type name \"{}{}\"",
                names.join("."),
                written.unwrap_or("%TYPE")
            ))
    }
}
