//! Operators: which one a name and operand types mean, after PostgreSQL's `parse_oper.c`; comparisons of rows.

use kumquat_types::{Error, Oid, Operator, Result, SqlState, operator_by_oid, operators};

use super::coercion::Target;
use super::expressions::comparison;
use super::set_returning::returns_set;
use super::state::Analyzer;
use crate::backend::Backend;
use crate::query::{BoolOp, Expr, RowCompareOp};

/// Why no operator was found.
enum Missing {
    NotFound,
    Ambiguous,
}

impl Backend<'_> {
    fn operators_named(&self, names: &[String]) -> &'static [Operator] {
        let (schema, name) = match names {
            [schema, name] => (Some(schema.as_str()), name.as_str()),
            [.., name] => (None, name.as_str()),
            [] => (None, ""),
        };
        match schema {
            Some(schema) if schema != "pg_catalog" => &[],
            // It is always searched.
            _ => operators(name),
        }
    }

    /// A binary operator with exactly these operand types (`OpernameGetOprid`).
    pub fn exact_operator(&self, name: &str, left: Oid, right: Oid) -> Option<&'static Operator> {
        operators(name)
            .iter()
            .find(|operator| operator.left == left && operator.right == right)
    }

    /// The operator for two operand types; untyped literals are taken for the other operand's type first.
    fn binary_operator(&self, names: &[String], left: Oid, right: Oid) -> Result<&'static Operator, Missing> {
        let candidates: Vec<&'static Operator> = self
            .operators_named(names)
            .iter()
            .filter(|operator| operator.left.is_valid())
            .collect();
        let exact = |left: Oid, right: Oid| {
            let mut candidates = candidates.iter();
            candidates.find(|operator| operator.left == left && operator.right == right)
        };
        let (known_left, known_right) = match (left, right) {
            (Oid::UNKNOWN, right) => (right, right),
            (left, Oid::UNKNOWN) => (left, left),
            both => both,
        };
        if let Some(found) = exact(known_left, known_right) {
            return Ok(found);
        }
        if left == Oid::UNKNOWN || right == Oid::UNKNOWN {
            let base = self.base_type(known_left);
            if let Some(found) = exact(base, base) {
                return Ok(found);
            }
        }
        let args: Vec<[Oid; 2]> = candidates
            .iter()
            .map(|operator| [operator.left, operator.right])
            .collect();
        self.select_operator(
            &[left, right],
            &candidates,
            &args.iter().map(<[Oid; 2]>::as_slice).collect::<Vec<_>>(),
        )
    }

    fn prefix_operator(&self, names: &[String], arg: Oid) -> Result<&'static Operator, Missing> {
        let candidates: Vec<&'static Operator> = self
            .operators_named(names)
            .iter()
            .filter(|operator| !operator.left.is_valid())
            .collect();
        if let Some(found) = candidates.iter().find(|operator| operator.right == arg) {
            return Ok(found);
        }
        let args: Vec<[Oid; 1]> = candidates.iter().map(|operator| [operator.right]).collect();
        self.select_operator(
            &[arg],
            &candidates,
            &args.iter().map(<[Oid; 1]>::as_slice).collect::<Vec<_>>(),
        )
    }

    fn select_operator(
        &self,
        inputs: &[Oid],
        candidates: &[&'static Operator],
        args: &[&[Oid]],
    ) -> Result<&'static Operator, Missing> {
        let matching = self.matching_candidates(inputs, args);
        let chosen = match matching.as_slice() {
            [] => return Err(Missing::NotFound),
            [one] => Some(*one),
            _ => self.select_candidate(inputs, args, matching),
        };
        let found = chosen.and_then(|at| candidates.get(at).copied());
        found.ok_or(Missing::Ambiguous)
    }

    fn operator_error(
        &self,
        names: &[String],
        left: Option<Oid>,
        right: Oid,
        missing: &Missing,
        at: Option<u32>,
    ) -> Error {
        let name = names.join(".");
        let signature = match left {
            Some(left) => format!("{} {name} {}", self.format_type(left), self.format_type(right)),
            None => format!("{name} {}", self.format_type(right)),
        };
        match missing {
            Missing::Ambiguous => Error::new(
                SqlState::AMBIGUOUS_FUNCTION,
                format!("operator is not unique: {signature}"),
            )
            .hint("Could not choose a best candidate operator. You might need to add explicit type casts."),
            Missing::NotFound => Error::new(
                SqlState::UNDEFINED_FUNCTION,
                format!("operator does not exist: {signature}"),
            )
            .hint(match left {
                Some(_) => {
                    "No operator matches the given name and argument types. You might need to add explicit type casts."
                }
                None => {
                    "No operator matches the given name and argument type. You might need to add an explicit type cast."
                }
            }),
        }
        .at(at)
    }

    /// The equality operator of a type's default operator class, 0 if it has none.
    pub fn equality_operator(&self, type_oid: Oid) -> Oid {
        self.class_operator("=", type_oid)
            .filter(|_| is_hashable_or_ordered(self.class_type(type_oid)))
            .unwrap_or_default()
    }

    /// The `<` of a type's default btree operator class, if it has one.
    pub fn ordering_operator(&self, type_oid: Oid) -> Option<Oid> {
        self.class_operator("<", type_oid)
            .filter(|_| is_ordered(self.class_type(type_oid)))
    }

    /// An operator of the type's default operator class by its name.
    pub fn class_operator(&self, name: &str, type_oid: Oid) -> Option<Oid> {
        let class = self.class_type(type_oid);
        Some(self.exact_operator(name, class, class)?.oid)
    }

    /// The type whose default operator class serves a type.
    fn class_type(&self, type_oid: Oid) -> Oid {
        use kumquat_types::TypeKind;
        let base = self.base_type(type_oid);
        match base {
            Oid::VARCHAR | Oid::UNKNOWN | Oid::REFCURSOR => Oid::TEXT,
            Oid::CIDR => Oid::INET,
            Oid::OIDVECTOR | Oid::INT2VECTOR => base,
            Oid::RECORD => Oid::RECORD,
            _ if kumquat_types::io::is_reg_type(base) => Oid::OID,
            _ if self.array_element(base).is_some() => Oid::ANYARRAY,
            _ => match self.type_kind(base) {
                Some(TypeKind::Enum) => Oid::ANYENUM,
                Some(TypeKind::Range) => Oid::ANYRANGE,
                Some(TypeKind::Multirange) => Oid::ANYMULTIRANGE,
                Some(TypeKind::Composite) => Oid::RECORD,
                _ => base,
            },
        }
    }

    /// Whether values of the type can be hashed for grouping and joins.
    pub fn can_order(&self, type_oid: Oid) -> bool {
        self.ordering_operator(type_oid).is_some()
    }
}

/// Types with a default btree operator class are all that have `<`, but for these.
fn is_ordered(class: Oid) -> bool {
    !matches!(
        class,
        Oid::POINT | Oid::LSEG | Oid::PATH | Oid::BOX | Oid::POLYGON | Oid::LINE | Oid::CIRCLE | Oid::XID | Oid::CID
    )
}

fn is_hashable_or_ordered(class: Oid) -> bool {
    is_ordered(class) || matches!(class, Oid::XID | Oid::CID)
}

impl Analyzer<'_, '_> {
    /// `left name right` or `name right` (`make_op`).
    pub fn make_operator(
        &mut self,
        names: &[String],
        left: Option<Expr>,
        right: Expr,
        at: Option<u32>,
    ) -> Result<Expr> {
        let right_type = right.type_oid();
        let left_type = left.as_ref().map(Expr::type_oid);
        let found = match left_type {
            Some(left) => self.backend.binary_operator(names, left, right_type),
            None => self.backend.prefix_operator(names, right_type),
        };
        let operator =
            found.map_err(|missing| self.backend.operator_error(names, left_type, right_type, &missing, at))?;
        let args: Vec<Expr> = left.into_iter().chain([right]).collect();
        let declared: Vec<Oid> = [operator.left, operator.right]
            .into_iter()
            .filter(|oid| oid.is_valid())
            .collect();
        let (args, result) = self.coerce_arguments(args, &declared, operator.result)?;
        let set = self
            .backend
            .callable(operator.function)
            .is_some_and(|function| function.returns_set());
        if set {
            self.set_function_allowed(at)?;
        }
        Ok(Expr::Op(comparison(operator.oid, result, args, at)))
    }

    /// Arguments to their declared types, polymorphic ones found out, and the result type
    /// (`enforce_generic_type_consistency` and `make_fn_arguments`).
    pub fn coerce_arguments(&mut self, args: Vec<Expr>, declared: &[Oid], result: Oid) -> Result<(Vec<Expr>, Oid)> {
        let inputs: Vec<Oid> = args.iter().map(Expr::type_oid).collect();
        let generic = |oid: &Oid| super::polymorphic::is_polymorphic(*oid);
        if !declared.iter().any(generic) && !generic(&result) {
            let coerced = args.into_iter().zip(declared);
            let coerced = coerced.map(|(arg, &declared)| self.coerce_type(arg, Target::implicit(declared)));
            return Ok((coerced.collect::<Result<_>>()?, result));
        }
        let resolved = self.backend.resolve_polymorphic(&inputs, declared)?;
        let mut coerced = Vec::with_capacity(args.len());
        for (arg, &declared) in args.into_iter().zip(declared) {
            let actual = match generic(&declared) && arg.type_oid() != Oid::UNKNOWN && !is_compatible_family(declared) {
                true => declared,
                false => self.backend.polymorphic_type(&resolved, declared)?,
            };
            coerced.push(self.coerce_type(arg, Target::implicit(actual))?);
        }
        let result = self.backend.polymorphic_type(&resolved, result)?;
        Ok((coerced, result))
    }

    /// `left op ANY (right)` where the right side is an array (`make_scalar_array_op`).
    pub fn scalar_array_operator(
        &mut self,
        names: &[String],
        any: bool,
        left: Expr,
        right: Expr,
        at: Option<u32>,
    ) -> Result<Expr> {
        let (left_type, array_type) = (left.type_oid(), right.type_oid());
        let wrong = |message: &str| Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message).at(at));
        let element = match array_type {
            Oid::UNKNOWN => Oid::UNKNOWN,
            array => match self.backend.subscript_element(self.backend.base_type(array)) {
                Some(element) => element,
                None => return wrong("op ANY/ALL (array) requires array on right side"),
            },
        };
        let operator = self
            .backend
            .binary_operator(names, left_type, element)
            .map_err(|missing| {
                self.backend
                    .operator_error(names, Some(left_type), element, &missing, at)
            })?;
        if operator.result != Oid::BOOL {
            return wrong("op ANY/ALL (array) requires operator to yield boolean");
        }
        let resolved = self
            .backend
            .resolve_polymorphic(&[left_type, element], &[operator.left, operator.right])?;
        let left_target = self.backend.polymorphic_type(&resolved, operator.left)?;
        let element_target = self.backend.polymorphic_type(&resolved, operator.right)?;
        let array_target = match super::polymorphic::is_polymorphic(element_target) || element_target == Oid::ANY {
            true => array_type,
            false => self.backend.array_type(element_target),
        };
        if !array_target.is_valid() {
            return Err(Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!(
                    "could not find array type for data type {}",
                    self.backend.format_type(element_target)
                ),
            )
            .at(at));
        }
        let array_target = if element_target == Oid::RECORD {
            array_type
        } else {
            array_target
        };
        let left = self.coerce_type(left, Target::implicit(left_target))?;
        let right = self.coerce_type(right, Target::implicit(array_target))?;
        Ok(Expr::ScalarArrayOp {
            operator: operator.oid,
            any,
            args: Box::new([left, right]),
            location: at,
        })
    }

    /// `left IS DISTINCT FROM right` (`make_distinct_op`).
    pub fn make_distinct(&mut self, names: &[String], left: Expr, right: Expr, at: Option<u32>) -> Result<Expr> {
        let Expr::Op(op) = self.make_operator(names, Some(left), right, at)? else {
            return Err(Error::internal("IS DISTINCT FROM without an operator"));
        };
        if op.result != Oid::BOOL {
            return Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                "IS DISTINCT FROM requires = operator to yield boolean",
            )
            .at(at));
        }
        if op.args.iter().any(returns_set) {
            return Err(Error::new(SqlState::DATATYPE_MISMATCH, "IS DISTINCT FROM must not return a set").at(at));
        }
        Ok(Expr::Distinct(op))
    }

    /// Rows are distinct if any of their columns are (`make_row_distinct_op`).
    pub fn row_distinct(
        &mut self,
        names: &[String],
        left: Vec<Expr>,
        right: Vec<Expr>,
        at: Option<u32>,
    ) -> Result<Expr> {
        check_row_lengths(&left, &right, at)?;
        let mut columns = Vec::with_capacity(left.len());
        for (left, right) in left.into_iter().zip(right) {
            columns.push(self.make_distinct(names, left, right, at)?);
        }
        Ok(match columns.len() {
            0 => Expr::constant(kumquat_types::Datum::Bool(false), Oid::BOOL),
            1 => columns.remove(0),
            _ => Expr::Bool(BoolOp::Or, columns),
        })
    }

    /// `(a, b) op (c, d)` (`make_row_comparison_op`).
    pub fn row_comparison(
        &mut self,
        names: &[String],
        left: Vec<Expr>,
        right: Vec<Expr>,
        at: Option<u32>,
    ) -> Result<Expr> {
        check_row_lengths(&left, &right, at)?;
        if left.is_empty() {
            return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, "cannot compare rows of zero length").at(at));
        }
        let mut columns = Vec::with_capacity(left.len());
        for (left, right) in left.into_iter().zip(right) {
            let Expr::Op(op) = self.make_operator(names, Some(left), right, at)? else {
                return Err(Error::internal("row comparison without an operator"));
            };
            if op.result != Oid::BOOL {
                return Err(Error::new(
                    SqlState::DATATYPE_MISMATCH,
                    format!(
                        "row comparison operator must yield type boolean, not type {}",
                        self.backend.format_type(op.result)
                    ),
                )
                .at(at));
            }
            columns.push(*op);
        }
        if columns.len() == 1 {
            return Ok(Expr::Op(Box::new(columns.remove(0))));
        }
        let name = names.last().map_or("", String::as_str);
        let op = match row_compare_operator(name) {
            Some(op) => op,
            None => {
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    format!("could not determine interpretation of row comparison operator {name}"),
                )
                .hint("Row comparison operators must be associated with btree operator families.")
                .at(at));
            }
        };
        let columns = columns.into_iter().map(|op| Expr::Op(Box::new(op)));
        match op {
            RowCompareOp::Equal => Ok(Expr::Bool(BoolOp::And, columns.collect())),
            RowCompareOp::NotEqual => Ok(Expr::Bool(BoolOp::Or, columns.collect())),
            op => {
                let mut row = (Vec::new(), Vec::new(), Vec::new());
                for column in columns {
                    let Expr::Op(column) = column else { continue };
                    row.0.push(column.operator);
                    let mut args = column.args.into_iter();
                    row.1.extend(args.next());
                    row.2.extend(args.next());
                }
                Ok(Expr::RowCompare {
                    op,
                    operators: row.0,
                    left: row.1,
                    right: row.2,
                })
            }
        }
    }

    /// Equality, ordering and its direction for ORDER BY, GROUP BY and kin (`get_sort_group_operators`).
    pub fn check_orderable(&self, expr: &Expr, at: Option<u32>) -> Result<()> {
        let type_oid = expr.type_oid();
        if self.backend.can_order(type_oid) {
            return Ok(());
        }
        Err(Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!(
                "could not identify an ordering operator for type {}",
                self.backend.format_type(type_oid)
            ),
        )
        .hint("Use an explicit ordering operator or modify the query.")
        .at(at))
    }

    pub fn check_equatable(&self, expr: &Expr, at: Option<u32>) -> Result<Oid> {
        let type_oid = expr.type_oid();
        let equality = self.backend.equality_operator(type_oid);
        if equality.is_valid() {
            return Ok(equality);
        }
        Err(Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!(
                "could not identify an equality operator for type {}",
                self.backend.format_type(type_oid)
            ),
        )
        .at(at))
    }

    /// An operator by name for ORDER BY ... USING: ascending or descending.
    pub fn ordering_by_operator(&self, names: &[String], type_oid: Oid, at: Option<u32>) -> Result<bool> {
        let operator = self
            .backend
            .binary_operator(names, type_oid, type_oid)
            .map_err(|missing| {
                self.backend
                    .operator_error(names, Some(type_oid), type_oid, &missing, at)
            })?;
        match operator_by_oid(operator.oid).map(|operator| operator.name) {
            Some("<") => Ok(false),
            Some(">") => Ok(true),
            _ => Err(Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!("operator {} is not a valid ordering operator", names.join(".")),
            )
            .hint("Ordering operators must be \"<\" or \">\" members of btree operator families.")
            .at(at)),
        }
    }
}

fn check_row_lengths(left: &[Expr], right: &[Expr], at: Option<u32>) -> Result<()> {
    if left.len() == right.len() {
        return Ok(());
    }
    Err(Error::new(SqlState::SYNTAX_ERROR, "unequal number of entries in row expressions").at(at))
}

/// The comparison that an operator of the default btree classes is.
pub fn row_compare_operator(name: &str) -> Option<RowCompareOp> {
    Some(match name {
        "<" => RowCompareOp::Less,
        "<=" => RowCompareOp::LessEqual,
        "=" => RowCompareOp::Equal,
        ">=" => RowCompareOp::GreaterEqual,
        ">" => RowCompareOp::Greater,
        "<>" => RowCompareOp::NotEqual,
        _ => return None,
    })
}

fn is_compatible_family(oid: Oid) -> bool {
    matches!(
        oid,
        Oid::ANYCOMPATIBLE
            | Oid::ANYCOMPATIBLEARRAY
            | Oid::ANYCOMPATIBLENONARRAY
            | Oid::ANYCOMPATIBLERANGE
            | Oid::ANYCOMPATIBLEMULTIRANGE
    )
}
