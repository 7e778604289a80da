//! Target lists: output columns and their names, `*`, values assigned to columns, after `parse_target.c`.

use kumquat_sql::ast::{self, ColumnRefField, Indirection, ResTarget};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::coercion::Target;
use super::columns::Found;
use super::location::position;
use super::missing::missing_table;
use super::modify::AssignedColumn;
use super::state::{Analyzer, ExprKind, shared};
use crate::catalog::Name;
use crate::query::{Expr, RangeTableKind, TargetEntry, Var};

impl Analyzer<'_, '_> {
    /// SELECT's or RETURNING's columns (`transformTargetList`).
    pub fn target_list(&mut self, targets: &[ResTarget], kind: ExprKind) -> Result<Vec<TargetEntry>> {
        self.with_kind(kind, |analyzer| {
            let mut list = Vec::with_capacity(targets.len());
            for target in targets {
                let Some(value) = &target.val else { continue };
                if let Some(columns) = analyzer.expand_star(value)? {
                    for (name, expr) in columns {
                        analyzer.push_target(&mut list, expr, name);
                    }
                    continue;
                }
                let expr = analyzer.transform(value)?;
                let name = match &target.name {
                    Some(name) => shared(name),
                    None => column_name(value),
                };
                analyzer.push_target(&mut list, expr, name);
            }
            Ok(list)
        })
    }

    /// Adds an output column.
    pub fn push_target(&self, list: &mut Vec<TargetEntry>, expr: Expr, name: Name) {
        let number = i16::try_from(list.len() + 1).unwrap_or(i16::MAX);
        list.push(TargetEntry {
            origin: self.origin(&expr),
            expr,
            number,
            name,
            sort_group_ref: 0,
            junk: false,
        });
    }

    /// The table column that an expression is (`markTargetListOrigin`).
    fn origin(&self, expr: &Expr) -> (Oid, i16) {
        let none = (Oid::INVALID, 0);
        let Expr::Var(var) = expr else { return none };
        match self.entry(var.varno, var.levels_up).map(|entry| &entry.kind) {
            Some(RangeTableKind::Relation { relation, .. }) => (*relation, var.attribute),
            Some(RangeTableKind::Subquery { query, .. }) => {
                let place = usize::try_from(var.attribute).ok().and_then(|n| n.checked_sub(1));
                place
                    .and_then(|place| query.output_columns().nth(place))
                    .map_or(none, |target| target.origin)
            }
            _ => none,
        }
    }

    /// The columns that a trailing `*` stands for; `None` if there is none.
    pub fn expand_star(&mut self, expr: &ast::Expr) -> Result<Option<Vec<(Name, Expr)>>> {
        match expr {
            ast::Expr::ColumnRef(reference) if matches!(reference.fields.last(), Some(ColumnRefField::Star)) => {
                self.expand_column_star(reference).map(Some)
            }
            ast::Expr::Indirection(node) if matches!(node.indirection.last(), Some(Indirection::Star)) => {
                let mut inner = node.clone();
                inner.indirection.pop();
                let row = match inner.indirection.is_empty() {
                    true => self.transform(&inner.arg)?,
                    false => self.transform(&ast::Expr::Indirection(inner))?,
                };
                let at = position(expr.location());
                self.expand_row(row, at).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn expand_column_star(&mut self, reference: &ast::ColumnRef) -> Result<Vec<(Name, Expr)>> {
        let at = position(reference.location);
        let names: Vec<String> = reference
            .fields
            .iter()
            .map(|field| match field {
                ColumnRefField::Name(name) => name.clone(),
                ColumnRefField::Star => "*".to_string(),
            })
            .collect();
        if names.len() == 1 {
            return self.expand_all(at);
        }
        match self.table_of(&names, at)? {
            Found::Table(item, levels_up, _) => Ok(self.expand_item(&item, levels_up, at)),
            Found::NoTable(schema, table) => {
                // `parameter.*` of a composite parameter, or a column of composite type.
                if let [name, _] = names.as_slice() {
                    let row = ast::ColumnRef {
                        fields: vec![ColumnRefField::Name(name.clone())],
                        location: reference.location,
                    };
                    if self.parameters.names.iter().any(|(own, _)| **own == **name) {
                        let row = self.column_reference(&row)?;
                        if row.type_oid() == Oid::RECORD {
                            return Ok(self.record_fields(name));
                        }
                        return self.expand_row(row, at);
                    }
                }
                Err(missing_table(self, schema, table, at))
            }
        }
    }

    /// `r.*` of a `record` variable: its fields, which are parameters of their own.
    fn record_fields(&self, record: &str) -> Vec<(Name, Expr)> {
        let mut fields: Vec<(Name, Expr)> = Vec::new();
        for (name, _) in &self.parameters.names {
            let Some(field) = name.strip_prefix(record).and_then(|rest| rest.strip_prefix('.')) else {
                continue;
            };
            if fields.iter().all(|(known, _)| **known != *field) {
                fields.extend(self.named_parameter(name).map(|value| (field.into(), value)));
            }
        }
        fields
    }

    /// `*`: all columns of all tables that are visible.
    fn expand_all(&mut self, at: Option<u32>) -> Result<Vec<(Name, Expr)>> {
        let items: Vec<_> = self
            .level
            .namespace
            .iter()
            .filter(|item| item.columns_visible && (self.level.lateral_active || !item.lateral_only))
            .cloned()
            .collect();
        if items.is_empty() {
            return Err(Error::new(SqlState::SYNTAX_ERROR, "SELECT * with no tables specified is not valid").at(at));
        }
        Ok(items.iter().flat_map(|item| self.expand_item(item, 0, at)).collect())
    }

    /// All columns of a table or join.
    pub fn expand_item(
        &mut self,
        item: &super::state::NamespaceItem,
        levels_up: usize,
        at: Option<u32>,
    ) -> Vec<(Name, Expr)> {
        let columns = item.columns.iter().filter(|column| !column.name.is_empty());
        let mut expanded = Vec::new();
        for column in columns {
            let var = Var {
                levels_up,
                location: at,
                ..column.var.clone()
            };
            self.mark_selected(&var);
            expanded.push((column.name.clone(), Expr::Var(var)));
        }
        expanded
    }

    /// The fields of a composite value, one column each (`ExpandRowReference`).
    fn expand_row(&mut self, row: Expr, at: Option<u32>) -> Result<Vec<(Name, Expr)>> {
        if let Expr::Var(var) = &row
            && var.attribute == 0
        {
            let names: Vec<Name> = match self.entry(var.varno, var.levels_up) {
                Some(entry) => entry.columns.iter().map(|column| column.name.clone()).collect(),
                None => Vec::new(),
            };
            let live = names.into_iter().filter(|name| !name.is_empty());
            return Ok(live.zip(self.whole_row_columns(var.varno, var.levels_up)).collect());
        }
        let Some(fields) = self.row_fields(&row) else {
            let type_oid = row.type_oid();
            if type_oid == Oid::RECORD {
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "record type has not been registered",
                ));
            }
            return Err(Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!("type {} is not composite", self.backend.format_type(type_oid)),
            )
            .at(at));
        };
        let fields = fields.into_iter().zip(1..).filter(|((name, ..), _)| !name.is_empty());
        Ok(fields
            .map(|((name, type_oid, type_modifier), field)| {
                let select = Expr::FieldSelect {
                    arg: Box::new(row.clone()),
                    field,
                    type_oid,
                    type_modifier,
                };
                (name, select)
            })
            .collect())
    }

    /// Values in a row, stars expanded (`transformExpressionList`).
    pub fn expression_list(&mut self, exprs: &[ast::Expr]) -> Result<Vec<Expr>> {
        let mut list = Vec::with_capacity(exprs.len());
        for expr in exprs {
            match self.expand_star(expr)? {
                Some(columns) => list.extend(columns.into_iter().map(|(_, expr)| expr)),
                None => list.push(self.transform(expr)?),
            }
        }
        Ok(list)
    }

    /// The same for VALUES of INSERT and SET lists, in which DEFAULT may stand.
    /// Each comes with its place.
    pub fn value_list(&mut self, exprs: &[ast::Expr]) -> Result<Vec<(Expr, Option<u32>)>> {
        let mut list = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let at = position(expr.location());
            match expr {
                ast::Expr::SetToDefault(_) => list.push((set_to_default(), at)),
                expr => match self.expand_star(expr)? {
                    Some(columns) => list.extend(columns.into_iter().map(|(_, expr)| (expr, at))),
                    None => list.push((self.transform(expr)?, at)),
                },
            }
        }
        Ok(list)
    }

    /// Untyped literals in the output become text (`resolveTargetListUnknowns`).
    pub fn resolve_unknowns(&mut self, targets: &mut [TargetEntry]) -> Result<()> {
        for target in targets {
            if target.expr.type_oid() == Oid::UNKNOWN {
                let expr = std::mem::replace(&mut target.expr, Expr::null(Oid::TEXT));
                target.expr = self.coerce_type(expr, Target::implicit(Oid::TEXT))?;
            }
        }
        Ok(())
    }

    /// A value for a column of the target (`transformAssignedExpr`).
    pub fn assigned(&mut self, value: Expr, value_at: Option<u32>, column: &AssignedColumn<'_>) -> Result<Expr> {
        let (attribute, indirection, at) = (&column.attribute, column.indirection, column.at);
        let target = Target::assignment(attribute.type_oid, attribute.type_modifier);
        if let Expr::SetToDefault { .. } = value {
            if let Some(step) = indirection.first() {
                let message = match step {
                    Indirection::Index(_) | Indirection::Slice(..) => "cannot set an array element to DEFAULT",
                    Indirection::Field(_) | Indirection::Star => "cannot set a subfield to DEFAULT",
                };
                return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message).at(at));
            }
            return Ok(Expr::SetToDefault {
                type_oid: attribute.type_oid,
                type_modifier: attribute.type_modifier,
            });
        }
        if !indirection.is_empty() {
            let container = match self.level.target {
                Some(varno) if self.level.kind == ExprKind::UpdateSource => Expr::Var(Var {
                    varno,
                    attribute: attribute.number,
                    type_oid: attribute.type_oid,
                    type_modifier: attribute.type_modifier,
                    collation: attribute.collation,
                    levels_up: 0,
                    location: at,
                }),
                // INSERT starts from nothing.
                _ => Expr::null(attribute.type_oid),
            };
            return self.assign_part(container, &attribute.name, target, indirection, value, at);
        }
        let source = value.type_oid();
        self.coerce_to_target(value, target)?.ok_or_else(|| {
            Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!(
                    "column \"{}\" is of type {} but expression is of type {}",
                    attribute.name,
                    self.backend.format_type(attribute.type_oid),
                    self.backend.format_type(source)
                ),
            )
            .hint("You will need to rewrite or cast the expression.")
            .at(value_at)
        })
    }

    /// A new value for an element or field of a container (`transformAssignmentIndirection`).
    fn assign_part(
        &mut self,
        container: Expr,
        name: &str,
        target: Target,
        steps: &[Indirection],
        value: Expr,
        at: Option<u32>,
    ) -> Result<Expr> {
        let is_subscript = |step: &Indirection| matches!(step, Indirection::Index(_) | Indirection::Slice(..));
        match steps {
            [] => self.assign_whole(name, target, value, false, at),
            [Indirection::Field(field), rest @ ..] => {
                self.assign_field(container, name, target, field, rest, value, at)
            }
            [Indirection::Star, ..] => Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "row expansion via \"*\" is not supported here",
            )
            .at(at)),
            steps => {
                let count = steps.iter().take_while(|step| is_subscript(step)).count();
                let (subscripts, rest) = steps.split_at_checked(count).unwrap_or((steps, &[]));
                let subscripts: Vec<&Indirection> = subscripts.iter().collect();
                let (mut reference, needed) = self.subscripting(container.clone(), &subscripts, at)?;
                let inner = Target {
                    type_oid: needed,
                    ..target
                };
                let part = match rest.is_empty() {
                    true => self.assign_whole(name, inner, value, true, at)?,
                    false => {
                        let element = Expr::Subscript(Box::new(reference.clone()));
                        self.assign_part(element, name, inner, rest, value, at)?
                    }
                };
                reference.assign = Some(part);
                reference.result = reference.container.type_oid();
                let base = self.backend.base_type(reference.result);
                let result = Expr::Subscript(Box::new(reference));
                match base == target.type_oid {
                    true => Ok(result),
                    false => self.coerce_type(result, target),
                }
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn assign_field(
        &mut self,
        container: Expr,
        name: &str,
        target: Target,
        field: &str,
        rest: &[Indirection],
        value: Expr,
        at: Option<u32>,
    ) -> Result<Expr> {
        let base = self.backend.base_type(target.type_oid);
        let type_name = self.backend.format_type(target.type_oid);
        let Some(fields) = self.backend.composite_fields(base) else {
            return Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!(
                    "cannot assign to field \"{field}\" of column \"{name}\" because its type {type_name} is not a \
                     composite type"
                ),
            )
            .at(at));
        };
        let place = fields.iter().position(|own| *own.name == *field);
        let found = place.and_then(|place| Some((i16::try_from(place).ok()?.checked_add(1)?, fields.get(place)?)));
        let Some((number, definition)) = found else {
            return Err(Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!(
                    "cannot assign to field \"{field}\" of column \"{name}\" because there is no such column in data \
                     type {type_name}"
                ),
            )
            .at(at));
        };
        let select = Expr::FieldSelect {
            arg: Box::new(container.clone()),
            field: number,
            type_oid: definition.type_oid,
            type_modifier: definition.type_modifier,
        };
        let inner = Target::assignment(definition.type_oid, definition.type_modifier);
        let part = match rest.is_empty() {
            true => self.assign_whole(field, inner, value, false, at)?,
            false => self.assign_part(select, field, inner, rest, value, at)?,
        };
        let store = Expr::FieldStore {
            arg: Box::new(container),
            fields: vec![(number, part)],
            type_oid: base,
        };
        match base == target.type_oid {
            true => Ok(store),
            false => self.coerce_type(store, target),
        }
    }

    fn assign_whole(
        &mut self,
        name: &str,
        target: Target,
        value: Expr,
        subscripted: bool,
        at: Option<u32>,
    ) -> Result<Expr> {
        let source = value.type_oid();
        self.coerce_to_target(value, target)?.ok_or_else(|| {
            let (wanted, given) = (
                self.backend.format_type(target.type_oid),
                self.backend.format_type(source),
            );
            let message = match subscripted {
                true => format!(
                    "subscripted assignment to \"{name}\" requires type {wanted} but expression is of type {given}"
                ),
                false => format!("subfield \"{name}\" is of type {wanted} but expression is of type {given}"),
            };
            Error::new(SqlState::DATATYPE_MISMATCH, message)
                .hint("You will need to rewrite or cast the expression.")
                .at(at)
        })
    }
}

/// DEFAULT before its column is known.
pub fn set_to_default() -> Expr {
    Expr::SetToDefault {
        type_oid: Oid::UNKNOWN,
        type_modifier: -1,
    }
}

/// The name an output column has when none is given (`FigureColname`).
pub fn column_name(expr: &ast::Expr) -> Name {
    figure_name(expr).0.unwrap_or_else(|| "?column?".into())
}

/// The name a function or table expression gives; `None` if it gives none (`FigureIndexColname`).
pub fn index_column_name(expr: &ast::Expr) -> Option<Name> {
    figure_name(expr).0
}

/// A name and how good it is: 2 is a real name, 1 that of a type.
fn figure_name(expr: &ast::Expr) -> (Option<Name>, u8) {
    let good = |name: &str| (Some(shared(name)), 2);
    match expr {
        ast::Expr::ColumnRef(reference) => {
            let names = reference.fields.iter().rev();
            let last = names.filter_map(|field| match field {
                ColumnRefField::Name(name) => Some(name),
                ColumnRefField::Star => None,
            });
            match last.into_iter().next() {
                Some(name) => good(name),
                None => (None, 0),
            }
        }
        ast::Expr::Indirection(node) => {
            let fields = node.indirection.iter().rev();
            let mut names = fields.filter_map(|step| match step {
                Indirection::Field(name) => Some(name),
                _ => None,
            });
            match names.next() {
                Some(name) => good(name),
                None => figure_name(&node.arg),
            }
        }
        ast::Expr::FuncCall(call) => match call.name.last() {
            Some(name) => good(name),
            None => (None, 0),
        },
        ast::Expr::Op(op) if op.kind == ast::AExprKind::NullIf => good("nullif"),
        ast::Expr::TypeCast(cast) => match figure_name(&cast.arg) {
            (name, strength) if strength > 1 => (name, strength),
            weak => match cast.type_name.names.last() {
                Some(name) => (Some(shared(name)), 1),
                None => weak,
            },
        },
        ast::Expr::Collate(collate) => figure_name(&collate.arg),
        ast::Expr::Grouping(_) => good("grouping"),
        ast::Expr::SubLink(link) => match link.kind {
            ast::SubLinkKind::Exists => good("exists"),
            ast::SubLinkKind::Array => good("array"),
            ast::SubLinkKind::Expr => sublink_name(link),
            ast::SubLinkKind::Any | ast::SubLinkKind::All => (None, 0),
        },
        ast::Expr::Case(case) => match case.default.as_ref().map(figure_name) {
            Some((name, strength)) if strength > 1 => (name, strength),
            _ => (Some("case".into()), 1),
        },
        ast::Expr::Array(_) => good("array"),
        ast::Expr::Row(_) => good("row"),
        ast::Expr::Coalesce(_) => good("coalesce"),
        ast::Expr::MinMax(min_max) => good(match min_max.op {
            ast::MinMaxOp::Greatest => "greatest",
            ast::MinMaxOp::Least => "least",
        }),
        ast::Expr::SqlValueFunction(function) => good(value_function_name(function.op)),
        _ => (None, 0),
    }
}

/// A scalar subquery has the name of its column.
fn sublink_name(link: &ast::SubLink) -> (Option<Name>, u8) {
    let mut body = &link.subselect.body;
    while let ast::SelectBody::SetOperation(operation) = body {
        body = &operation.left.body;
    }
    match body {
        ast::SelectBody::Select(core) => match core.target_list.first() {
            Some(ResTarget { name: Some(name), .. }) => (Some(shared(name)), 2),
            Some(ResTarget { val: Some(value), .. }) => figure_name(value),
            _ => (None, 0),
        },
        ast::SelectBody::Values(_) => (Some("column1".into()), 2),
        ast::SelectBody::SetOperation(_) => (None, 0),
    }
}

fn value_function_name(op: ast::SqlValueFunctionOp) -> &'static str {
    use ast::SqlValueFunctionOp as Op;
    match op {
        Op::CurrentDate => "current_date",
        Op::CurrentTime => "current_time",
        Op::CurrentTimestamp => "current_timestamp",
        Op::LocalTime => "localtime",
        Op::LocalTimestamp => "localtimestamp",
        Op::CurrentRole => "current_role",
        Op::CurrentUser => "current_user",
        Op::User => "user",
        Op::SessionUser => "session_user",
        Op::CurrentCatalog => "current_catalog",
        Op::CurrentSchema => "current_schema",
    }
}
