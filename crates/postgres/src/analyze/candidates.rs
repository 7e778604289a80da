//! Functions and operators of a name, and which of them fits the arguments best.
//!
//! After `FuncnameGetCandidates` of PostgreSQL's `namespace.c`, and `func_match_argtypes` and
//! `func_select_candidate` of `parse_func.c`.

use std::sync::Arc;

use kumquat_types::{CastContext, Oid, Proc, Result, Volatility, lookup_procs};

use crate::backend::Backend;
use crate::catalog::function::ArgumentMode;
use crate::catalog::well_known::PG_CATALOG;
use crate::catalog::{self, Function, Name};

/// A function that can be called: built in, of an extension, or user-defined.
#[derive(Clone)]
pub enum Callable {
    Builtin(&'static Proc),
    User(Arc<Function>),
}

/// What a call of a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    Function,
    Procedure,
    Aggregate,
    OrderedSet(u8),
    HypotheticalSet(u8),
    Window,
}

impl Callable {
    pub fn oid(&self) -> Oid {
        match self {
            Callable::Builtin(proc) => proc.oid,
            Callable::User(function) => function.oid,
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Callable::Builtin(proc) => proc.name,
            Callable::User(function) => &function.name,
        }
    }

    pub fn input_types(&self) -> Vec<Oid> {
        match self {
            Callable::Builtin(proc) => proc.args.to_vec(),
            Callable::User(function) => function.args.iter().map(|argument| argument.type_oid).collect(),
        }
    }

    /// Names of the input arguments, empty where there is none.
    fn input_names(&self) -> Vec<Name> {
        match self {
            Callable::Builtin(proc) => {
                let names = proc.arg_names.iter().map(|name| Name::from(*name));
                names.take(proc.args.len()).collect()
            }
            Callable::User(function) => {
                let names = function.args.iter().map(|argument| argument.name.clone());
                names.map(|name| name.unwrap_or_else(|| "".into())).collect()
            }
        }
    }

    fn default_count(&self) -> usize {
        match self {
            Callable::Builtin(proc) => proc.defaults.len(),
            Callable::User(function) => function
                .args
                .iter()
                .filter(|argument| argument.default.is_some())
                .count(),
        }
    }

    /// Element type of a variadic last argument, or 0.
    pub fn variadic(&self, backend: &Backend<'_>) -> Oid {
        match self {
            Callable::Builtin(proc) => proc.variadic,
            Callable::User(function) => match function.args.last() {
                Some(argument) if argument.mode == ArgumentMode::Variadic => match argument.type_oid {
                    Oid::ANYARRAY => Oid::ANYELEMENT,
                    Oid::ANYCOMPATIBLEARRAY => Oid::ANYCOMPATIBLE,
                    Oid::ANY => Oid::ANY,
                    array => backend.array_element(array).unwrap_or_default(),
                },
                _ => Oid::INVALID,
            },
        }
    }

    pub fn result(&self) -> Oid {
        match self {
            Callable::Builtin(proc) => proc.result,
            Callable::User(function) => function.result,
        }
    }

    pub fn returns_set(&self) -> bool {
        match self {
            Callable::Builtin(proc) => proc.returns_set,
            Callable::User(function) => function.returns_set,
        }
    }

    pub fn volatility(&self) -> Volatility {
        match self {
            Callable::Builtin(proc) => proc.volatility,
            Callable::User(function) => function.volatility,
        }
    }

    pub fn kind(&self) -> CallKind {
        match self {
            Callable::Builtin(proc) => match proc.kind {
                kumquat_types::ProcKind::Function => CallKind::Function,
                kumquat_types::ProcKind::Procedure => CallKind::Procedure,
                kumquat_types::ProcKind::Aggregate => CallKind::Aggregate,
                kumquat_types::ProcKind::OrderedSet(direct) => CallKind::OrderedSet(direct),
                kumquat_types::ProcKind::HypotheticalSet(direct) => CallKind::HypotheticalSet(direct),
                kumquat_types::ProcKind::Window => CallKind::Window,
            },
            Callable::User(function) => match function.kind {
                catalog::ProcKind::Function => CallKind::Function,
                catalog::ProcKind::Procedure => CallKind::Procedure,
                catalog::ProcKind::Aggregate => CallKind::Aggregate,
                catalog::ProcKind::Window => CallKind::Window,
            },
        }
    }

    /// Names and types of OUT and TABLE columns; empty: the result is one value.
    pub fn output_columns(&self) -> Vec<(Name, Oid)> {
        match self {
            Callable::Builtin(proc) => {
                let names = proc.arg_names.iter().skip(proc.args.len());
                names
                    .map(|name| Name::from(*name))
                    .zip(proc.out_types.iter().copied())
                    .collect()
            }
            Callable::User(function) => {
                let outputs = function.outputs.iter().zip(1..);
                let name = |name: &Option<Name>, number: usize| match name {
                    Some(name) if !name.is_empty() => name.clone(),
                    _ => format!("column{number}").into(),
                };
                outputs
                    .map(|(output, number)| (name(&output.name, number), output.type_oid))
                    .collect()
            }
        }
    }
}

/// A function with the argument types it has in a call of a given number of arguments.
#[derive(Clone)]
pub struct Candidate {
    pub callable: Callable,
    /// Declared types in the order of the call, then those of arguments left to their defaults.
    pub args: Vec<Oid>,
    /// Named notation: the parameter each argument of the call is for, defaults included.
    pub parameters: Option<Vec<usize>>,
    /// The call's tail is collected into an array.
    pub expands_variadic: bool,
    pub defaults_used: usize,
    schema_rank: usize,
}

/// The shape of a call: how many arguments, which of them are named, VARIADIC written.
pub struct CallShape<'n> {
    pub count: usize,
    /// Names of the last arguments.
    pub names: Vec<&'n str>,
    pub variadic_written: bool,
}

impl Backend<'_> {
    /// A function by its oid.
    pub fn callable(&self, oid: Oid) -> Option<Callable> {
        if let Some(proc) = self.any_proc(oid) {
            return Some(Callable::Builtin(proc));
        }
        self.catalog().ok()?.functions.get(&oid).cloned().map(Callable::User)
    }

    /// All functions of a name that the search path or the schema written reaches.
    pub fn functions_named(&self, names: &[String]) -> Result<Vec<Callable>> {
        Ok(self
            .ranked_functions(names)?
            .into_iter()
            .map(|(_, callable)| callable)
            .collect())
    }

    /// The same, each with the place of its schema in the search path.
    fn ranked_functions(&self, names: &[String]) -> Result<Vec<(usize, Callable)>> {
        let (schema, name) = catalog::namespace::split_qualified(self, names)?;
        let schemas = match schema {
            Some(schema) => vec![self.schema(schema)?],
            None => self.search_path(),
        };
        let mut found = Vec::new();
        for (rank, schema) in schemas.into_iter().enumerate() {
            if schema == PG_CATALOG {
                let extension = self.extension_procs().iter().filter(|proc| proc.name == name);
                let procs = lookup_procs(name).iter().chain(extension);
                found.extend(procs.map(|proc| (rank, Callable::Builtin(proc))));
            }
            let user = self.catalog()?.functions_named(schema, name);
            found.extend(user.map(|function| (rank, Callable::User(function.clone()))));
        }
        Ok(found)
    }

    /// Functions of a name that can take a call of this shape, whatever the types.
    pub fn function_candidates(&self, names: &[String], shape: &CallShape<'_>) -> Result<Vec<Candidate>> {
        let mut candidates: Vec<Candidate> = Vec::new();
        for (rank, callable) in self.ranked_functions(names)? {
            let Some(candidate) = self.fit_shape(callable, shape, rank) else {
                continue;
            };
            let effective = candidate.args.get(..shape.count);
            let twin = candidates
                .iter()
                .position(|other| other.args.get(..shape.count) == effective);
            match twin.and_then(|at| candidates.get_mut(at)) {
                None => candidates.push(candidate),
                Some(other) if other.schema_rank < candidate.schema_rank => {}
                Some(other) if other.expands_variadic && !candidate.expands_variadic => *other = candidate,
                Some(other) if candidate.expands_variadic && !other.expands_variadic => {}
                Some(other) if other.defaults_used == 0 && candidate.defaults_used > 0 => {}
                Some(other) if candidate.defaults_used == 0 && other.defaults_used > 0 => *other = candidate,
                Some(_) => candidates.push(candidate),
            }
        }
        Ok(candidates)
    }

    fn fit_shape(&self, callable: Callable, shape: &CallShape<'_>, schema_rank: usize) -> Option<Candidate> {
        let declared = callable.input_types();
        if !shape.names.is_empty() {
            // The arguments that a variadic one is made of have no names.
            if callable.variadic(self).is_valid() && !shape.variadic_written {
                return None;
            }
            let parameters = match_names(&callable, shape, declared.len())?;
            let args = parameters.iter().filter_map(|&at| declared.get(at).copied()).collect();
            return Some(Candidate {
                callable,
                args,
                defaults_used: declared.len().saturating_sub(shape.count),
                parameters: Some(parameters),
                expands_variadic: false,
                schema_rank,
            });
        }
        let element = match !shape.variadic_written && declared.len() <= shape.count {
            true => callable.variadic(self),
            false => Oid::INVALID,
        };
        if element.is_valid() {
            let mut args = declared;
            args.pop();
            args.resize(shape.count, element);
            return Some(Candidate {
                callable,
                args,
                parameters: None,
                expands_variadic: true,
                defaults_used: 0,
                schema_rank,
            });
        }
        let missing = declared.len().checked_sub(shape.count)?;
        (missing <= callable.default_count()).then_some(Candidate {
            callable,
            args: declared,
            parameters: None,
            expands_variadic: false,
            defaults_used: missing,
            schema_rank,
        })
    }

    /// Candidates that the arguments can be coerced to, by their positions.
    pub fn matching_candidates(&self, inputs: &[Oid], candidates: &[&[Oid]]) -> Vec<usize> {
        let fits = |args: &&[Oid]| {
            let args = args.get(..inputs.len()).unwrap_or(args);
            self.can_coerce(inputs, args, CastContext::Implicit)
        };
        let positions = candidates.iter().enumerate();
        positions.filter(|(_, args)| fits(args)).map(|(at, _)| at).collect()
    }

    /// The one candidate that fits best, of those that [`Self::matching_candidates`] has left (positions into
    /// `candidates`); `None` if the choice is not clear.
    pub fn select_candidate(&self, inputs: &[Oid], candidates: &[&[Oid]], matching: Vec<usize>) -> Option<usize> {
        let bases: Vec<Oid> = inputs.iter().map(|&input| self.base_type(input)).collect();
        let arg = |candidate: usize, slot: usize| -> Oid {
            let args = candidates.get(candidate).copied().unwrap_or_default();
            args.get(slot).copied().unwrap_or_default()
        };
        let known = |slot: &(usize, &Oid)| *slot.1 != Oid::UNKNOWN;
        let exact = |candidate: usize| {
            let slots = bases.iter().enumerate().filter(known);
            slots.filter(|&(slot, base)| arg(candidate, slot) == *base).count()
        };
        let mut left = keep_best(matching, exact);
        if let [one] = left.as_slice() {
            return Some(*one);
        }
        let preferred = |candidate: usize| {
            let fits = |slot: usize, base: Oid| {
                let to = arg(candidate, slot);
                to == base || self.type_category(to) == (self.type_category(base).0, true)
            };
            let slots = bases.iter().enumerate().filter(known);
            slots.filter(|&(slot, base)| fits(slot, *base)).count()
        };
        left = keep_best(left, preferred);
        if let [one] = left.as_slice() {
            return Some(*one);
        }
        let unknown_slots: Vec<usize> = (0..bases.len())
            .filter(|&slot| bases.get(slot) == Some(&Oid::UNKNOWN))
            .collect();
        if unknown_slots.is_empty() {
            return None;
        }
        if let Some(narrowed) = self.narrow_by_category(&left, &unknown_slots, &arg) {
            if let [one] = narrowed.as_slice() {
                return Some(*one);
            }
            if !narrowed.is_empty() {
                left = narrowed;
            }
        }
        self.assume_same_type(&bases, candidates, &left)
    }

    /// Untyped literals take the category that the candidates agree on, or string if one of them accepts that.
    fn narrow_by_category(
        &self,
        candidates: &[usize],
        slots: &[usize],
        arg: &dyn Fn(usize, usize) -> Oid,
    ) -> Option<Vec<usize>> {
        let mut wanted: Vec<(u8, bool)> = Vec::with_capacity(slots.len());
        for &slot in slots {
            let mut chosen: Option<(u8, bool)> = None;
            let mut conflict = false;
            for &candidate in candidates {
                let (category, preferred) = self.type_category(arg(candidate, slot));
                match &mut chosen {
                    None => chosen = Some((category, preferred)),
                    Some((known, has_preferred)) if *known == category => *has_preferred |= preferred,
                    Some(other) if category == b'S' => *other = (category, preferred),
                    Some(_) => conflict = true,
                }
            }
            let chosen = chosen?;
            if conflict && chosen.0 != b'S' {
                return None;
            }
            wanted.push(chosen);
        }
        let fits = |candidate: usize| {
            slots.iter().zip(&wanted).all(|(&slot, &(category, has_preferred))| {
                let (own, preferred) = self.type_category(arg(candidate, slot));
                own == category && (!has_preferred || preferred)
            })
        };
        Some(
            candidates
                .iter()
                .copied()
                .filter(|&candidate| fits(candidate))
                .collect(),
        )
    }

    /// Last resort: untyped literals have the one type that all other arguments have.
    fn assume_same_type(&self, bases: &[Oid], candidates: &[&[Oid]], left: &[usize]) -> Option<usize> {
        let mut known = bases.iter().copied().filter(|&base| base != Oid::UNKNOWN);
        let first = known.next()?;
        if known.any(|base| base != first) {
            return None;
        }
        let all = vec![first; bases.len()];
        let mut fitting = left.iter().copied().filter(|&at| {
            let args = candidates.get(at).copied().unwrap_or_default();
            let args = args.get(..all.len()).unwrap_or(args);
            self.can_coerce(&all, args, CastContext::Implicit)
        });
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => Some(one),
            _ => None,
        }
    }
}

/// Those with the highest score.
fn keep_best(candidates: Vec<usize>, score: impl Fn(usize) -> usize) -> Vec<usize> {
    let best = candidates.iter().map(|&candidate| score(candidate)).max().unwrap_or(0);
    candidates
        .into_iter()
        .filter(|&candidate| score(candidate) == best)
        .collect()
}

/// The parameter that each argument of a call with names is for, then those left to their defaults
/// (`MatchNamedCall`).
fn match_names(callable: &Callable, shape: &CallShape<'_>, declared: usize) -> Option<Vec<usize>> {
    let positional = shape.count.checked_sub(shape.names.len())?;
    if shape.count > declared {
        return None;
    }
    let names = callable.input_names();
    let mut parameters: Vec<usize> = (0..positional).collect();
    for name in &shape.names {
        let at = names.iter().position(|own| **own == **name)?;
        if parameters.contains(&at) {
            return None;
        }
        parameters.push(at);
    }
    let first_default = declared.checked_sub(callable.default_count())?;
    for at in 0..declared {
        if !parameters.contains(&at) {
            if at < first_default {
                return None;
            }
            parameters.push(at);
        }
    }
    Some(parameters)
}
