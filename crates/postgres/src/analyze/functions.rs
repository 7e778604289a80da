//! Calls: functions, casts written like functions, and fields written like functions, after
//! `ParseFuncOrColumn` and `func_get_detail` of PostgreSQL's `parse_func.c`.

use kumquat_sql::ast::{self, CoercionForm};
use kumquat_types::{CastContext, Datum, Error, Oid, Result, SqlState, TypeKind, io};

use super::Parameters;
use super::candidates::{CallKind, CallShape, Callable, Candidate};
use super::coercion::{Pathway, Target};
use super::location::{expr_location, position};
use super::state::Analyzer;
use crate::backend::Backend;
use crate::query::{Expr, FuncExpr, FuncForm};

/// What a call's name and arguments mean (`FuncDetailCode`).
enum Meaning {
    NotFound,
    Ambiguous,
    /// A cast to this type, written like a function.
    Coercion(Oid),
    Call(Box<Candidate>),
}

/// What is written around the arguments of a call.
pub struct Decoration<'c> {
    pub name: &'c [String],
    pub star: bool,
    pub distinct: bool,
    pub within_group: bool,
    pub order: &'c [ast::SortBy],
    pub filter: Option<Expr>,
    pub over: Option<&'c ast::WindowDef>,
    pub variadic: bool,
    pub form: FuncForm,
    pub at: Option<u32>,
}

/// A call of the function that a name and these arguments mean. `variadic`: the last argument is the array that a
/// VARIADIC parameter takes.
pub fn typed_call(backend: &Backend<'_>, names: &[String], args: Vec<Expr>, variadic: bool) -> Result<Expr> {
    let mut parameters = Parameters::default();
    let decoration = Decoration {
        name: names,
        star: false,
        distinct: false,
        within_group: false,
        order: &[],
        filter: None,
        over: None,
        variadic,
        form: FuncForm::Call,
        at: None,
    };
    Analyzer::new(backend, &mut parameters).call(decoration, args, Vec::new())
}

/// What the polymorphic state type of a user-defined aggregate is for arguments of these types.
pub fn aggregate_state_type(backend: &Backend<'_>, function: Oid, declared: Oid, args: &[Oid]) -> Result<Oid> {
    if !super::polymorphic::is_polymorphic(declared) {
        return Ok(declared);
    }
    let function = backend.catalog()?.functions.get(&function).cloned();
    let inputs: Vec<Oid> = function.map_or_else(Vec::new, |function| function.input_types().collect());
    let resolved = backend.resolve_polymorphic(args, &inputs)?;
    backend.polymorphic_type(&resolved, declared)
}

impl Analyzer<'_, '_> {
    pub fn function_call(&mut self, call: &ast::FuncCall) -> Result<Expr> {
        let at = position(call.location);
        let mut names = Vec::new();
        let mut args = Vec::with_capacity(call.args.len());
        for arg in &call.args {
            match arg {
                ast::Expr::NamedArg(named) => {
                    if names.contains(&named.name.as_str()) {
                        return Err(Error::new(
                            SqlState::SYNTAX_ERROR,
                            format!("argument name \"{}\" used more than once", named.name),
                        )
                        .at(position(named.location)));
                    }
                    names.push(named.name.as_str());
                }
                arg if !names.is_empty() => {
                    return Err(Error::new(
                        SqlState::SYNTAX_ERROR,
                        "positional argument cannot follow named argument",
                    )
                    .at(position(arg.location())));
                }
                _ => {}
            }
            args.push(self.transform(arg)?);
        }
        if call.agg_within_group {
            // The ordering columns are arguments like the others as far as types go.
            for sort in &call.agg_order {
                args.push(self.transform(&sort.node)?);
            }
        }
        let filter = match &call.agg_filter {
            Some(filter) => {
                let filter = self.expression(filter, super::state::ExprKind::Filter)?;
                Some(self.coerce_to_boolean(filter, "FILTER")?)
            }
            None => None,
        };
        let decoration = Decoration {
            name: &call.name,
            star: call.agg_star,
            distinct: call.agg_distinct,
            within_group: call.agg_within_group,
            order: &call.agg_order,
            filter,
            over: call.over.as_ref(),
            variadic: call.func_variadic,
            form: match call.format {
                CoercionForm::ExplicitCall => FuncForm::Call,
                CoercionForm::SqlSyntax => FuncForm::SqlSyntax,
            },
            at,
        };
        self.call(decoration, args, names)
    }

    /// `row.name`, which may also mean `name(row)`; `None` if it means neither.
    pub fn function_or_field(&mut self, name: &str, row: Expr, at: Option<u32>) -> Result<Option<Expr>> {
        if let Some(field) = self.field_of(&row, name) {
            return Ok(Some(field));
        }
        let names = [name.to_string()];
        let inputs = [row.type_oid()];
        let shape = CallShape {
            count: 1,
            names: Vec::new(),
            variadic_written: false,
        };
        match self.meaning(&names, &inputs, &shape)? {
            Meaning::Call(candidate) if candidate.callable.kind() == CallKind::Function => {
                let declared = candidate.args.clone();
                let (args, result) = self.coerce_arguments(vec![row], &declared, candidate.callable.result())?;
                Ok(Some(plain_call(&candidate.callable, args, result, at)))
            }
            Meaning::Coercion(target) => {
                let target = Target::explicit(target, -1, at);
                Ok(Some(self.coerce_type(row, target)?))
            }
            _ => Ok(None),
        }
    }

    fn call(&mut self, decoration: Decoration<'_>, args: Vec<Expr>, names: Vec<&str>) -> Result<Expr> {
        let plain = !decoration.star
            && !decoration.distinct
            && !decoration.within_group
            && decoration.order.is_empty()
            && decoration.filter.is_none()
            && decoration.over.is_none()
            && !decoration.variadic
            && names.is_empty();
        if let ([name], [arg]) = (decoration.name, args.as_slice())
            && plain
            && (arg.type_oid() == Oid::RECORD || self.backend.is_composite(arg.type_oid()))
            && let Some(field) = self.field_of(&arg.clone(), name)
        {
            return Ok(field);
        }
        let inputs: Vec<Oid> = args.iter().map(Expr::type_oid).collect();
        let shape = CallShape {
            count: args.len(),
            names,
            variadic_written: decoration.variadic,
        };
        let meaning = self
            .meaning(decoration.name, &inputs, &shape)
            .map_err(|error| error.at(decoration.at))?;
        match meaning {
            Meaning::Coercion(target) if plain => {
                let target = Target {
                    form: FuncForm::Call,
                    ..Target::explicit(target, -1, decoration.at)
                };
                let arg = args.into_iter().next();
                self.coerce_type(arg.unwrap_or_else(|| Expr::null(Oid::UNKNOWN)), target)
            }
            Meaning::Call(candidate) => self.carry_out(decoration, *candidate, args, &shape),
            Meaning::Ambiguous => Err(Error::new(
                SqlState::AMBIGUOUS_FUNCTION,
                format!(
                    "function {} is not unique",
                    self.signature(decoration.name, &inputs, &shape)
                ),
            )
            .hint("Could not choose a best candidate function. You might need to add explicit type casts.")
            .at(decoration.at)),
            Meaning::NotFound | Meaning::Coercion(_) => Err(self.not_found(&decoration, &inputs, &shape)),
        }
    }

    fn carry_out(
        &mut self,
        decoration: Decoration<'_>,
        candidate: Candidate,
        args: Vec<Expr>,
        shape: &CallShape<'_>,
    ) -> Result<Expr> {
        let kind = candidate.callable.kind();
        let inputs: Vec<Oid> = args.iter().map(Expr::type_oid).collect();
        self.check_kind(&decoration, &candidate, kind, &inputs, shape)?;
        let count = args.len();
        let mut args = args;
        let mut declared = candidate.args.clone();
        self.append_defaults(&candidate, &mut args)?;
        let mut unwritten: Vec<usize> = (count..args.len()).collect();
        if let Some(parameters) = &candidate.parameters {
            (args, declared) = in_declared_order(args, declared, parameters);
            unwritten = parameters.iter().copied().skip(count).collect();
        }
        let callable = &candidate.callable;
        let (mut args, result) = self.call_arguments(args, &declared, callable.result(), decoration.at)?;
        let any_variadic = callable.variadic(self.backend) == Oid::ANY;
        let mut variadic = decoration.variadic;
        if candidate.expands_variadic && !any_variadic {
            let fixed = callable.input_types().len().saturating_sub(1);
            self.collect_variadic(&mut args, fixed, decoration.at)?;
            variadic = true;
        }
        if decoration.variadic && any_variadic {
            self.check_variadic_any(args.last())?;
        }
        match kind {
            CallKind::Function | CallKind::Procedure => {
                if callable.returns_set() {
                    self.set_function_allowed(decoration.at)?;
                }
                let mut call = plain_call(callable, args, result, decoration.at);
                if let Expr::Func(call) = &mut call {
                    call.variadic = variadic;
                    call.unwritten = unwritten;
                    call.form = decoration.form;
                }
                Ok(call)
            }
            _ if decoration.over.is_some() => self.window_call(decoration, callable.clone(), args, result),
            _ => self.aggregate_call(decoration, callable.clone(), args, result, variadic, count),
        }
    }

    /// Arguments to their types; a position for errors that have none of their own is that of the call, but not
    /// for polymorphic types, which PostgreSQL reports without one.
    fn call_arguments(
        &mut self,
        args: Vec<Expr>,
        declared: &[Oid],
        result: Oid,
        _at: Option<u32>,
    ) -> Result<(Vec<Expr>, Oid)> {
        self.coerce_arguments(args, declared, result)
    }

    /// What is written around the arguments must suit what is called.
    fn check_kind(
        &self,
        call: &Decoration<'_>,
        candidate: &Candidate,
        kind: CallKind,
        inputs: &[Oid],
        shape: &CallShape<'_>,
    ) -> Result<()> {
        let name = call.name.join(".");
        let wrong = |message: String| Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message).at(call.at));
        let procedure_allowed = self.level.kind == super::state::ExprKind::CallArgument && self.outer.is_empty();
        match kind {
            CallKind::Procedure if !procedure_allowed => {
                let signature = self.signature(call.name, inputs, shape);
                return Err(
                    Error::new(SqlState::WRONG_OBJECT_TYPE, format!("{signature} is a procedure"))
                        .hint("To call a procedure, use CALL.")
                        .at(call.at),
                );
            }
            CallKind::Function | CallKind::Procedure => {
                let complaint = if call.star {
                    format!("{name}(*) specified, but {name} is not an aggregate function")
                } else if call.distinct {
                    format!("DISTINCT specified, but {name} is not an aggregate function")
                } else if call.within_group {
                    format!("WITHIN GROUP specified, but {name} is not an aggregate function")
                } else if !call.order.is_empty() {
                    format!("ORDER BY specified, but {name} is not an aggregate function")
                } else if call.filter.is_some() {
                    format!("FILTER specified, but {name} is not an aggregate function")
                } else if call.over.is_some() {
                    format!("OVER specified, but {name} is not a window function nor an aggregate function")
                } else {
                    return Ok(());
                };
                return wrong(complaint);
            }
            CallKind::OrderedSet(direct) | CallKind::HypotheticalSet(direct) => {
                self.check_ordered_set(call, candidate, usize::from(direct), inputs, shape)?;
            }
            CallKind::Aggregate if call.within_group => {
                return wrong(format!(
                    "{name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP"
                ));
            }
            CallKind::Window if call.over.is_none() => {
                return wrong(format!("window function {name} requires an OVER clause"));
            }
            CallKind::Window if call.within_group => {
                return wrong(format!("window function {name} cannot have WITHIN GROUP"));
            }
            CallKind::Aggregate | CallKind::Window => {}
        }
        Ok(())
    }

    fn check_ordered_set(
        &self,
        call: &Decoration<'_>,
        candidate: &Candidate,
        direct: usize,
        inputs: &[Oid],
        shape: &CallShape<'_>,
    ) -> Result<()> {
        let name = call.name.join(".");
        let wrong = |message: String| Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message).at(call.at));
        if !call.within_group {
            return wrong(format!("WITHIN GROUP is required for ordered-set aggregate {name}"));
        }
        if call.over.is_some() {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("OVER is not supported for ordered-set aggregate {name}"),
            )
            .at(call.at));
        }
        let ordering = call.order.len();
        let written = shape.count.saturating_sub(ordering);
        let not_found = |hint: String| {
            Err(Error::new(
                SqlState::UNDEFINED_FUNCTION,
                format!("function {} does not exist", self.signature(call.name, inputs, shape)),
            )
            .hint(hint)
            .at(call.at))
        };
        if matches!(candidate.callable.kind(), CallKind::HypotheticalSet(_)) && candidate.expands_variadic {
            if written != ordering {
                return not_found(format!(
                    "To use the hypothetical-set aggregate {name}, the number of hypothetical direct arguments \
                     (here {written}) must match the number of ordering columns (here {ordering})."
                ));
            }
        } else if written != direct {
            return not_found(format!(
                "There is an ordered-set aggregate {name}, but it requires {direct} direct argument{}, not {written}.",
                if direct == 1 { "" } else { "s" }
            ));
        }
        Ok(())
    }

    /// The values of parameters that the call leaves out.
    fn append_defaults(&mut self, candidate: &Candidate, args: &mut Vec<Expr>) -> Result<()> {
        if candidate.defaults_used == 0 {
            return Ok(());
        }
        let total = candidate.callable.input_types().len();
        let order: Vec<usize> = match &candidate.parameters {
            Some(parameters) => parameters.clone(),
            None => (0..total).collect(),
        };
        for &parameter in order.iter().skip(args.len()) {
            args.push(self.default_value(&candidate.callable, parameter, total)?);
        }
        Ok(())
    }

    fn default_value(&self, callable: &Callable, parameter: usize, total: usize) -> Result<Expr> {
        let missing = || Error::internal("not enough default arguments");
        match callable {
            Callable::User(function) => {
                let argument = function.args.get(parameter).ok_or_else(missing)?;
                argument.default.as_deref().cloned().ok_or_else(missing)
            }
            Callable::Builtin(proc) => {
                let first = total.saturating_sub(proc.defaults.len());
                let text = proc.defaults.get(parameter.saturating_sub(first)).ok_or_else(missing)?;
                let type_oid = proc.args.get(parameter).copied().ok_or_else(missing)?;
                let literal = text.split("::").next().unwrap_or(text);
                if literal.eq_ignore_ascii_case("null") {
                    return Ok(Expr::null(type_oid));
                }
                let literal = literal.trim_matches('\'');
                let value = io::input(self.backend, type_oid, -1, literal)?;
                Ok(Expr::constant(value, type_oid))
            }
        }
    }

    /// Collects the tail of the arguments into an array.
    fn collect_variadic(&mut self, args: &mut Vec<Expr>, fixed: usize, at: Option<u32>) -> Result<()> {
        let tail = args.split_off(fixed.min(args.len()));
        let element_type = tail.first().map_or(Oid::TEXT, Expr::type_oid);
        let array_type = self.backend.array_type(element_type);
        if !array_type.is_valid() {
            return Err(Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!(
                    "could not find array type for data type {}",
                    self.backend.format_type(element_type)
                ),
            )
            .at(tail.first().and_then(expr_location).or(at)));
        }
        args.push(Expr::Array {
            elements: tail,
            element_type,
            array_type,
            multi: false,
        });
        Ok(())
    }

    fn check_variadic_any(&self, last: Option<&Expr>) -> Result<()> {
        let Some(last) = last else { return Ok(()) };
        let base = self.backend.base_type(last.type_oid());
        if self.backend.array_element(base).is_some() {
            return Ok(());
        }
        Err(Error::new(SqlState::DATATYPE_MISMATCH, "VARIADIC argument must be an array").at(expr_location(last)))
    }

    /// Which function fits a call best, or what else it can mean.
    fn meaning(&self, names: &[String], inputs: &[Oid], shape: &CallShape<'_>) -> Result<Meaning> {
        let candidates = self.backend.function_candidates(names, shape)?;
        let exact = candidates
            .iter()
            .find(|candidate| candidate.args.get(..inputs.len()) == Some(inputs));
        if let Some(exact) = exact {
            return Ok(Meaning::Call(Box::new(exact.clone())));
        }
        if let ([input], true) = (inputs, shape.names.is_empty())
            && let Some(target) = self.cast_function(names, *input)?
        {
            return Ok(Meaning::Coercion(target));
        }
        let args: Vec<&[Oid]> = candidates.iter().map(|candidate| candidate.args.as_slice()).collect();
        let matching = self.backend.matching_candidates(inputs, &args);
        let chosen = match matching.as_slice() {
            [] => return Ok(Meaning::NotFound),
            [one] => Some(*one),
            _ => self.backend.select_candidate(inputs, &args, matching),
        };
        Ok(match chosen.and_then(|at| candidates.get(at)) {
            Some(candidate) => Meaning::Call(Box::new(candidate.clone())),
            None => Meaning::Ambiguous,
        })
    }

    /// The type that a one-argument call of this name casts to, if it is a type's name and the cast is trivial.
    fn cast_function(&self, names: &[String], input: Oid) -> Result<Option<Oid>> {
        let target = match self.backend.find_type(names) {
            Ok(Some(target)) => target,
            _ => return Ok(None),
        };
        if self.backend.type_kind(target) == Some(TypeKind::Composite) {
            return Ok(None);
        }
        if input == Oid::UNKNOWN {
            return Ok(Some(target));
        }
        let fits = match self.backend.coercion_pathway(target, input, CastContext::Explicit) {
            Some(Pathway::Relabel) => true,
            Some(Pathway::ViaIo) => {
                let row = input == Oid::RECORD || self.backend.is_composite(input);
                !(row && self.backend.type_category(target).0 == b'S')
            }
            _ => false,
        };
        Ok(fits.then_some(target))
    }

    fn not_found(&self, call: &Decoration<'_>, inputs: &[Oid], shape: &CallShape<'_>) -> Error {
        let error = Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!("function {} does not exist", self.signature(call.name, inputs, shape)),
        );
        let misplaced = call.order.len() > 1 && !call.within_group;
        error
            .hint(match misplaced {
                true => {
                    "No aggregate function matches the given name and argument types. Perhaps you misplaced ORDER \
                     BY; ORDER BY must appear after all regular arguments of the aggregate."
                }
                false => {
                    "No function matches the given name and argument types. You might need to add explicit type casts."
                }
            })
            .at(call.at)
    }

    /// `name(type, arg => type)` (`func_signature_string`).
    pub fn signature(&self, names: &[String], inputs: &[Oid], shape: &CallShape<'_>) -> String {
        let positional = inputs.len().saturating_sub(shape.names.len());
        let args = inputs.iter().enumerate().map(|(at, &input)| {
            let name = at.checked_sub(positional).and_then(|at| shape.names.get(at));
            let type_name = self.backend.format_type(input);
            match name {
                Some(name) => format!("{name} => {type_name}"),
                None => type_name,
            }
        });
        format!("{}({})", names.join("."), args.collect::<Vec<_>>().join(", "))
    }
}

fn plain_call(callable: &Callable, args: Vec<Expr>, result: Oid, location: Option<u32>) -> Expr {
    Expr::Func(Box::new(FuncExpr {
        function: callable.oid(),
        args,
        result,
        returns_set: callable.returns_set(),
        variadic: false,
        unwritten: Vec::new(),
        form: FuncForm::Call,
        type_modifier: -1,
        location,
    }))
}

/// Arguments of named notation, as the function declares them.
fn in_declared_order(args: Vec<Expr>, declared: Vec<Oid>, parameters: &[usize]) -> (Vec<Expr>, Vec<Oid>) {
    let mut ordered: Vec<(usize, (Expr, Oid))> =
        parameters.iter().copied().zip(args.into_iter().zip(declared)).collect();
    ordered.sort_by_key(|(parameter, _)| *parameter);
    ordered.into_iter().map(|(_, pair)| pair).unzip()
}

/// A NULL of any type.
pub fn is_null_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Const(constant) if matches!(constant.value, Datum::Null))
}
