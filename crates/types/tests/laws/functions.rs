//! The laws of built-in functions: none panics whatever it is given, and a kernel over columns gives what its
//! function gives row by row.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kumquat_types::{
    Call, Column, Datum, Error, Implementation, Kernel, Oid, Proc, Result, ScalarFunction, catalog, io,
};

use crate::session::Session;
use crate::values;

/// Calls of a function with these many arguments at most are tried with all values, others with some.
const MOST_CALLS: usize = 150;
/// Gives as many rows as it is asked for.
const LONG: &str = "generate_series";

#[test]
fn a_kernel_gives_what_its_function_gives_row_by_row() {
    let known: HashMap<Oid, Vec<Datum>> = values::all().collect();
    let mut tried = 0;
    for proc in catalog::all_procs() {
        let Implementation::Vector(scalar, kernel) = proc.implementation else {
            continue;
        };
        let Some(rows) = rows(proc, &known, true) else {
            panic!("no values for {} {:?}", proc.name, proc.args)
        };
        check_kernel(proc, scalar, kernel, &rows);
        tried += 1;
    }
    assert!(tried > 100, "{tried} kernels");
}

/// All rows at once if none fails; then each row by itself, for the errors.
fn check_kernel(proc: &Proc, scalar: ScalarFunction, kernel: Kernel, rows: &[Vec<Datum>]) {
    let by_row: Vec<Result<Datum>> = rows.iter().map(|row| call(proc, scalar, row)).collect();
    let succeed: Vec<usize> = (0..rows.len()).filter(|row| by_row[*row].is_ok()).collect();
    let good: Vec<Vec<Datum>> = succeed.iter().map(|row| rows[*row].clone()).collect();
    let column = run(proc, kernel, &good).unwrap_or_else(|error| panic!("{}: {error:?}", proc.name));
    for (at, row) in succeed.iter().enumerate() {
        let expected = shown(proc, &by_row[*row]);
        assert_eq!(
            shown(proc, &Ok(column.get(at))),
            expected,
            "{}",
            named(proc, &rows[*row])
        );
    }
    for (row, expected) in rows.iter().zip(&by_row) {
        let alone = run(proc, kernel, std::slice::from_ref(row)).map(|column| column.get(0));
        assert_eq!(shown(proc, &alone), shown(proc, expected), "{}", named(proc, row));
    }
}

fn run(proc: &Proc, kernel: Kernel, rows: &[Vec<Datum>]) -> Result<Column> {
    let column = |at: usize| Column::from_datums(proc.args[at], rows.iter().map(|row| row[at].clone()));
    let columns: Vec<Column> = (0..proc.args.len()).map(column).collect();
    kernel(&columns.iter().collect::<Vec<_>>(), rows.len())
}

#[test]
fn no_function_panics_whatever_it_is_given() {
    let known: HashMap<Oid, Vec<Datum>> = values::all().collect();
    let mut faults = Vec::new();
    let mut tried = 0;
    for proc in catalog::all_procs().iter().filter(|proc| proc.name != LONG) {
        let run: &dyn Fn(&[Datum]) = match proc.implementation {
            Implementation::Scalar(scalar) | Implementation::Vector(scalar, _) => &move |row| {
                if let Ok(value) = call(proc, scalar, row) {
                    io::output(&Session, proc.result, &value);
                }
            },
            Implementation::Set(function) => &move |row| {
                if !(proc.strict && row.iter().any(Datum::is_null)) {
                    drop(function(&mut of(proc), row));
                }
            },
            _ => continue,
        };
        for row in rows(proc, &known, !proc.strict).unwrap_or_default() {
            tried += 1;
            if catch_unwind(AssertUnwindSafe(|| run(&row))).is_err() {
                faults.push(named(proc, &row));
                break;
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{} of {tried} calls:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// Rows of arguments: all combinations of values if they are few, else every so many-th. None if there are no
/// values of a type.
fn rows(proc: &Proc, known: &HashMap<Oid, Vec<Datum>>, nulls: bool) -> Option<Vec<Vec<Datum>>> {
    let mut values: Vec<Vec<Datum>> = Vec::new();
    for declared in proc.args {
        let mut of_type = known.get(&stand_in(*declared))?.clone();
        if nulls {
            of_type.push(Datum::Null);
        }
        values.push(of_type);
    }
    let all: usize = values.iter().map(Vec::len).product();
    // A step that shares no factor with small counts, so that all values of each argument come up.
    let step = (all / MOST_CALLS).max(1) | 1;
    let row = |mut number: usize| {
        let value = |values: &Vec<Datum>| {
            let value = values[number % values.len()].clone();
            number /= values.len();
            value
        };
        values.iter().map(value).collect()
    };
    Some((0..all).step_by(step).map(row).collect())
}

/// A type to try a polymorphic argument with.
fn stand_in(declared: Oid) -> Oid {
    match declared {
        Oid::ANY | Oid::ANYELEMENT | Oid::ANYNONARRAY | Oid::ANYCOMPATIBLE | Oid::ANYCOMPATIBLENONARRAY => Oid::INT4,
        Oid::ANYARRAY | Oid::ANYCOMPATIBLEARRAY => Oid::INT4_ARRAY,
        Oid::ANYRANGE => Oid::INT4RANGE,
        Oid::ANYMULTIRANGE => Oid::INT4MULTIRANGE,
        Oid::CSTRING | Oid::UNKNOWN => Oid::TEXT,
        declared => declared,
    }
}

fn call(proc: &Proc, scalar: ScalarFunction, row: &[Datum]) -> Result<Datum> {
    match proc.strict && row.iter().any(Datum::is_null) {
        true => Ok(Datum::Null),
        false => scalar(&mut of(proc), row),
    }
}

/// A call that lives as long as the test.
fn of(proc: &Proc) -> Call<'static> {
    let types: Vec<Oid> = proc.args.iter().copied().map(stand_in).collect();
    Call {
        env: Box::leak(Box::new(Session)),
        arg_types: types.leak(),
        result_type: stand_in(proc.result),
        collation: Oid::INVALID,
        columns: &[],
    }
}

fn shown(proc: &Proc, value: &Result<Datum>) -> String {
    match value {
        Ok(value) => values::shown(proc.result, value),
        Err(error) => error_text(error),
    }
}

fn error_text(error: &Error) -> String {
    format!("ERROR: {}", error.message)
}

fn named(proc: &Proc, row: &[Datum]) -> String {
    let args = proc.args.iter().zip(row);
    let args: Vec<String> = args
        .map(|(declared, value)| values::shown(stand_in(*declared), value))
        .collect();
    format!("{}({})", proc.name, args.join(", "))
}
