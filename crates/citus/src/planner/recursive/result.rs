//! The query that stands for a subplan: it reads the rows that the subplan has left.

use kumquat_postgres::query::expr::FuncExpr;
use kumquat_postgres::query::{Alias, Expr, FuncForm, Query, RangeTableEntry, RangeTableFunction, RangeTableKind};
use kumquat_types::{Datum, Oid};

use crate::cluster::types;
use crate::functions::signatures::proc_by_name;
use crate::planner::rewrite;

/// Dropped columns keep their places as NULLs.
pub fn fill_dropped(query: &mut Query, entry: &RangeTableEntry) {
    let live = std::mem::take(&mut query.target_list);
    let mut live = live.into_iter();
    for (number, column) in (1..).zip(&entry.columns) {
        let mut target = match column.name.is_empty() {
            true => rewrite::target(number, "?dropped?", Expr::null(Oid::INT4)),
            false => match live.next() {
                Some(target) => target,
                None => continue,
            },
        };
        target.number = number;
        query.target_list.push(target);
    }
}

/// `SELECT columns FROM read_intermediate_result('N_1', 'binary') intermediate_result (columns)`.
pub fn read_result(name: &str, query: &Query) -> Query {
    let mut columns = rewrite::output_columns(query);
    for (number, column) in (1..).zip(&mut columns) {
        if column.name.is_empty() {
            column.name = format!("column{number}").into();
        }
    }
    let format = types::enum_value(types::COPY_FORMAT, "binary").map_or(Datum::Null, Datum::Enum);
    let call = FuncExpr {
        function: proc_by_name("read_intermediate_result").map_or(Oid::INVALID, |proc| proc.oid),
        args: vec![
            Expr::constant(Datum::from(name), Oid::TEXT),
            Expr::constant(format, types::COPY_FORMAT),
        ],
        result: Oid::RECORD,
        returns_set: true,
        variadic: false,
        unwritten: Vec::new(),
        form: FuncForm::Call,
        type_modifier: -1,
        location: None,
    };
    let function = RangeTableFunction {
        expr: Expr::Func(Box::new(call)),
        columns: columns.len(),
        has_definition: true,
    };
    let kind = RangeTableKind::Function {
        functions: vec![function],
        ordinality: false,
    };
    let mut entry = rewrite::entry(kind, "intermediate_result", columns);
    entry.alias = Some(Alias {
        name: "intermediate_result".into(),
        columns: Vec::new(),
    });
    let mut result = rewrite::select_all(entry);
    result.has_set_functions = true;
    result
}
