//! Type names.

use kumquat_types::{Result, SqlState};

use super::cursor::{Parser, error_at};
use super::names::system_name;
use crate::ast::interval_fields::*;
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::lexer::Tok;

impl Parser<'_> {
    /// Any type, perhaps `SETOF`, perhaps an array.
    pub fn type_name(&mut self) -> Result<TypeName> {
        let setof = self.eat(K::Setof);
        let mut type_name = self.simple_type_name()?;
        self.array_bounds(&mut type_name)?;
        type_name.setof = setof;
        Ok(type_name)
    }

    /// The type of a function's argument or result: also `table.column%TYPE`.
    pub fn func_type(&mut self) -> Result<TypeName> {
        let setof_ahead = usize::from(self.at(K::Setof));
        let mut ahead = setof_ahead + 1;
        while self.at_ahead(ahead, '.') {
            ahead += 2;
        }
        let pct_type = ahead > setof_ahead + 1 && self.at_ahead(ahead, '%');
        if !pct_type {
            return self.type_name();
        }
        let setof = self.eat(K::Setof);
        let location = self.location();
        let mut names = vec![self.type_function_name()?];
        self.attrs(&mut names)?;
        self.expect('%')?;
        self.expect(K::Type)?;
        let mut type_name = type_name_of(names, location);
        type_name.setof = setof;
        type_name.pct_type = true;
        Ok(type_name)
    }

    fn array_bounds(&mut self, type_name: &mut TypeName) -> Result<()> {
        if self.eat(K::Array) {
            let mut size = None;
            if self.eat('[') {
                size = Some(self.iconst()?);
                self.expect(']')?;
            }
            type_name.array_bounds.push(size);
            return Ok(());
        }
        while self.eat('[') {
            let size = match self.at(']') {
                true => None,
                false => Some(self.iconst()?),
            };
            self.expect(']')?;
            type_name.array_bounds.push(size);
        }
        Ok(())
    }

    pub fn simple_type_name(&mut self) -> Result<TypeName> {
        let location = self.location();
        if let Some(K::Interval) = self.keyword() {
            let mut type_name = self.builtin("interval");
            type_name.typmods = match self.at('(') {
                true => self.interval_precision()?,
                false => self.interval_qualifier()?,
            };
            return Ok(type_name);
        }
        if let Some(type_name) = self.standard_type(true)? {
            return Ok(type_name);
        }
        let mut names = vec![self.type_function_name()?];
        self.attrs(&mut names)?;
        let mut type_name = type_name_of(names, location);
        type_name.typmods = self.type_modifiers()?;
        Ok(type_name)
    }

    /// Takes the word and gives the type of PostgreSQL's own that it stands for.
    fn builtin(&mut self, name: &str) -> TypeName {
        let location = self.location();
        self.bump();
        type_name_of(system_name(name), location)
    }

    /// `(expression, ...)`
    fn type_modifiers(&mut self) -> Result<Vec<Expr>> {
        self.optional_list(Self::expr)
    }

    /// A type that the standard spells in its own way, except INTERVAL. Without a length `char` and
    /// `bit` are of length 1, but before a literal (`with_default` is false) of any.
    pub fn standard_type(&mut self, with_default: bool) -> Result<Option<TypeName>> {
        let Some(keyword) = self.keyword() else {
            return Ok(None);
        };
        Ok(Some(match keyword {
            K::Int | K::Integer => self.builtin("int4"),
            K::Smallint => self.builtin("int2"),
            K::Bigint => self.builtin("int8"),
            K::Real => self.builtin("float4"),
            K::Boolean => self.builtin("bool"),
            K::Float => self.float_type()?,
            K::Double if self.at_ahead(1, K::Precision) => {
                let type_name = self.builtin("float8");
                self.bump();
                type_name
            }
            K::Decimal | K::Dec | K::Numeric => {
                let mut type_name = self.builtin("numeric");
                type_name.typmods = self.type_modifiers()?;
                type_name
            }
            K::Bit => self.bit_type(with_default)?,
            K::Character | K::Char | K::Nchar | K::National | K::Varchar => self.character_type(with_default)?,
            K::Timestamp => self.datetime_type("timestamp", "timestamptz")?,
            K::Time => self.datetime_type("time", "timetz")?,
            _ => return Ok(None),
        }))
    }

    /// `FLOAT(precision)`
    fn float_type(&mut self) -> Result<TypeName> {
        let mut type_name = self.builtin("float8");
        if self.eat('(') {
            let location = self.location();
            let precision = self.iconst()?;
            self.expect(')')?;
            let refuse = |what: &str| {
                let message = format!("precision for type float must be {what}");
                Err(error_at(SqlState::INVALID_PARAMETER_VALUE, message, location))
            };
            match precision {
                ..1 => return refuse("at least 1 bit"),
                1..=24 => type_name.names = system_name("float4"),
                25..=53 => {}
                _ => return refuse("less than 54 bits"),
            }
        }
        Ok(type_name)
    }

    fn bit_type(&mut self, with_default: bool) -> Result<TypeName> {
        let mut type_name = self.builtin("bit");
        let varying = self.eat(K::Varying);
        if varying {
            type_name.names = system_name("varbit");
        }
        type_name.typmods = self.type_modifiers()?;
        if type_name.typmods.is_empty() && !varying && with_default {
            type_name.typmods = vec![int_const(1)];
        }
        Ok(type_name)
    }

    fn character_type(&mut self, with_default: bool) -> Result<TypeName> {
        let mut varying = self.at(K::Varchar);
        let national = self.at(K::National);
        let mut type_name = self.builtin("bpchar");
        if national && !self.eat(K::Character) {
            self.expect(K::Char)?;
        }
        varying |= !varying && self.eat(K::Varying);
        if varying {
            type_name.names = system_name("varchar");
        }
        if self.eat('(') {
            let location = self.location();
            let value = Value::Integer(self.iconst()?);
            type_name.typmods = vec![Expr::Const(AConst { value, location })];
            self.expect(')')?;
        } else if !varying && with_default {
            type_name.typmods = vec![int_const(1)];
        }
        Ok(type_name)
    }

    fn datetime_type(&mut self, without_zone: &str, with_zone: &str) -> Result<TypeName> {
        let mut type_name = self.builtin(without_zone);
        if self.eat('(') {
            let location = self.location();
            let value = Value::Integer(self.iconst()?);
            type_name.typmods = vec![Expr::Const(AConst { value, location })];
            self.expect(')')?;
        }
        if self.eat_all(K::WithLa, &[K::Time, K::Zone])? {
            type_name.names = system_name(with_zone);
        } else {
            self.eat_all(K::Without, &[K::Time, K::Zone])?;
        }
        Ok(type_name)
    }

    /// `(precision)` of an interval.
    pub fn interval_precision(&mut self) -> Result<Vec<Expr>> {
        self.expect('(')?;
        let location = self.location();
        let value = Value::Integer(self.iconst()?);
        self.expect(')')?;
        Ok(vec![int_const(FULL_RANGE), Expr::Const(AConst { value, location })])
    }

    /// `YEAR`, `DAY TO SECOND(3)` and so on: a mask of fields, and the precision of seconds.
    pub fn interval_qualifier(&mut self) -> Result<Vec<Expr>> {
        let fields = [
            (K::Year, YEAR),
            (K::Month, MONTH),
            (K::Day, DAY),
            (K::Hour, HOUR),
            (K::Minute, MINUTE),
            (K::Second, SECOND),
        ];
        let Some(first) = self.eat_one_of(&fields) else {
            return Ok(Vec::new());
        };
        let last = match first {
            YEAR if self.eat(K::To) => {
                self.expect(K::Month)?;
                MONTH
            }
            DAY | HOUR | MINUTE if self.eat(K::To) => {
                let finer: Vec<(K, i32)> = fields.iter().filter(|(_, bit)| *bit > first).copied().collect();
                self.expect_one_of(&finer)?
            }
            _ => first,
        };
        let mask = match (first, last) {
            (YEAR, MONTH) => YEAR | MONTH,
            _ => [DAY, HOUR, MINUTE, SECOND]
                .iter()
                .filter(|bit| (first..=last).contains(*bit))
                .fold(first, |mask, bit| mask | bit),
        };
        let mut typmods = vec![int_const(mask)];
        if last == SECOND && self.eat('(') {
            let location = self.location();
            let value = Value::Integer(self.iconst()?);
            typmods.push(Expr::Const(AConst { value, location }));
            self.expect(')')?;
        }
        Ok(typmods)
    }

    /// A literal after a type's name: `date '2024-01-01'`.
    pub fn typed_literal(&mut self, type_name: TypeName) -> Result<Expr> {
        let location = self.location();
        let value = Value::String(self.sconst()?);
        Ok(Expr::TypeCast(Box::new(TypeCast {
            arg: Expr::Const(AConst { value, location }),
            type_name,
            location: Location::UNKNOWN,
        })))
    }

    /// Whether a type of the standard begins here that a literal follows, and not a column that bears
    /// the type's name.
    pub fn at_typed_literal(&self) -> bool {
        let Some(keyword) = self.keyword() else {
            return false;
        };
        let next = self.tok_at(1);
        let literal = matches!(next, Tok::Sconst(_));
        let paren = matches!(next, Tok::Char('('));
        match keyword {
            K::Int | K::Integer | K::Smallint | K::Bigint | K::Real | K::Boolean => literal,
            K::Float | K::Decimal | K::Dec | K::Numeric | K::Interval | K::Varchar => literal || paren,
            K::Bit | K::Character | K::Char | K::Nchar => literal || paren || matches!(next, Tok::Keyword(K::Varying)),
            K::National => matches!(next, Tok::Keyword(K::Character | K::Char)),
            K::Time | K::Timestamp => literal || paren || matches!(next, Tok::Keyword(K::WithLa | K::Without)),
            K::Double => matches!(next, Tok::Keyword(K::Precision)),
            _ => false,
        }
    }
}

/// A type of a name, with nothing added.
pub(super) fn type_name_of(names: Name, location: Location) -> TypeName {
    TypeName {
        names,
        setof: false,
        pct_type: false,
        typmods: Vec::new(),
        array_bounds: Vec::new(),
        location,
    }
}

/// A number that the parser made up.
pub(super) fn int_const(value: i32) -> Expr {
    Expr::Const(AConst {
        value: Value::Integer(value),
        location: Location::UNKNOWN,
    })
}
