//! One column definition: type, nullability, default, identity, generation; its other constraints.

use std::sync::Arc;

use kumquat_sql::ast::{
    self, ColumnCollation, ColumnDef, ConstraintKind, DefArg, DefElem, DefElemAction, GeneratedWhen, Location, TypeName,
};
use kumquat_types::{Datum, Error, Oid, Result, SqlState, builtin_type};

use crate::analyze::{ExprContext, analyze_expression, resolve_type};
use crate::backend::Backend;
use crate::catalog::naming::truncate_identifier;
use crate::catalog::volatility::is_immutable;
use crate::catalog::{Attribute, DependencyKind, Generated, Identity, Relation};
use crate::commands::{constraint, options, sequence};
use crate::query::expr::{FuncExpr, FuncForm};
use crate::query::{Const, Expr};

/// A column to be made: its attribute, and what is still to be analyzed once the table is there.
#[derive(Clone, Debug)]
pub struct NewColumn {
    /// The number is given when all columns are known.
    pub attribute: Attribute,
    /// DEFAULT or generation expression as written.
    pub default: Option<ast::Expr>,
    /// The same analyzed already: from a parent, or by LIKE.
    pub cooked: Option<Arc<Expr>>,
    /// Of a serial or identity column.
    pub sequence: Option<NewSequence>,
    pub location: Location,
}

#[derive(Clone, Debug)]
pub struct NewSequence {
    pub options: Vec<DefElem>,
    pub type_oid: Oid,
    pub identity: bool,
}

impl NewSequence {
    pub fn dependency(&self) -> DependencyKind {
        match self.identity {
            true => DependencyKind::Internal,
            false => DependencyKind::Auto,
        }
    }
}

/// What a column's definition says, with its constraints as constraints of the table.
pub struct ColumnReading {
    pub column: NewColumn,
    pub constraints: Vec<ast::Constraint>,
}

/// Reads a column definition (`transformColumnDefinition`).
pub fn read(backend: &Backend<'_>, table: &str, def: &ColumnDef) -> Result<ColumnReading> {
    let name = truncate_identifier(&def.name);
    let serial = def.type_name.as_ref().map(serial_type).transpose()?.flatten();
    let (type_oid, modifier) = match (&def.type_name, serial) {
        (_, Some(type_oid)) => (type_oid, -1),
        (Some(type_name), None) => column_type(backend, name, type_name)?,
        (None, None) => (Oid::INVALID, -1),
    };
    let mut attribute = Attribute::new(0, name, type_oid, modifier);
    attribute.storage = storage_of(backend, type_oid);
    if let Some(collation) = &def.collation {
        attribute.collation = column_collation(backend, type_oid, collation)?;
    }
    if let Some(method) = &def.compression {
        attribute.compression = compression(backend, &attribute, method)?;
    }
    let mut reader = Reader {
        table,
        column: NewColumn {
            attribute,
            default: None,
            cooked: None,
            sequence: None,
            location: def.location,
        },
        constraints: Vec::new(),
        saw_nullable: false,
        saw_generated: false,
    };
    let attributes_merged = constraint::attributes::merge(&def.constraints)?;
    for item in &attributes_merged {
        reader.constraint(backend, item)?;
    }
    if let Some(type_oid) = serial {
        reader.serial(type_oid)?;
    }
    Ok(ColumnReading {
        column: reader.column,
        constraints: reader.constraints,
    })
}

/// The integer type behind `serial` and its kin.
fn serial_type(type_name: &TypeName) -> Result<Option<Oid>> {
    let [name] = type_name.names.as_slice() else {
        return Ok(None);
    };
    let type_oid = match name.as_str() {
        _ if type_name.pct_type => return Ok(None),
        "serial" | "serial4" => Oid::INT4,
        "bigserial" | "serial8" => Oid::INT8,
        "smallserial" | "serial2" => Oid::INT2,
        _ => return Ok(None),
    };
    if type_name.array_bounds.is_empty() {
        Ok(Some(type_oid))
    } else {
        Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, "array of serial is not implemented").at(type_name.location))
    }
}

fn column_type(backend: &Backend<'_>, column: &str, type_name: &TypeName) -> Result<(Oid, i32)> {
    if type_name.setof {
        return Err(Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            format!("column \"{column}\" cannot be declared SETOF"),
        ));
    }
    resolve_type(backend, type_name)
}

/// `typstorage` of any type.
pub fn storage_of(backend: &Backend<'_>, type_oid: Oid) -> char {
    match builtin_type(type_oid) {
        Some(builtin) => char::from(builtin.storage),
        None => match backend.user_type(type_oid).map(|user| &user.definition) {
            Some(crate::catalog::TypeDefinition::Enum(_)) => 'p',
            Some(crate::catalog::TypeDefinition::Domain { base, .. }) => storage_of(backend, *base),
            _ => 'x',
        },
    }
}

/// COLLATE of a column: 0 if it is the type's default (`GetColumnDefCollation`).
pub fn column_collation(backend: &Backend<'_>, type_oid: Oid, clause: &ColumnCollation) -> Result<Oid> {
    let collation = crate::catalog::collation::find(&clause.name)?
        .ok_or_else(|| undefined_collation(&clause.name, clause.location))?;
    if !is_collatable(backend, type_oid) {
        return Err(Error::new(
            SqlState::DATATYPE_MISMATCH,
            format!("collations are not supported by type {}", backend.format_type(type_oid)),
        )
        .at(clause.location));
    }
    Ok(collation)
}

pub fn undefined_collation(name: &[String], location: Location) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("collation \"{}\" for encoding \"UTF8\" does not exist", name.join(".")),
    )
    .at(location)
}

pub fn is_collatable(backend: &Backend<'_>, type_oid: Oid) -> bool {
    if let Some(element) = backend.array_element(type_oid) {
        return is_collatable(backend, element);
    }
    match builtin_type(type_oid) {
        Some(builtin) => builtin.collatable,
        None => match backend.user_type(type_oid).map(|user| &user.definition) {
            Some(crate::catalog::TypeDefinition::Domain { base, .. }) => is_collatable(backend, *base),
            _ => false,
        },
    }
}

/// COMPRESSION of a column (`GetAttributeCompression`).
pub fn compression(backend: &Backend<'_>, attribute: &Attribute, method: &str) -> Result<Option<crate::catalog::Name>> {
    if method == "default" {
        return Ok(None);
    }
    if attribute.storage == 'p' {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!(
                "column data type {} does not support compression",
                backend.format_type(attribute.type_oid)
            ),
        ));
    }
    match method {
        "pglz" | "lz4" => Ok(Some(method.into())),
        _ => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("invalid compression method \"{method}\""),
        )),
    }
}

struct Reader<'a> {
    table: &'a str,
    column: NewColumn,
    constraints: Vec<ast::Constraint>,
    saw_nullable: bool,
    saw_generated: bool,
}

impl Reader<'_> {
    /// `WORDS for column "c" of table "t"`.
    fn error(&self, words: &str, location: Location) -> Error {
        let (column, table) = (&self.column.attribute.name, self.table);
        Error::new(
            SqlState::SYNTAX_ERROR,
            format!("{words} for column \"{column}\" of table \"{table}\""),
        )
        .at(location)
    }

    fn nullable(&mut self, not_null: bool, location: Location) -> Result<()> {
        if self.saw_nullable && self.column.attribute.not_null != not_null {
            return Err(self.error("conflicting NULL/NOT NULL declarations", location));
        }
        self.column.attribute.not_null = not_null;
        self.saw_nullable = true;
        Ok(())
    }

    fn constraint(&mut self, backend: &Backend<'_>, item: &ast::Constraint) -> Result<()> {
        let location = item.location;
        match &item.kind {
            ConstraintKind::Null => self.nullable(false, location)?,
            ConstraintKind::NotNull => self.nullable(true, location)?,
            ConstraintKind::Default(expr) => {
                if self.saw_generated {
                    return Err(self.error("both default and generation expression specified", location));
                }
                if self.has_default() {
                    return Err(self.error("multiple default values specified", location));
                }
                self.column.default = Some(expr.clone());
            }
            ConstraintKind::Identity {
                generated_when,
                options,
            } => self.identity(backend, *generated_when, options, location)?,
            ConstraintKind::Generated(expr) => {
                if self.saw_generated {
                    return Err(self.error("multiple generation clauses specified", location));
                }
                if self.has_default() {
                    return Err(self.error("both default and generation expression specified", location));
                }
                self.saw_generated = true;
                self.column.attribute.generated = Some(Generated::Stored);
                self.column.default = Some(expr.clone());
            }
            _ => self.constraints.push(self.as_table_constraint(item)),
        }
        let identity = self.column.attribute.identity.is_some();
        if identity && self.has_default() {
            return Err(self.error("both default and identity specified", location));
        }
        if identity && self.saw_generated {
            return Err(self.error("both identity and generation expression specified", location));
        }
        Ok(())
    }

    /// A DEFAULT clause was there.
    fn has_default(&self) -> bool {
        self.column.default.is_some() && !self.saw_generated
    }

    fn identity(
        &mut self,
        backend: &Backend<'_>,
        when: GeneratedWhen,
        given: &[DefElem],
        location: Location,
    ) -> Result<()> {
        if self.column.attribute.identity.is_some() {
            return Err(self.error("multiple identity specifications", location));
        }
        let type_oid = self.column.attribute.type_oid;
        self.column.sequence = Some(NewSequence {
            options: with_type(backend, given, type_oid),
            type_oid,
            identity: true,
        });
        self.column.attribute.identity = Some(match when {
            GeneratedWhen::Always => Identity::Always,
            GeneratedWhen::ByDefault => Identity::ByDefault,
        });
        self.nullable(true, location)
    }

    fn serial(&mut self, type_oid: Oid) -> Result<()> {
        if self.has_default() {
            return Err(self.error("multiple default values specified", Location::UNKNOWN));
        }
        if self.column.attribute.identity.is_some() {
            return Err(self.error("both default and identity specified", Location::UNKNOWN));
        }
        if self.saw_generated {
            return Err(self.error("both default and generation expression specified", Location::UNKNOWN));
        }
        self.column.sequence = Some(NewSequence {
            options: Vec::new(),
            type_oid,
            identity: false,
        });
        self.nullable(true, Location::UNKNOWN)
    }

    /// A key, check or foreign key of the column, as one of the table on that column.
    fn as_table_constraint(&self, item: &ast::Constraint) -> ast::Constraint {
        let mut item = item.clone();
        let column = || vec![self.column.attribute.name.to_string()];
        match &mut item.kind {
            ConstraintKind::Primary(index) | ConstraintKind::Unique { index, .. } if index.index_name.is_none() => {
                index.keys = column();
            }
            ConstraintKind::Foreign(key) => key.columns = column(),
            _ => {}
        }
        item
    }
}

/// The options of an identity column's sequence; a type that is none for a sequence is left for
/// [`sequence::create_sequence`] to refuse.
fn with_type(backend: &Backend<'_>, options: &[DefElem], type_oid: Oid) -> Vec<DefElem> {
    let mut options = options.to_vec();
    let names = match builtin_type(type_oid) {
        Some(builtin) => vec!["pg_catalog".to_string(), builtin.name.to_string()],
        None => vec![backend.format_type(type_oid)],
    };
    options.push(type_option(names));
    options
}

fn type_option(names: Vec<String>) -> DefElem {
    DefElem {
        namespace: None,
        name: "as".into(),
        arg: Some(DefArg::Type(TypeName {
            names,
            setof: false,
            pct_type: false,
            typmods: Vec::new(),
            array_bounds: Vec::new(),
            location: Location::UNKNOWN,
        })),
        action: DefElemAction::Unspecified,
        location: Location::UNKNOWN,
    }
}

/// Makes the sequence of a column of a table that is about to be made, or is there.
pub fn create_sequence(backend: &mut Backend<'_>, new: &NewSequence, table: &Relation, column: &str) -> Result<Oid> {
    let usage = match new.identity {
        true => sequence::Use::Identity,
        false => sequence::Use::Plain,
    };
    let mut given = new.options.clone();
    let mut schema = table.schema;
    let mut name = None;
    if let Some(at) = given.iter().position(|option| option.name == "sequence_name") {
        let option = given.remove(at);
        let names = options::names(&option)?;
        let (qualifier, last) = crate::catalog::namespace::split_qualified(backend, &names)?;
        if let Some(qualifier) = qualifier {
            schema = backend.schema(qualifier)?;
        }
        name = Some(truncate_identifier(last).to_string());
    }
    if !new.identity
        && let Some(builtin) = builtin_type(new.type_oid)
    {
        given.push(type_option(vec!["pg_catalog".into(), builtin.name.into()]));
    }
    let name = match name {
        Some(name) => name,
        None => {
            let catalog = backend.catalog()?;
            catalog.choose_relation_name(&table.name, Some(column), "seq", schema, false)
        }
    };
    sequence::create_sequence(backend, schema, &name, table.owner, table.persistence, &given, usage)
}

/// `nextval('sequence'::regclass)`, cast to the column's type, for the sequence that the column owns.
pub fn serial_default(backend: &Backend<'_>, table: Oid, attribute: &Attribute) -> Result<Arc<Expr>> {
    const NEXTVAL: Oid = Oid(1574);
    let owned = backend.catalog()?.owned_sequences(table, attribute.number).next();
    let (sequence, _) = owned.ok_or_else(|| Error::internal("a serial column has no sequence"))?;
    let name = Expr::Const(Const {
        value: Datum::Oid(sequence.0),
        type_oid: Oid::REGCLASS,
        type_modifier: -1,
        location: None,
    });
    let call = |function, arg, result, form| {
        Expr::Func(Box::new(FuncExpr {
            function,
            args: vec![arg],
            result,
            returns_set: false,
            variadic: false,
            unwritten: Vec::new(),
            form,
            type_modifier: -1,
            location: None,
        }))
    };
    let nextval = call(NEXTVAL, name, Oid::INT8, FuncForm::Call);
    Ok(Arc::new(match attribute.type_oid {
        Oid::INT4 => call(Oid(480), nextval, Oid::INT4, FuncForm::ImplicitCast),
        Oid::INT2 => call(Oid(714), nextval, Oid::INT2, FuncForm::ImplicitCast),
        _ => nextval,
    }))
}

/// Analyzes a default or generation expression (`cookDefault`); a plain NULL is no default.
pub fn cook_default(
    backend: &Backend<'_>,
    relation: &Relation,
    attribute: &Attribute,
    expr: &ast::Expr,
) -> Result<Option<Arc<Expr>>> {
    let generated = attribute.generated.is_some();
    let (over, context) = match generated {
        true => (Some(relation), ExprContext::GeneratedColumn),
        false => (None, ExprContext::ColumnDefault),
    };
    let target = (attribute.type_oid, attribute.type_modifier);
    let cooked = analyze_expression(backend, over, expr, context, Some(target))
        .map_err(|error| default_type_error(backend, over, attribute, expr, context, error))?;
    if generated {
        check_nested_generated(relation, &cooked)?;
        if !is_immutable(backend, &cooked) {
            return Err(Error::new(
                SqlState::INVALID_OBJECT_DEFINITION,
                "generation expression is not immutable",
            ));
        }
    }
    let is_null = matches!(&cooked, Expr::Const(constant) if constant.value.is_null());
    let drop_default = is_null && !generated && backend.user_type(attribute.type_oid).is_none();
    Ok((!drop_default).then(|| Arc::new(cooked)))
}

/// A generated column can't be computed from another, nor from the whole row.
fn check_nested_generated(relation: &Relation, expr: &Expr) -> Result<()> {
    let mut refused = None;
    expr.visit(&mut |part| {
        let Expr::Var(var) = part else { return };
        let column = relation.attribute(var.attribute);
        if refused.is_none() && (var.attribute == 0 || column.is_some_and(|column| column.generated.is_some())) {
            refused = Some((column.map(|column| column.name.clone()), var.location));
        }
    });
    let (message, detail, at) = match refused {
        None => return Ok(()),
        Some((Some(name), at)) => (
            format!("cannot use generated column \"{name}\" in column generation expression"),
            "A generated column cannot reference another generated column.",
            at,
        ),
        Some((None, at)) => (
            "cannot use whole-row variable in column generation expression".to_string(),
            "This would cause the generated column to depend on its own value.",
            at,
        ),
    };
    Err(Error::new(SqlState::INVALID_OBJECT_DEFINITION, message)
        .detail(detail)
        .at(at))
}

/// Says of which column the default has the wrong type.
fn default_type_error(
    backend: &Backend<'_>,
    over: Option<&Relation>,
    attribute: &Attribute,
    expr: &ast::Expr,
    context: ExprContext,
    error: Error,
) -> Error {
    if !matches!(error.sqlstate, SqlState::DATATYPE_MISMATCH | SqlState::CANNOT_COERCE) {
        return error;
    }
    let Ok(bare) = analyze_expression(backend, over, expr, context, None) else {
        return error;
    };
    Error::new(
        SqlState::DATATYPE_MISMATCH,
        format!(
            "column \"{}\" is of type {} but default expression is of type {}",
            attribute.name,
            backend.format_type(attribute.type_oid),
            backend.format_type(bare.type_oid())
        ),
    )
    .hint("You will need to rewrite or cast the expression.")
}
