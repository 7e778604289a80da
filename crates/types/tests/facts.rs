//! Expressions and what PostgreSQL 15 answers, from `facts/*.txt`.
//!
//! A line is `expression => answer`, where an expression is a typed literal (`date '2024-02-29'`, `NULL`), a
//! call `make_date(int4 '2024', int4 '2', int4 '29')`, an operator between two of these, or one of these with
//! a cast `::type`. Rows of a set are joined by `; `, newlines are `\n`, errors are
//! `ERROR: message | DETAIL: ... | HINT: ... | CONTEXT: ...`. `set name = value` changes a setting.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;

use kumquat_types::{
    Call, CastMethod, Datum, Environment, Error, Implementation, Oid, Proc, RecordValue, Result, SqlState, UserType,
    builtin_type, builtin_type_by_name, find_cast, io, lookup_procs, operators, proc_by_oid,
};

struct Session(HashMap<String, String>);

impl Environment for Session {
    fn transaction_timestamp(&self) -> i64 {
        0
    }
    fn statement_timestamp(&self) -> i64 {
        0
    }
    fn clock_timestamp(&mut self) -> i64 {
        0
    }
    fn random(&mut self) -> f64 {
        0.5
    }
    fn setting(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
    fn reg_name(&self, _: Oid, _: u32) -> Option<String> {
        None
    }
    fn reg_lookup(&self, _: Oid, name: &str) -> Result<Oid> {
        Err(Error::internal(name))
    }
    fn user_type(&self, _: Oid) -> Option<UserType> {
        None
    }
}

/// A value, or rows of them.
struct Value {
    type_oid: Oid,
    rows: Vec<Vec<Datum>>,
}

impl Value {
    fn datum(&self) -> Datum {
        self.rows[0][0].clone()
    }
}

struct Parser<'a> {
    session: &'a mut Session,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, prefix: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> &'a str {
        self.skip();
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn expression(&mut self) -> Result<Value> {
        self.skip();
        let left = if self.rest.starts_with(|c: char| "-+~@!|".contains(c)) {
            None
        } else {
            Some(self.term()?)
        };
        self.skip();
        let end = self
            .rest
            .find(|c: char| !"+-*/<>=~!@#%^&|?".contains(c))
            .unwrap_or(self.rest.len());
        if end == 0 {
            return Ok(left.unwrap());
        }
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        let right = self.term()?;
        let args: Vec<Value> = left.into_iter().chain([right]).collect();
        let types: Vec<Oid> = args.iter().map(|arg| arg.type_oid).collect();
        let candidates = operators(name).iter().filter_map(|operator| {
            let unary = !operator.left.is_valid();
            (unary == (args.len() == 1))
                .then(|| proc_by_oid(operator.function))
                .flatten()
        });
        let proc = choose(candidates, &types).unwrap_or_else(|| panic!("no operator {name} {types:?}"));
        self.call(proc, args)
    }

    fn term(&mut self) -> Result<Value> {
        let word = self.word();
        let mut value = if word == "NULL" {
            Value {
                type_oid: Oid::UNKNOWN,
                rows: vec![vec![Datum::Null]],
            }
        } else if self.take("(") {
            let mut args = Vec::new();
            while !self.take(")") {
                args.push(self.term()?);
                self.take(",");
            }
            let types: Vec<Oid> = args.iter().map(|arg| arg.type_oid).collect();
            let proc =
                choose(lookup_procs(word).iter(), &types).unwrap_or_else(|| panic!("no function {word} {types:?}"));
            self.call(proc, args)?
        } else {
            self.literal(word)?
        };
        while self.take("::") {
            let target = builtin_type_by_name(self.word()).unwrap().oid;
            value = self.cast(value, target)?;
        }
        Ok(value)
    }

    fn literal(&mut self, type_name: &str) -> Result<Value> {
        let escaped = self.take("E");
        assert!(self.take("'"), "literal expected: {}", self.rest);
        let mut text = String::new();
        loop {
            let (part, rest) = self.rest.split_once('\'').unwrap();
            text += part;
            self.rest = rest;
            match rest.strip_prefix('\'') {
                Some(rest) => {
                    text.push('\'');
                    self.rest = rest;
                }
                None => break,
            }
        }
        if escaped {
            text = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\");
        }
        let type_oid = builtin_type_by_name(type_name)
            .unwrap_or_else(|| panic!("type {type_name}"))
            .oid;
        let value = io::input(&*self.session, type_oid, -1, &text)?;
        Ok(Value {
            type_oid,
            rows: vec![vec![value]],
        })
    }

    fn cast(&mut self, value: Value, target: Oid) -> Result<Value> {
        let method = find_cast(value.type_oid, target).map_or(CastMethod::InOut, |cast| cast.method);
        let datum = value.datum();
        let rows = match method {
            _ if datum.is_null() => vec![vec![Datum::Null]],
            CastMethod::Binary => value.rows,
            CastMethod::Function(function) => {
                return self.call(proc_by_oid(function).unwrap(), vec![value]);
            }
            CastMethod::InOut => {
                let text = io::output(&*self.session, value.type_oid, &datum).into_owned();
                vec![vec![io::input(&*self.session, target, -1, &text)?]]
            }
        };
        Ok(Value { type_oid: target, rows })
    }

    fn call(&mut self, proc: &Proc, args: Vec<Value>) -> Result<Value> {
        let mut types: Vec<Oid> = args.iter().map(|arg| arg.type_oid).collect();
        let result_type = result_type(proc, &types);
        let mut values: Vec<Datum> = args.iter().map(Value::datum).collect();
        // A VARIADIC argument that is not "any" arrives as an array.
        if proc.variadic.is_valid() && proc.variadic != Oid::ANY {
            let fixed = proc.args.len() - 1;
            let element = match proc.variadic {
                Oid::ANYELEMENT | Oid::ANYCOMPATIBLE => types[fixed],
                element => element,
            };
            let spread = types
                .get(fixed)
                .is_some_and(|t| builtin_type(*t).unwrap().element != element);
            if spread {
                let rest = values.split_off(fixed);
                values.push(Datum::Array(kumquat_types::ArrayValue::vector(element, rest).into()));
                types.truncate(fixed);
                types.push(builtin_type(element).unwrap().array);
            }
        }
        if proc.strict && values.iter().any(Datum::is_null) {
            return Ok(Value {
                type_oid: result_type,
                rows: vec![vec![Datum::Null]],
            });
        }
        // A length coercion function is called with the modifier and whether the cast is explicit.
        while values.len() < proc.args.len() {
            let default = (values.len() + proc.defaults.len()).checked_sub(proc.args.len());
            let default = default.and_then(|i| proc.defaults.get(i));
            values.push(match proc.args[values.len()] {
                Oid::BOOL => Datum::Bool(default == Some(&"true")),
                Oid::TEXT => Datum::from(default.unwrap().trim_matches('\'')),
                Oid::JSONB => io::input(&*self.session, Oid::JSONB, -1, "{}")?,
                _ => Datum::Int4(-1),
            });
        }
        let mut call = Call {
            env: &mut *self.session,
            arg_types: &types,
            result_type,
            collation: Oid::INVALID,
            columns: &[],
        };
        let rows = match proc.implementation {
            Implementation::Scalar(function) | Implementation::Vector(function, _) => {
                vec![vec![function(&mut call, &values)?]]
            }
            Implementation::Set(function) => function(&mut call, &values)?,
            _ => return Err(Error::not_modelled(proc.internal)),
        };
        let type_oid = result_type;
        Ok(match proc.out_types {
            [_, _, ..] => Value {
                type_oid: Oid::RECORD,
                rows: rows.into_iter().map(|row| vec![record(row, proc.out_types)]).collect(),
            },
            [only] => Value { type_oid: *only, rows },
            [] => Value { type_oid, rows },
        })
    }
}

fn record(values: Vec<Datum>, types: &[Oid]) -> Datum {
    Datum::Record(
        RecordValue {
            values,
            types: types.iter().map(|&oid| (oid, -1)).collect(),
            names: [].into(),
        }
        .into(),
    )
}

fn polymorphic(oid: Oid) -> bool {
    builtin_type(oid).is_some_and(|t| t.name.starts_with("any"))
}

/// The candidate that fits best: exact types before polymorphic and compatible ones.
fn choose<'a>(candidates: impl Iterator<Item = &'a Proc>, types: &[Oid]) -> Option<&'a Proc> {
    let fits = |declared: Oid, actual: Oid| {
        let kind = builtin_type(actual).unwrap();
        match declared {
            _ if declared == actual => Some(0),
            _ if actual == Oid::UNKNOWN => Some(1),
            Oid::ANYARRAY | Oid::ANYCOMPATIBLEARRAY => kind.element.is_valid().then_some(2),
            Oid::ANYRANGE => (kind.category == b'R' && !kind.name.contains("multi")).then_some(2),
            Oid::ANYMULTIRANGE => kind.name.contains("multirange").then_some(2),
            Oid::ANYNONARRAY => (!kind.element.is_valid()).then_some(3),
            Oid::ANY | Oid::ANYELEMENT | Oid::ANYCOMPATIBLE => Some(4),
            _ => {
                let cast = find_cast(actual, declared)?;
                (cast.context == kumquat_types::CastContext::Implicit).then_some(5)
            }
        }
    };
    candidates
        .filter_map(|proc| {
            let least = proc.args.len() - proc.defaults.len();
            let variadic = proc.variadic.is_valid();
            if types.len() < least.saturating_sub(usize::from(variadic)) || !variadic && types.len() > proc.args.len() {
                return None;
            }
            let mut cost = usize::from(variadic);
            for (i, &actual) in types.iter().enumerate() {
                let declared = proc.args.get(i).or(proc.args.last()).copied()?;
                let last = i + 1 >= proc.args.len();
                cost += match fits(declared, actual) {
                    Some(cost) => cost,
                    None if variadic && last => fits(proc.variadic, actual)? + 1,
                    None => return None,
                };
            }
            Some((cost, proc))
        })
        .min_by_key(|(cost, _)| *cost)
        .map(|(_, proc)| proc)
}

fn result_type(proc: &Proc, types: &[Oid]) -> Oid {
    if !polymorphic(proc.result) {
        return proc.result;
    }
    let pairs = || proc.args.iter().zip(types);
    let array_of = |element: Oid| builtin_type(element).map_or(Oid::INVALID, |t| t.array);
    let find = |wanted: &[Oid]| {
        pairs()
            .find(|(d, a)| wanted.contains(d) && **a != Oid::UNKNOWN)
            .map(|(_, a)| *a)
    };
    let array = find(&[Oid::ANYARRAY, Oid::ANYCOMPATIBLEARRAY]);
    let element = find(&[Oid::ANYELEMENT, Oid::ANYCOMPATIBLE, Oid::ANYNONARRAY]);
    let range = find(&[Oid::ANYRANGE]);
    let multirange = find(&[Oid::ANYMULTIRANGE]);
    let subtype = |oid: Oid| {
        let name = builtin_type(oid)
            .unwrap()
            .name
            .replace("multirange", "")
            .replace("range", "");
        let name = match name.as_str() {
            "num" => "numeric",
            "ts" => "timestamp",
            "tstz" => "timestamptz",
            name => name,
        };
        builtin_type_by_name(name).unwrap().oid
    };
    let swap = |oid: Oid, from: &str, to: &str| {
        let name = builtin_type(oid).unwrap().name.replace(from, to);
        builtin_type_by_name(&name).unwrap().oid
    };
    match proc.result {
        Oid::ANYARRAY | Oid::ANYCOMPATIBLEARRAY => array.or(element.map(array_of)).unwrap(),
        Oid::ANYRANGE => range.or(multirange.map(|m| swap(m, "multirange", "range"))).unwrap(),
        Oid::ANYMULTIRANGE => multirange.or(range.map(|r| swap(r, "range", "multirange"))).unwrap(),
        _ => element
            .or(array.map(|a| builtin_type(a).unwrap().element))
            .or(range.or(multirange).map(subtype))
            .unwrap(),
    }
}

fn answer(session: &mut Session, expression: &str) -> String {
    let mut parser = Parser {
        session,
        rest: expression,
    };
    let result = parser.expression();
    let shown = |type_oid: Oid, datum: &Datum| match datum {
        Datum::Null => "NULL".to_string(),
        datum => io::output(&*session, type_oid, datum).replace('\n', "\\n"),
    };
    match result {
        Ok(value) => {
            let rows = value.rows.iter().map(|row| shown(value.type_oid, &row[0]));
            rows.collect::<Vec<_>>().join("; ")
        }
        Err(error) => {
            assert_ne!(error.sqlstate, SqlState::INTERNAL_ERROR, "{expression}: {error:?}");
            let mut text = format!("ERROR: {}", error.message);
            for (label, part) in [
                ("DETAIL", &error.detail),
                ("HINT", &error.hint),
                ("CONTEXT", &error.context),
            ] {
                if let Some(part) = part {
                    text += &format!(" | {label}: {part}");
                }
            }
            text.replace('\n', "\\n")
        }
    }
}

fn check(facts: &str) {
    let mut session = Session(HashMap::from([
        ("timezone".into(), "UTC".into()),
        ("datestyle".into(), "ISO, MDY".into()),
    ]));
    let mut wrong = Vec::new();
    for line in facts.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(setting) = line.strip_prefix("set ") {
            let (name, value) = setting.split_once(" = ").unwrap();
            session.0.insert(name.into(), value.trim_matches('\'').into());
            continue;
        }
        let (expression, expected) = line.split_once(" => ").unwrap();
        let answer = answer(&mut session, expression);
        if answer != expected {
            wrong.push(format!("{expression}\n  expected {expected}\n  but got  {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! facts {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(include_str!(concat!("facts/", stringify!($name), ".txt")));
            }
        )*
    };
}

facts! {
    jsonpath
    ranges
    others
    json
    arrays
    encodings
    formatting
    dates
    intervals
    numbers
    patterns
    strings
    zones
}
