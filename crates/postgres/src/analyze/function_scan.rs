//! Functions in FROM: `f(x) AS t(a, b)`, ROWS FROM, WITH ORDINALITY, column definitions
//! (`transformRangeFunction` and `addRangeTableEntryForFunction`).

use kumquat_sql::ast;
use kumquat_types::{Error, Oid, Result, SqlState, TypeKind};

use super::location::{expr_location, position};
use super::polymorphic::is_polymorphic;
use super::relations::{alias_node, apply_alias, new_entry};
use super::state::{Analyzer, ExprKind, NamespaceItem, shared};
use super::targets::column_name;
use crate::catalog::Name;
use crate::query::{Expr, RangeTableFunction, RangeTableKind, RteColumn};

impl Analyzer<'_, '_> {
    pub fn table_function(&mut self, range: &ast::RangeFunction) -> Result<NamespaceItem> {
        let mut calls: Vec<(Expr, Name, &[ast::ColumnDef])> = Vec::new();
        // A function in FROM is lateral without being told so.
        self.level.lateral_active = true;
        let analyzed = range.functions.iter().try_for_each(|item| {
            for (call, name) in self.function_items(&item.function)? {
                calls.push((call, name, &item.columns));
            }
            Ok(())
        });
        self.level.lateral_active = false;
        analyzed?;
        self.check_definitions(range, calls.len())?;
        if let ([_, ..], [call]) = (range.columns.as_slice(), calls.as_mut_slice()) {
            call.2 = &range.columns;
        }
        let uses_columns = calls
            .iter()
            .any(|(call, ..)| call.any(&mut |part| matches!(part, Expr::Var(var) if var.levels_up == 0)));
        let first_name = calls.first().map_or_else(|| "".into(), |(_, name, _)| name.clone());
        let single = (calls.len() == 1)
            .then(|| range.alias.as_ref().map(|alias| shared(&alias.name)))
            .flatten();
        let mut columns = Vec::new();
        let mut functions = Vec::with_capacity(calls.len());
        for (expr, name, definitions) in calls {
            let own = self.function_columns(&expr, &name, single.as_ref(), definitions)?;
            functions.push(RangeTableFunction {
                expr,
                columns: own.len(),
                has_definition: !definitions.is_empty(),
            });
            columns.extend(own);
        }
        if range.ordinality {
            columns.push(rte_column("ordinality".into(), Oid::INT8, -1));
        }
        let kind = RangeTableKind::Function {
            functions,
            ordinality: range.ordinality,
        };
        let mut entry = new_entry(kind, first_name, columns);
        entry.alias = range.alias.as_ref().map(alias_node);
        entry.lateral = range.lateral || uses_columns;
        apply_alias(&mut entry, range.alias.as_ref())?;
        Ok(self.add_item(entry, None))
    }

    /// The calls an item stands for: `unnest(a, b)` is one call an argument.
    fn function_items(&mut self, function: &ast::Expr) -> Result<Vec<(Expr, Name)>> {
        let name = column_name(function);
        if let ast::Expr::FuncCall(call) = function
            && call.name == ["unnest"]
            && call.args.len() > 1
            && call.agg_order.is_empty()
            && call.agg_filter.is_none()
            && call.over.is_none()
            && !call.func_variadic
        {
            let parts = call.args.iter().map(|arg| {
                let mut part = call.clone();
                part.name = vec!["pg_catalog".into(), "unnest".into()];
                part.args = vec![arg.clone()];
                Ok((self.top_level_call(&ast::Expr::FuncCall(part))?, name.clone()))
            });
            return parts.collect();
        }
        Ok(vec![(self.top_level_call(function)?, name)])
    }

    fn top_level_call(&mut self, function: &ast::Expr) -> Result<Expr> {
        let expr = self.expression(function, ExprKind::FromFunction)?;
        let mut nested = None;
        expr.for_each_child(&mut |child| {
            child.visit(&mut |part| {
                if matches!(part, Expr::Func(call) if call.returns_set) {
                    nested = nested.or(expr_location(part));
                }
            });
        });
        match nested {
            Some(at) => Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "set-returning functions must appear at top level of FROM",
            )
            .at(at)),
            None => Ok(expr),
        }
    }

    /// Column definitions go with one function, and not with WITH ORDINALITY.
    fn check_definitions(&self, range: &ast::RangeFunction, calls: usize) -> Result<()> {
        let Some(first) = range.columns.first() else {
            return Ok(());
        };
        let at = position(first.location);
        let refuse = |message: &str, hint: &str| Err(Error::new(SqlState::SYNTAX_ERROR, message).hint(hint).at(at));
        if calls != 1 {
            return match range.is_rows_from {
                true => refuse(
                    "ROWS FROM() with multiple functions cannot have a column definition list",
                    "Put a separate column definition list for each function inside ROWS FROM().",
                ),
                false => refuse(
                    "UNNEST() with multiple arguments cannot have a column definition list",
                    "Use separate UNNEST() calls inside ROWS FROM(), and attach a column definition list to each one.",
                ),
            };
        }
        if range.ordinality {
            return refuse(
                "WITH ORDINALITY cannot be used with a column definition list",
                "Put the column definition list inside ROWS FROM().",
            );
        }
        Ok(())
    }

    /// The columns one call gives.
    fn function_columns(
        &mut self,
        call: &Expr,
        name: &Name,
        alias: Option<&Name>,
        definitions: &[ast::ColumnDef],
    ) -> Result<Vec<RteColumn>> {
        let outputs = self.output_types(call)?;
        let result = call.type_oid();
        if let Some(first) = definitions.first() {
            let at = position(first.location);
            let refuse = |message: &str| Err(Error::new(SqlState::SYNTAX_ERROR, message).at(at));
            if result != Oid::RECORD {
                return match self.backend.is_composite(result) {
                    true => {
                        refuse("a column definition list is redundant for a function returning a named composite type")
                    }
                    false => refuse("a column definition list is only allowed for functions returning \"record\""),
                };
            }
            if !outputs.is_empty() {
                return refuse("a column definition list is redundant for a function with OUT parameters");
            }
            return self.defined_columns(definitions);
        }
        if result == Oid::RECORD {
            if outputs.is_empty() {
                return Err(Error::new(
                    SqlState::SYNTAX_ERROR,
                    "a column definition list is required for functions returning \"record\"",
                )
                .at(expr_location(call)));
            }
            return Ok(outputs
                .into_iter()
                .map(|(name, oid)| rte_column(name, oid, -1))
                .collect());
        }
        if let Some(fields) = self.backend.composite_fields(result) {
            let column =
                |field: crate::catalog::CompositeField| rte_column(field.name, field.type_oid, field.type_modifier);
            return Ok(fields.into_iter().map(column).collect());
        }
        if self.backend.type_kind(result) == Some(TypeKind::Pseudo) && result != Oid::VOID && result != Oid::UNKNOWN {
            return Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!(
                    "function \"{name}\" in FROM has unsupported return type {}",
                    self.backend.format_type(result)
                ),
            )
            .at(expr_location(call)));
        }
        // One column: named after the OUT parameter, else the alias, else the function.
        let own = match outputs.into_iter().next() {
            Some((output, _)) if !output.is_empty() => output,
            _ => alias.unwrap_or(name).clone(),
        };
        Ok(vec![rte_column(own, result, call.type_modifier())])
    }

    /// OUT and TABLE columns of a call, polymorphic ones with the types they have in it.
    fn output_types(&self, call: &Expr) -> Result<Vec<(Name, Oid)>> {
        let Expr::Func(call) = call else { return Ok(Vec::new()) };
        let Some(callable) = self.backend.callable(call.function) else {
            return Ok(Vec::new());
        };
        let outputs = callable.output_columns();
        if !outputs.iter().any(|(_, oid)| is_polymorphic(*oid)) {
            return Ok(outputs);
        }
        let inputs: Vec<Oid> = call.args.iter().map(Expr::type_oid).collect();
        let resolved = self.backend.resolve_polymorphic(&inputs, &callable.input_types())?;
        let actual = outputs
            .into_iter()
            .map(|(name, oid)| Ok((name, self.backend.polymorphic_type(&resolved, oid)?)));
        actual.collect()
    }

    fn defined_columns(&mut self, definitions: &[ast::ColumnDef]) -> Result<Vec<RteColumn>> {
        let mut columns: Vec<RteColumn> = Vec::with_capacity(definitions.len());
        for definition in definitions {
            if columns.iter().any(|column| *column.name == *definition.name) {
                return Err(Error::new(
                    SqlState::DUPLICATE_COLUMN,
                    format!("column name \"{}\" specified more than once", definition.name),
                ));
            }
            let Some(type_name) = &definition.type_name else {
                continue;
            };
            let (type_oid, modifier) = self.backend.resolve_type_name(type_name)?;
            columns.push(rte_column(shared(&definition.name), type_oid, modifier));
        }
        Ok(columns)
    }
}

fn rte_column(name: Name, type_oid: Oid, type_modifier: i32) -> RteColumn {
    RteColumn {
        name,
        type_oid,
        type_modifier,
        collation: Oid::INVALID,
    }
}
