//! Which types go where, and the nodes that take them there, after PostgreSQL's `parse_coerce.c`.

use kumquat_types::{CastContext, CastMethod, Datum, Error, Oid, Result, SqlState, find_cast, io, proc_by_oid};

use super::location::expr_location;
use super::polymorphic::is_polymorphic;
use super::state::Analyzer;
use crate::backend::Backend;
use crate::query::{Const, Expr, FuncExpr, FuncForm, Var};

/// A way from one type to another (`CoercionPathType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pathway {
    /// By a function of pg_cast.
    Function(Oid),
    /// The same representation.
    Relabel,
    ViaIo,
    /// Element by element.
    Array,
}

/// A type to go to, and how.
#[derive(Clone, Copy)]
pub struct Target {
    pub type_oid: Oid,
    pub modifier: i32,
    pub context: CastContext,
    pub form: FuncForm,
    /// Where the cast is written.
    pub location: Option<u32>,
}

impl Target {
    pub fn implicit(type_oid: Oid) -> Target {
        Target {
            type_oid,
            modifier: -1,
            context: CastContext::Implicit,
            form: FuncForm::ImplicitCast,
            location: None,
        }
    }

    pub fn assignment(type_oid: Oid, modifier: i32) -> Target {
        Target {
            modifier,
            context: CastContext::Assignment,
            ..Target::implicit(type_oid)
        }
    }

    pub fn explicit(type_oid: Oid, modifier: i32, location: Option<u32>) -> Target {
        Target {
            type_oid,
            modifier,
            context: CastContext::Explicit,
            form: FuncForm::ExplicitCast,
            location,
        }
    }
}

impl Backend<'_> {
    /// The way from `source` to `target` that `context` allows (`find_coercion_pathway`).
    pub fn coercion_pathway(&self, target: Oid, source: Oid, context: CastContext) -> Option<Pathway> {
        let (source, target) = (self.base_type(source), self.base_type(target));
        if source == target {
            return Some(Pathway::Relabel);
        }
        if let Some((method, least)) = self
            .catalog()
            .ok()
            .and_then(|catalog| catalog.find_cast(source, target))
        {
            return (context >= least).then_some(match method {
                CastMethod::Function(function) => Pathway::Function(function),
                CastMethod::Binary => Pathway::Relabel,
                CastMethod::InOut => Pathway::ViaIo,
            });
        }
        // Vectors such as those of pg_index can become arrays, but not the other way.
        if let (Some(to), Some(from)) = (self.array_element(target), self.subscript_element(source)) {
            match self.coercion_pathway(to, from, context) {
                None => {}
                Some(Pathway::ViaIo) => return Some(Pathway::ViaIo),
                Some(_) => return Some(Pathway::Array),
            }
        }
        let is_string = |oid| self.type_category(oid).0 == b'S';
        let via_io = context >= CastContext::Assignment && is_string(target)
            || context >= CastContext::Explicit && is_string(source);
        via_io.then_some(Pathway::ViaIo)
    }

    /// Whether every input type can go to its target (`can_coerce_type`).
    pub fn can_coerce(&self, inputs: &[Oid], targets: &[Oid], context: CastContext) -> bool {
        let mut generic = false;
        for (&input, &target) in inputs.iter().zip(targets) {
            if is_polymorphic(target) {
                generic = true;
                continue;
            }
            let fits = input == target
                || target == Oid::ANY
                || input == Oid::UNKNOWN
                || self.coercion_pathway(target, input, context).is_some()
                || input == Oid::RECORD && self.is_composite(target)
                || target == Oid::RECORD && self.is_composite(input)
                || target == Oid::RECORD_ARRAY && self.array_element(input).is_some_and(|e| self.is_composite(e))
                || self.row_type_inherits(input, target);
            if !fits {
                return false;
            }
        }
        !generic || self.polymorphic_arguments_agree(inputs, targets)
    }

    /// The same representation, without asking a function (`IsBinaryCoercible`).
    pub fn is_binary_coercible(&self, source: Oid, target: Oid) -> bool {
        let source = self.base_type(source);
        source == target
            || matches!(target, Oid::ANY | Oid::ANYELEMENT | Oid::ANYCOMPATIBLE)
            || matches!(target, Oid::ANYARRAY | Oid::ANYCOMPATIBLEARRAY) && self.array_element(source).is_some()
            || target == Oid::ANYENUM && self.type_kind(source) == Some(kumquat_types::TypeKind::Enum)
            || target == Oid::ANYRANGE && self.range_subtype(source).is_some()
            || target == Oid::ANYMULTIRANGE && self.multirange_range(source).is_some()
            || target == Oid::RECORD && self.is_composite(source)
            || self
                .catalog()
                .ok()
                .and_then(|catalog| catalog.find_cast(source, target))
                == Some((CastMethod::Binary, CastContext::Implicit))
    }

    /// The row type of a child goes to that of its ancestor (`typeInheritsFrom`).
    fn row_type_inherits(&self, child: Oid, parent: Oid) -> bool {
        let relation_of = |oid: Oid| match self.user_type(self.base_type(oid)).map(|user| &user.definition) {
            Some(crate::catalog::TypeDefinition::Composite { relation, .. }) => Some(*relation),
            _ => None,
        };
        let (Some(child), Some(parent), Ok(catalog)) = (relation_of(child), relation_of(parent), self.catalog()) else {
            return false;
        };
        let mut pending = vec![child];
        while let Some(next) = pending.pop() {
            let Some(relation) = catalog.relation(next) else {
                continue;
            };
            if relation.parents.contains(&parent) {
                return true;
            }
            pending.extend(&relation.parents);
        }
        false
    }
}

impl Analyzer<'_, '_> {
    /// Coerces type and type modifier; `None` if there is no way (`coerce_to_target_type`).
    pub fn coerce_to_target(&mut self, expr: Expr, target: Target) -> Result<Option<Expr>> {
        let source = expr.type_oid();
        if !self.backend.can_coerce(&[source], &[target.type_oid], target.context) {
            return Ok(None);
        }
        let was_constant = matches!(expr, Expr::Const(_));
        let same_type = source == target.type_oid;
        let coerced = self.coerce_type(expr, target)?;
        let hide = !(same_type || was_constant && matches!(coerced, Expr::Const(_)));
        self.coerce_modifier(coerced, target, hide).map(Some)
    }

    /// Coerces to a type that [`Backend::can_coerce`] has allowed (`coerce_type`).
    pub fn coerce_type(&mut self, expr: Expr, target: Target) -> Result<Expr> {
        let source = expr.type_oid();
        match target.type_oid {
            same if same == source => return Ok(expr),
            Oid::ANY | Oid::ANYELEMENT | Oid::ANYNONARRAY | Oid::ANYCOMPATIBLE | Oid::ANYCOMPATIBLENONARRAY => {
                return Ok(expr);
            }
            generic if is_polymorphic(generic) && source != Oid::UNKNOWN => {
                return Ok(match self.backend.base_type(source) {
                    base if base == source => expr,
                    base => relabel(expr, base, -1, target.form),
                });
            }
            _ => {}
        }
        match expr {
            Expr::Const(constant) if source == Oid::UNKNOWN => self.coerce_literal(constant, target),
            Expr::Param { number, .. } if source == Oid::UNKNOWN => self.coerce_parameter(number, expr, target),
            Expr::Collate { arg, collation } => {
                let arg = self.coerce_type(*arg, target)?;
                Ok(Expr::Collate {
                    arg: Box::new(arg),
                    collation,
                })
            }
            expr => self.coerce_typed(expr, source, target),
        }
    }

    fn coerce_typed(&mut self, expr: Expr, source: Oid, target: Target) -> Result<Expr> {
        let (base, base_modifier) = self.backend.base_type_and_modifier(target.type_oid, target.modifier);
        let is_domain = base != target.type_oid;
        match self.pathway_of(target.type_oid, source, target.context) {
            Some(Pathway::Relabel) => {
                if is_domain {
                    return Ok(self.coerce_to_domain(expr, target));
                }
                Ok(relabel(expr, target.type_oid, -1, target.form))
            }
            Some(pathway) => {
                let form = if is_domain { FuncForm::ImplicitCast } else { target.form };
                let inner = Target {
                    type_oid: base,
                    modifier: base_modifier,
                    form,
                    ..target
                };
                let coerced = self.apply_pathway(pathway, expr, inner)?;
                Ok(match is_domain {
                    true => self.coerce_to_domain(coerced, target),
                    false => coerced,
                })
            }
            None if source == Oid::RECORD && self.backend.is_composite(target.type_oid) => {
                self.coerce_record(expr, target)
            }
            None if matches!(target.type_oid, Oid::RECORD | Oid::RECORD_ARRAY) => Ok(expr),
            None if self.backend.is_composite(source) && self.backend.is_composite(target.type_oid) => {
                Ok(Expr::ConvertRowtype {
                    arg: Box::new(expr),
                    type_oid: target.type_oid,
                })
            }
            None => Err(Error::internal(format!(
                "failed to find conversion function from {} to {}",
                self.backend.format_type(source),
                self.backend.format_type(target.type_oid)
            ))
            .at(target.location)),
        }
    }

    /// An unknown literal that is no constant (a column of a subquery, say) goes by way of text.
    fn pathway_of(&self, target: Oid, source: Oid, context: CastContext) -> Option<Pathway> {
        if source == Oid::UNKNOWN {
            return Some(Pathway::ViaIo);
        }
        self.backend.coercion_pathway(target, source, context)
    }

    /// Reads an untyped literal as a value of the target type; errors point at the literal.
    fn coerce_literal(&mut self, literal: Const, target: Target) -> Result<Expr> {
        let (base, base_modifier) = self.backend.base_type_and_modifier(target.type_oid, target.modifier);
        // Only interval reads its modifier while it reads the text: the fields decide what '1' means.
        let input_modifier = if base == Oid::INTERVAL { base_modifier } else { -1 };
        let value = match literal.value.as_str() {
            Some(text) => io::input(self.backend, base, input_modifier, text)
                .map_err(|error| at_literal(error, literal.location))?,
            None => Datum::Null,
        };
        let constant = Expr::Const(Const {
            value,
            type_oid: base,
            type_modifier: input_modifier,
            location: literal.location,
        });
        Ok(match base == target.type_oid {
            true => constant,
            false => self.coerce_to_domain(constant, target),
        })
    }

    /// Gives a parameter without a type the one it is used as.
    fn coerce_parameter(&mut self, number: usize, expr: Expr, target: Target) -> Result<Expr> {
        let Expr::Param { kind, .. } = expr else {
            return Ok(expr);
        };
        let slot = number.checked_sub(1).and_then(|i| self.parameters.types.get_mut(i));
        match slot {
            Some(slot @ None) => *slot = Some(target.type_oid),
            Some(Some(known)) if *known != target.type_oid => {
                return Err(Error::new(
                    SqlState::AMBIGUOUS_PARAMETER,
                    format!("inconsistent types deduced for parameter ${number}"),
                )
                .detail(format!(
                    "{} versus {}",
                    self.backend.format_type(*known),
                    self.backend.format_type(target.type_oid)
                )));
            }
            _ => {}
        }
        Ok(Expr::Param {
            kind,
            number,
            type_oid: target.type_oid,
            type_modifier: -1,
        })
    }

    /// `build_coercion_expression`.
    fn apply_pathway(&mut self, pathway: Pathway, expr: Expr, target: Target) -> Result<Expr> {
        match pathway {
            Pathway::Relabel => Ok(relabel(expr, target.type_oid, target.modifier, target.form)),
            Pathway::Function(function) => {
                let user = self.backend.catalog()?.functions.get(&function);
                let count = user.map(|function| function.args.len());
                let count = count.or(proc_by_oid(function).map(|proc| proc.args.len()));
                Ok(cast_call(function, count.unwrap_or(1), expr, target))
            }
            Pathway::ViaIo => Ok(Expr::CoerceViaIo {
                arg: Box::new(expr),
                type_oid: target.type_oid,
                form: target.form,
                location: target.location,
            }),
            Pathway::Array => {
                let source = self
                    .backend
                    .base_type_and_modifier(expr.type_oid(), expr.type_modifier());
                let elements = self
                    .backend
                    .subscript_element(source.0)
                    .zip(self.backend.array_element(target.type_oid));
                let Some((from, to)) = elements else {
                    return Err(Error::internal("array coercion of something that is no array"));
                };
                let element = Expr::CaseTest {
                    type_oid: from,
                    type_modifier: source.1,
                };
                let element_target = Target {
                    type_oid: to,
                    form: FuncForm::ImplicitCast,
                    ..target
                };
                let element = match from == to {
                    true => self.coerce_modifier(element, element_target, false)?,
                    false => {
                        let coerced = self.coerce_type(element, element_target)?;
                        self.coerce_modifier(coerced, element_target, true)?
                    }
                };
                Ok(Expr::ArrayCoerce {
                    arg: Box::new(expr),
                    type_modifier: element.type_modifier(),
                    element: Box::new(element),
                    type_oid: target.type_oid,
                    form: target.form,
                })
            }
        }
    }

    fn coerce_to_domain(&mut self, expr: Expr, target: Target) -> Expr {
        let (base, modifier) = self.backend.base_type_and_modifier(target.type_oid, target.modifier);
        if base == target.type_oid {
            return expr;
        }
        let expr = hide_coercion(expr);
        let inner = Target {
            type_oid: base,
            modifier,
            form: FuncForm::ImplicitCast,
            ..target
        };
        let expr = match self.coerce_modifier(expr.clone(), inner, true) {
            Ok(coerced) => coerced,
            Err(_) => expr,
        };
        Expr::CoerceToDomain {
            arg: Box::new(expr),
            domain: target.type_oid,
            type_modifier: -1,
            form: target.form,
        }
    }

    /// Applies a type modifier (`coerce_type_typmod`); `hide`: the coercion under it is not written out.
    pub fn coerce_modifier(&mut self, expr: Expr, target: Target, hide: bool) -> Result<Expr> {
        if target.modifier == expr.type_modifier() {
            return Ok(expr);
        }
        if target.modifier >= 0 {
            let element = self.backend.array_element(target.type_oid);
            let length_cast = find_cast(element.unwrap_or(target.type_oid), element.unwrap_or(target.type_oid));
            if let Some(CastMethod::Function(function)) = length_cast.map(|cast| cast.method) {
                let expr = if hide { hide_coercion(expr) } else { expr };
                let pathway = match element {
                    Some(_) => Pathway::Array,
                    None => Pathway::Function(function),
                };
                return self.apply_pathway(pathway, expr, target);
            }
        }
        Ok(apply_relabel(expr, target.type_oid, target.modifier, target.form))
    }

    /// ROW(...) or a whole row to a named composite type (`coerce_record_to_complex`).
    fn coerce_record(&mut self, expr: Expr, target: Target) -> Result<Expr> {
        let fields = self.backend.composite_fields(target.type_oid).unwrap_or_default();
        let cannot = |detail: Option<String>, at: Option<u32>, analyzer: &Self| {
            let error = Error::new(
                SqlState::CANNOT_COERCE,
                format!(
                    "cannot cast type record to {}",
                    analyzer.backend.format_type(target.type_oid)
                ),
            );
            Err(match detail {
                Some(detail) => error.detail(detail),
                None => error,
            }
            .at(at))
        };
        let args = match expr {
            Expr::Row { args, .. } => args,
            Expr::Var(Var {
                varno,
                attribute: 0,
                levels_up,
                ..
            }) => self.whole_row_columns(varno, levels_up),
            other => return cannot(None, expr_location(&other).or(target.location), self),
        };
        let mut supplied = args.into_iter();
        let mut values = Vec::with_capacity(fields.len());
        for (field, number) in fields.iter().zip(1..) {
            if field.name.is_empty() {
                values.push(Expr::null(Oid::INT4));
                continue;
            }
            let Some(arg) = supplied.next() else {
                return cannot(Some("Input has too few columns.".into()), target.location, self);
            };
            let (source, at) = (arg.type_oid(), expr_location(&arg));
            let field_target = Target {
                type_oid: field.type_oid,
                modifier: field.type_modifier,
                form: FuncForm::ImplicitCast,
                ..target
            };
            match self.coerce_to_target(arg, field_target)? {
                Some(value) => values.push(value),
                None => {
                    let detail = format!(
                        "Cannot cast type {} to {} in column {number}.",
                        self.backend.format_type(source),
                        self.backend.format_type(field.type_oid)
                    );
                    return cannot(Some(detail), at, self);
                }
            }
        }
        if supplied.next().is_some() {
            return cannot(Some("Input has too many columns.".into()), target.location, self);
        }
        let base = self.backend.base_type(target.type_oid);
        let row = Expr::Row {
            args: values,
            names: fields.into_iter().map(|field| field.name).collect(),
            type_oid: base,
            form: target.form,
        };
        Ok(self.coerce_to_domain(row, target))
    }
}

/// Errors of reading a literal point at the literal, whatever place in its text they know.
fn at_literal(mut error: Error, location: Option<u32>) -> Error {
    error.position = location;
    error
}

fn relabel(expr: Expr, type_oid: Oid, type_modifier: i32, form: FuncForm) -> Expr {
    Expr::Relabel {
        arg: Box::new(expr),
        type_oid,
        type_modifier,
        form,
    }
}

/// The same, but a constant takes the new type itself, and relabels don't pile up (`applyRelabelType`).
fn apply_relabel(expr: Expr, type_oid: Oid, type_modifier: i32, form: FuncForm) -> Expr {
    match expr {
        Expr::Const(constant) => Expr::Const(Const {
            type_oid,
            type_modifier,
            ..constant
        }),
        Expr::Relabel { arg, .. } if arg.type_oid() == type_oid && arg.type_modifier() == type_modifier => *arg,
        Expr::Relabel { arg, .. } => relabel(*arg, type_oid, type_modifier, form),
        expr => relabel(expr, type_oid, type_modifier, form),
    }
}

/// A call of a cast function, with the modifier and whether the cast is explicit if it takes them.
fn cast_call(function: Oid, count: usize, expr: Expr, target: Target) -> Expr {
    let mut args = vec![expr];
    if count >= 2 {
        args.push(Expr::constant(Datum::Int4(target.modifier), Oid::INT4));
    }
    if count >= 3 {
        let explicit = target.context == CastContext::Explicit;
        args.push(Expr::constant(Datum::Bool(explicit), Oid::BOOL));
    }
    Expr::Func(Box::new(FuncExpr {
        function,
        args,
        result: target.type_oid,
        returns_set: false,
        variadic: false,
        unwritten: Vec::new(),
        form: target.form,
        type_modifier: if count >= 2 { target.modifier } else { -1 },
        location: target.location,
    }))
}

/// Marks the outermost coercion as implicit, so that it is not written out (`hide_coercion_node`).
fn hide_coercion(mut expr: Expr) -> Expr {
    match &mut expr {
        Expr::Func(call) => call.form = FuncForm::ImplicitCast,
        Expr::Relabel { form, .. }
        | Expr::CoerceViaIo { form, .. }
        | Expr::ArrayCoerce { form, .. }
        | Expr::Row { form, .. }
        | Expr::CoerceToDomain { form, .. } => *form = FuncForm::ImplicitCast,
        _ => {}
    }
    expr
}
