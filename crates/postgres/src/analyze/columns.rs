//! Names of columns and rows: `a`, `t.a`, `s.t.a`, `t`, after `transformColumnRef` and `parse_relation.c`.

use std::sync::Arc;

use kumquat_sql::ast::{self, ColumnRefField};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::NameConflict;
use super::location::position;
use super::missing::{missing_column, missing_table};
use super::state::{Analyzer, ExprKind, NamespaceItem, column_var, shared};
use crate::catalog::RelationKind;
use crate::query::{Expr, FuncForm, RangeTableKind, Var};

/// Columns that every table has, with their attribute numbers.
pub const SYSTEM_COLUMNS: [(&str, i16, Oid); 6] = [
    ("ctid", -1, Oid::TID),
    ("xmin", -2, Oid::XID),
    ("cmin", -3, Oid::CID),
    ("xmax", -4, Oid::XID),
    ("cmax", -5, Oid::CID),
    ("tableoid", -6, Oid::OID),
];

/// What a qualified name turned out to be.
pub enum Found<'n> {
    /// A table of the range table (by its place in a namespace) and levels up, and the column's name.
    Table(NamespaceItem, usize, &'n str),
    /// No table of that name.
    NoTable(Option<&'n str>, &'n str),
}

impl Analyzer<'_, '_> {
    /// A name that stands for a column, a row, or a parameter.
    pub fn column_reference(&mut self, reference: &ast::ColumnRef) -> Result<Expr> {
        let at = position(reference.location);
        match self.level.kind {
            ExprKind::ColumnDefault => {
                return Err(not_allowed("cannot use column reference in DEFAULT expression").at(at));
            }
            ExprKind::PartitionBound => {
                return Err(not_allowed("cannot use column reference in partition bound expression").at(at));
            }
            _ => {}
        }
        let names: Vec<String> = reference
            .fields
            .iter()
            .map(|field| match field {
                ColumnRefField::Name(name) => name.clone(),
                ColumnRefField::Star => "*".to_string(),
            })
            .collect();
        if let Some(ColumnRefField::Star) = reference.fields.last() {
            // `t.*` inside an expression is the row as one value.
            return match self.table_of(&names, at)? {
                Found::Table(item, levels_up, _) => self.whole_row(&item, levels_up, at),
                Found::NoTable(schema, table) => {
                    match self.named_parameter(&names.first().cloned().unwrap_or_default()) {
                        Some(row) if names.len() == 2 => Ok(row),
                        _ => Err(missing_table(self, schema, table, at)),
                    }
                }
            };
        }
        if self.parameters.conflict == NameConflict::Variable
            && let Some(variable) = self.variable(&names, at)?
        {
            return Ok(variable);
        }
        let column = match names.as_slice() {
            [name] => self.bare_column(name, at),
            _ => self.qualified_column(&names, at),
        };
        let Some(column) = column? else {
            return self.not_a_column(&names, at);
        };
        if self.parameters.conflict == NameConflict::Error && self.variable(&names, at).ok().flatten().is_some() {
            return Err(ambiguous_column(&names.join("."))
                .detail("It could refer to either a PL/pgSQL variable or a table column.")
                .at(at));
        }
        Ok(column)
    }

    /// A parameter, or what is no name at all.
    fn not_a_column(&mut self, names: &[String], at: Option<u32>) -> Result<Expr> {
        if let Some(variable) = self.variable(names, at)? {
            return Ok(variable);
        }
        if let [name] = names {
            return Err(missing_column(self, None, name, at));
        }
        match self.table_of(names, at)? {
            Found::NoTable(schema, table) => Err(missing_table(self, schema, table, at)),
            Found::Table(item, _, column) => Err(missing_column(self, Some(&item.name), column, at)),
        }
    }

    /// The parameter that a name means, or a field of one.
    fn variable(&mut self, names: &[String], at: Option<u32>) -> Result<Option<Expr>> {
        if let Some(parameter) = self.named_parameter(&names.join(".")) {
            return Ok(Some(parameter));
        }
        if let [parameter, fields @ ..] = names
            && let Some(row) = self.named_parameter(parameter)
            && self.backend.is_composite(row.type_oid())
        {
            let select = |row, field: &String| self.field_selection(row, field, at);
            return fields.iter().try_fold(row, select).map(Some);
        }
        Ok(None)
    }

    fn bare_column(&mut self, name: &str, at: Option<u32>) -> Result<Option<Expr>> {
        if let Some(var) = self.find_column(name, at)? {
            return Ok(Some(var));
        }
        if self.level.kind == ExprKind::DomainCheck
            && name == "value"
            && let Some(Some(base)) = self.parameters.types.first()
        {
            return Ok(Some(Expr::CoerceToDomainValue {
                type_oid: *base,
                type_modifier: -1,
            }));
        }
        if self.named_parameter(name).is_some() && self.parameters.conflict != NameConflict::Error {
            return Ok(None);
        }
        match self.find_table(None, name, at)? {
            Some((item, levels_up)) => self.whole_row(&item, levels_up, at).map(Some),
            None => Ok(None),
        }
    }

    fn qualified_column(&mut self, names: &[String], at: Option<u32>) -> Result<Option<Expr>> {
        let (item, levels_up, column) = match self.table_of(names, at) {
            Ok(Found::Table(item, levels_up, column)) => (item, levels_up, column),
            Ok(Found::NoTable(..)) => return Ok(None),
            // Too many names for a column may still be a variable's.
            Err(error) => return self.variable(names, at)?.map(Some).ok_or(error),
        };
        if let Some(var) = self.column_of(&item, column, levels_up, at)? {
            return Ok(Some(var));
        }
        let row = self.whole_row(&item, levels_up, at)?;
        self.function_or_field(column, row, at)
    }

    /// The table that all names but the last one mean.
    pub fn table_of<'n>(&self, names: &'n [String], at: Option<u32>) -> Result<Found<'n>> {
        let (schema, table, column) = match names {
            [table, column] => (None, table, column),
            [schema, table, column] => (Some(schema.as_str()), table, column),
            [database, schema, table, column] => {
                if **database != *self.backend.session.database {
                    return Err(not_allowed(format!(
                        "cross-database references are not implemented: {}",
                        names.join(".")
                    ))
                    .at(at));
                }
                (Some(schema.as_str()), table, column)
            }
            _ => {
                let message = format!("improper qualified name (too many dotted names): {}", names.join("."));
                return Err(Error::new(SqlState::SYNTAX_ERROR, message).at(at));
            }
        };
        Ok(match self.find_table(schema, table, at)? {
            Some((item, levels_up)) => Found::Table(item, levels_up, column),
            None => Found::NoTable(schema, table),
        })
    }

    /// The column of that name in the innermost query that has one (`colNameToVar`).
    fn find_column(&mut self, name: &str, at: Option<u32>) -> Result<Option<Expr>> {
        for levels_up in 0..=self.outer.len() {
            let Some(level) = self.level_up(levels_up) else { break };
            let lateral = level.lateral_active;
            let items: Vec<&NamespaceItem> = level
                .namespace
                .iter()
                .filter(|item| item.columns_visible && (!item.lateral_only || lateral))
                .collect();
            let mut found = None;
            for item in items {
                if self.item_has_column(item, name, levels_up, at)? {
                    if found.is_some() {
                        return Err(ambiguous_column(name).at(at));
                    }
                    self.check_lateral(item, levels_up, at)?;
                    found = Some(item.clone());
                }
            }
            if let Some(item) = found {
                return self.column_of(&item, name, levels_up, at);
            }
        }
        Ok(None)
    }

    /// A column of that name is in FROM of this very query.
    pub fn has_local_column(&self, name: &str, at: Option<u32>) -> Result<bool> {
        let items = self
            .level
            .namespace
            .iter()
            .filter(|item| item.columns_visible && !item.lateral_only);
        let mut found = false;
        for item in items {
            if self.item_has_column(item, name, 0, at)? {
                if found {
                    return Err(ambiguous_column(name).at(at));
                }
                found = true;
            }
        }
        Ok(found)
    }

    fn item_has_column(&self, item: &NamespaceItem, name: &str, levels_up: usize, at: Option<u32>) -> Result<bool> {
        match item.columns.iter().filter(|column| *column.name == *name).count() {
            0 => Ok(self.system_column(item, name, levels_up).is_some()),
            1 => Ok(true),
            _ => Err(ambiguous_column(name).at(at)),
        }
    }

    /// A column of one table (`scanNSItemForColumn`).
    pub fn column_of(
        &mut self,
        item: &NamespaceItem,
        name: &str,
        levels_up: usize,
        at: Option<u32>,
    ) -> Result<Option<Expr>> {
        if !self.item_has_column(item, name, levels_up, at)? {
            return Ok(None);
        }
        let found = item.columns.iter().find(|column| *column.name == *name);
        let mut var = match found {
            Some(column) => column.var.clone(),
            None => match self.system_column(item, name, levels_up) {
                Some(var) => self.check_system_column(var, name, at)?,
                None => return Ok(None),
            },
        };
        var.levels_up = levels_up;
        var.location = at;
        self.mark_selected(&var);
        Ok(Some(Expr::Var(var)))
    }

    fn system_column(&self, item: &NamespaceItem, name: &str, levels_up: usize) -> Option<Var> {
        let (_, number, type_oid) = SYSTEM_COLUMNS.iter().find(|(own, ..)| *own == name)?;
        let RangeTableKind::Relation { relation, .. } = self.entry(item.index, levels_up)?.kind else {
            return None;
        };
        let kind = self.backend.catalog().ok()?.relation(relation)?.kind;
        if matches!(kind, RelationKind::View | RelationKind::CompositeType) {
            return None;
        }
        Some(Var {
            varno: item.index,
            attribute: *number,
            type_oid: *type_oid,
            type_modifier: -1,
            collation: Oid::INVALID,
            levels_up,
            location: None,
        })
    }

    /// Only `tableoid` can be used where a row is not stored yet.
    fn check_system_column(&self, var: Var, name: &str, at: Option<u32>) -> Result<Var> {
        let complaint = match self.level.kind {
            _ if var.attribute == -6 => return Ok(var),
            ExprKind::CheckConstraint => "check constraint",
            ExprKind::GeneratedColumn => {
                return Err(Error::new(
                    SqlState::INVALID_COLUMN_REFERENCE,
                    format!("cannot use system column \"{name}\" in column generation expression"),
                )
                .at(at));
            }
            ExprKind::MergeWhen => {
                return Err(Error::new(
                    SqlState::INVALID_COLUMN_REFERENCE,
                    format!("cannot use system column \"{name}\" in MERGE WHEN condition"),
                )
                .at(at));
            }
            _ => return Ok(var),
        };
        Err(Error::new(
            SqlState::INVALID_COLUMN_REFERENCE,
            format!("system column \"{name}\" reference in {complaint} is invalid"),
        )
        .at(at))
    }

    /// The table of a name that can qualify columns (`refnameNamespaceItem`).
    pub fn find_table(
        &self,
        schema: Option<&str>,
        name: &str,
        at: Option<u32>,
    ) -> Result<Option<(NamespaceItem, usize)>> {
        let relation = match schema {
            None => None,
            Some(schema) => match self.backend.find_schema(schema)?.map(|schema| schema.oid) {
                Some(schema) => match self.backend.catalog()?.relation_by_name(schema, name) {
                    Some(relation) => Some(relation.oid),
                    None => return Ok(None),
                },
                None => return Ok(None),
            },
        };
        for levels_up in 0..=self.outer.len() {
            let Some(level) = self.level_up(levels_up) else { break };
            let fits = |item: &&NamespaceItem| {
                item.named
                    && (!item.lateral_only || level.lateral_active)
                    && match relation {
                        Some(relation) => item.relation == Some(relation),
                        None => *item.name == *name,
                    }
            };
            let mut fitting = level.namespace.iter().filter(fits);
            if let Some(item) = fitting.next() {
                if fitting.next().is_some() {
                    return Err(Error::new(
                        SqlState::AMBIGUOUS_ALIAS,
                        format!("table reference \"{name}\" is ambiguous"),
                    )
                    .at(at));
                }
                self.check_lateral(item, levels_up, at)?;
                return Ok(Some((item.clone(), levels_up)));
            }
        }
        Ok(None)
    }

    /// A LATERAL item can't use what stands on the null-producing side of its join.
    fn check_lateral(&self, item: &NamespaceItem, levels_up: usize, at: Option<u32>) -> Result<()> {
        if !item.lateral_only || item.lateral_ok {
            return Ok(());
        }
        let error = Error::new(
            SqlState::INVALID_COLUMN_REFERENCE,
            format!("invalid reference to FROM-clause entry for table \"{}\"", item.name),
        );
        let is_target = self.level_up(levels_up).and_then(|level| level.target) == Some(item.index);
        Err(match is_target {
            true => error.hint(format!(
                "There is an entry for table \"{}\", but it cannot be referenced from this part of the query.",
                item.name
            )),
            false => error.detail("The combining JOIN type must be INNER or LEFT for a LATERAL reference."),
        }
        .at(at))
    }

    /// The row of a table as one value (`transformWholeRowRef`).
    pub fn whole_row(&mut self, item: &NamespaceItem, levels_up: usize, at: Option<u32>) -> Result<Expr> {
        let Some(entry) = self.entry(item.index, levels_up) else {
            return Err(Error::internal("no such range table entry"));
        };
        let mut attribute = 0;
        let type_oid = match &entry.kind {
            RangeTableKind::Relation { relation, .. } => match self.backend.catalog()?.relation(*relation) {
                Some(relation) if relation.row_type.is_valid() => relation.row_type,
                _ => Oid::RECORD,
            },
            RangeTableKind::Function {
                functions,
                ordinality: false,
            } if functions.len() == 1 => {
                let result = functions
                    .first()
                    .map_or(Oid::RECORD, |function| function.expr.type_oid());
                if result != Oid::RECORD && !self.backend.is_composite(result) {
                    attribute = 1;
                }
                let out_columns = functions.first().is_some_and(|function| function.columns != 1);
                if attribute == 1 && out_columns {
                    Oid::RECORD
                } else {
                    result
                }
            }
            RangeTableKind::Join { .. } => {
                let columns = item.columns.iter().filter(|column| !column.name.is_empty());
                let var = |var: &Var| {
                    Expr::Var(Var {
                        levels_up,
                        location: at,
                        ..var.clone()
                    })
                };
                return Ok(Expr::Row {
                    args: columns.clone().map(|column| var(&column.var)).collect(),
                    names: columns.map(|column| column.name.clone()).collect(),
                    type_oid: Oid::RECORD,
                    form: FuncForm::ImplicitCast,
                });
            }
            _ => Oid::RECORD,
        };
        let var = Var {
            varno: item.index,
            attribute,
            type_oid,
            type_modifier: -1,
            collation: Oid::INVALID,
            levels_up,
            location: at,
        };
        self.mark_selected(&var);
        Ok(Expr::Var(var))
    }

    /// The columns that a whole-row variable stands for.
    pub fn whole_row_columns(&self, varno: usize, levels_up: usize) -> Vec<Expr> {
        let Some(entry) = self.entry(varno, levels_up) else {
            return Vec::new();
        };
        let columns = entry.columns.iter().zip(1..);
        let live = columns.filter(|(column, _)| !column.name.is_empty());
        live.map(|(column, number)| {
            Expr::Var(Var {
                levels_up,
                ..column_var(varno, number, column)
            })
        })
        .collect()
    }

    /// Notes that a column is read, for privileges (`markVarForSelectPriv`).
    pub fn mark_selected(&mut self, var: &Var) {
        let Some(level) = self.level_up_mut(var.levels_up) else {
            return;
        };
        let entry = var.varno.checked_sub(1).and_then(|i| level.range_table.get_mut(i));
        let Some(entry) = entry else { return };
        if matches!(entry.kind, RangeTableKind::Relation { .. }) {
            if !entry.required.contains(&'r') {
                entry.required.push('r');
            }
            if !entry.selected.contains(&var.attribute) {
                entry.selected.push(var.attribute);
            }
        }
    }

    /// A function's argument or a PL/pgSQL variable of this name.
    pub fn named_parameter(&self, name: &str) -> Option<Expr> {
        let (_, number) = self.parameters.names.iter().find(|(own, _)| **own == *name)?;
        let type_oid = self.parameters.types.get(number.checked_sub(1)?).copied().flatten()?;
        Some(Expr::Param {
            kind: crate::query::ParamKind::External,
            number: *number,
            type_oid,
            type_modifier: -1,
        })
    }

    /// Takes down that a column of the target is assigned to.
    pub fn mark_written(&mut self, attribute: i16, insert: bool) {
        let place = self.level.target.and_then(|index| index.checked_sub(1));
        if let Some(entry) = place.and_then(|place| self.level.range_table.get_mut(place)) {
            let list = if insert {
                &mut entry.inserted
            } else {
                &mut entry.updated
            };
            if !list.contains(&attribute) {
                list.push(attribute);
            }
        }
    }

    /// `$n` (`transformParamRef`).
    pub fn parameter(&mut self, reference: &ast::ParamRef) -> Result<Expr> {
        let at = position(reference.location);
        let missing = || {
            Error::new(
                SqlState::UNDEFINED_PARAMETER,
                format!("there is no parameter ${}", reference.number),
            )
            .at(at)
        };
        let number = usize::try_from(reference.number)
            .ok()
            .filter(|&n| n > 0 && n <= 65535)
            .ok_or_else(missing)?;
        if self.parameters.types.len() < number {
            if !self.parameters.infer {
                return Err(missing());
            }
            self.parameters.types.resize(number, None);
        }
        let known = self.parameters.types.get(number - 1).copied().flatten();
        if known.is_none() && !self.parameters.infer {
            return Err(missing());
        }
        Ok(Expr::Param {
            kind: crate::query::ParamKind::External,
            number,
            type_oid: known.unwrap_or(Oid::UNKNOWN),
            type_modifier: -1,
        })
    }
}

fn not_allowed(message: impl Into<String>) -> Error {
    Error::new(SqlState::FEATURE_NOT_SUPPORTED, message)
}

fn ambiguous_column(name: &str) -> Error {
    Error::new(
        SqlState::AMBIGUOUS_COLUMN,
        format!("column reference \"{name}\" is ambiguous"),
    )
}

/// Names as the trees share them.
pub fn shared_names(names: &[String]) -> Vec<Arc<str>> {
    names.iter().map(|name| shared(name)).collect()
}
