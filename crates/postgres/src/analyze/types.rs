//! Facts about types: categories, domains, elements and fields; type names to oids (`parse_type.c`).

use kumquat_sql::ast;
use kumquat_types::typmod::{takes_typmod, typmod_in};
use kumquat_types::{Error, Oid, Result, SqlState, TypeKind, builtin_type};

use crate::backend::Backend;
use crate::catalog::{CompositeField, TypeDefinition};

/// Range types with their subtypes and multirange types.
const RANGES: [(Oid, Oid, Oid); 6] = [
    (Oid::INT4RANGE, Oid::INT4, Oid::INT4MULTIRANGE),
    (Oid::NUMRANGE, Oid::NUMERIC, Oid::NUMMULTIRANGE),
    (Oid::TSRANGE, Oid::TIMESTAMP, Oid::TSMULTIRANGE),
    (Oid::TSTZRANGE, Oid::TIMESTAMPTZ, Oid::TSTZMULTIRANGE),
    (Oid::DATERANGE, Oid::DATE, Oid::DATEMULTIRANGE),
    (Oid::INT8RANGE, Oid::INT8, Oid::INT8MULTIRANGE),
];

impl Backend<'_> {
    /// `typtype`.
    pub fn type_kind(&self, oid: Oid) -> Option<TypeKind> {
        if let Some(builtin) = builtin_type(oid) {
            return Some(builtin.kind);
        }
        Some(match self.user_type(oid)?.definition {
            TypeDefinition::Enum(_) => TypeKind::Enum,
            TypeDefinition::Composite { .. } => TypeKind::Composite,
            TypeDefinition::Domain { .. } => TypeKind::Domain,
            TypeDefinition::Range { .. } => TypeKind::Range,
            TypeDefinition::Array { .. } => TypeKind::Base,
            TypeDefinition::Shell => TypeKind::Pseudo,
        })
    }

    /// `typcategory` and `typispreferred`.
    pub fn type_category(&self, oid: Oid) -> (u8, bool) {
        if let Some(builtin) = builtin_type(oid) {
            return (builtin.category, builtin.preferred);
        }
        let Some(user) = self.user_type(oid) else {
            return (b'U', false);
        };
        match &user.definition {
            TypeDefinition::Enum(_) => (b'E', false),
            TypeDefinition::Composite { .. } => (b'C', false),
            TypeDefinition::Domain { base, .. } => (self.type_category(*base).0, false),
            TypeDefinition::Range { .. } => (b'R', false),
            TypeDefinition::Array { .. } => (b'A', false),
            TypeDefinition::Shell => (b'P', false),
        }
    }

    /// The type under all domains (`getBaseType`).
    pub fn base_type(&self, oid: Oid) -> Oid {
        self.base_type_and_modifier(oid, -1).0
    }

    /// The same with the modifier that the domain gives it.
    pub fn base_type_and_modifier(&self, mut oid: Oid, mut modifier: i32) -> (Oid, i32) {
        while let Some(TypeDefinition::Domain {
            base, type_modifier, ..
        }) = self.user_type(oid).map(|user| &user.definition)
        {
            (oid, modifier) = (*base, *type_modifier);
        }
        (oid, modifier)
    }

    pub fn is_domain(&self, oid: Oid) -> bool {
        self.type_kind(oid) == Some(TypeKind::Domain)
    }

    /// A named composite type, or a domain over one; not `record`.
    pub fn is_composite(&self, oid: Oid) -> bool {
        self.type_kind(self.base_type(oid)) == Some(TypeKind::Composite)
    }

    /// Fields of a composite type by number, dropped ones with empty names.
    pub fn composite_fields(&self, oid: Oid) -> Option<Vec<CompositeField>> {
        let base = self.base_type(oid);
        let TypeDefinition::Composite { relation, fields } = &self.user_type(base)?.definition else {
            return None;
        };
        let Some(relation) = self.catalog().ok()?.relation(*relation) else {
            return Some(fields.clone());
        };
        let field = |attribute: &crate::catalog::Attribute| CompositeField {
            name: if attribute.dropped {
                "".into()
            } else {
                attribute.name.clone()
            },
            type_oid: attribute.type_oid,
            type_modifier: attribute.type_modifier,
        };
        Some(relation.attributes.iter().map(field).collect())
    }

    /// The array type of an element type, 0 if it has none.
    pub fn array_type(&self, element: Oid) -> Oid {
        match builtin_type(element) {
            Some(builtin) => builtin.array,
            None => self.user_type(element).map_or(Oid::INVALID, |user| user.array),
        }
    }

    /// What subscripting gives: also of `int2vector` and `oidvector` (`get_element_type` and kin).
    pub fn subscript_element(&self, oid: Oid) -> Option<Oid> {
        match oid {
            Oid::INT2VECTOR => Some(Oid::INT2),
            Oid::OIDVECTOR => Some(Oid::OID),
            _ => self.array_element(oid),
        }
    }

    pub fn range_subtype(&self, oid: Oid) -> Option<Oid> {
        if let Some((_, subtype, _)) = RANGES.iter().find(|(range, ..)| *range == oid) {
            return Some(*subtype);
        }
        match self.user_type(oid)?.definition {
            TypeDefinition::Range { subtype } => Some(subtype),
            _ => None,
        }
    }

    pub fn multirange_range(&self, oid: Oid) -> Option<Oid> {
        let found = RANGES.iter().find(|(_, _, multirange)| *multirange == oid);
        found.map(|(range, ..)| *range)
    }

    pub fn range_multirange(&self, oid: Oid) -> Option<Oid> {
        let found = RANGES.iter().find(|(range, ..)| *range == oid);
        found.map(|(_, _, multirange)| *multirange)
    }

    /// Oid and type modifier of a type as written (`typenameTypeIdAndMod`).
    pub fn resolve_type_name(&self, name: &ast::TypeName) -> Result<(Oid, i32)> {
        let found = self.lookup_type_name(name)?;
        found.ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!("type \"{}\" does not exist", type_name_text(name)),
            )
            .at(name.location)
        })
    }

    /// The same; `None` if there is no such type.
    pub fn lookup_type_name(&self, name: &ast::TypeName) -> Result<Option<(Oid, i32)>> {
        let at = |error: Error| error.at(name.location);
        if name.pct_type {
            return self.column_type(name).map(Some);
        }
        let Some(element) = self.find_type(&name.names).map_err(at)? else {
            return Ok(None);
        };
        let modifier = self.type_modifier_in(name, element)?;
        if name.array_bounds.is_empty() {
            return Ok(Some((element, modifier)));
        }
        let array = self.array_type(element);
        if !array.is_valid() {
            return Ok(self.array_element(element).map(|_| (element, modifier)));
        }
        Ok(Some((array, modifier)))
    }

    fn type_modifier_in(&self, name: &ast::TypeName, oid: Oid) -> Result<i32> {
        let at = |error: Error| error.at(name.location);
        if name.typmods.is_empty() {
            return Ok(-1);
        }
        let mut modifiers = Vec::with_capacity(name.typmods.len());
        for modifier in &name.typmods {
            match modifier {
                ast::Expr::Const(ast::AConst {
                    value: ast::Value::Integer(value),
                    ..
                }) => modifiers.push(*value),
                ast::Expr::Op(op) => modifiers.push(negative_integer(op).ok_or_else(|| at(bad_modifier()))?),
                _ => return Err(at(bad_modifier())),
            }
        }
        if !takes_typmod(oid) {
            let message = format!("type modifier is not allowed for type \"{}\"", type_name_text(name));
            return Err(at(Error::new(SqlState::SYNTAX_ERROR, message)));
        }
        typmod_in(oid, &modifiers).map_err(at)
    }

    /// `table.column%TYPE`.
    fn column_type(&self, name: &ast::TypeName) -> Result<(Oid, i32)> {
        let (column, table) = match name.names.split_last() {
            Some((column, table)) if !table.is_empty() => (column, table),
            _ => {
                let message = "improper %TYPE reference (too few dotted names): ".to_string() + &name.names.join(".");
                return Err(Error::new(SqlState::SYNTAX_ERROR, message).at(name.location));
            }
        };
        let (schema, table_name) = match table {
            [schema, table] => (Some(schema.as_str()), table),
            [.., table] => (None, table),
            [] => (None, column),
        };
        let relation = self.find_relation_named(schema, table_name)?.ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_TABLE,
                format!("relation \"{}\" does not exist", table.join(".")),
            )
        })?;
        let attribute = relation.attribute_by_name(column).ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{column}\" of relation \"{}\" does not exist", relation.name),
            )
            .at(name.location)
        })?;
        Ok((attribute.type_oid, attribute.type_modifier))
    }
}

fn bad_modifier() -> Error {
    Error::new(
        SqlState::SYNTAX_ERROR,
        "type modifiers must be simple constants or identifiers",
    )
}

fn negative_integer(op: &ast::AExpr) -> Option<i32> {
    match (&op.left, &op.right) {
        (
            None,
            ast::Expr::Const(ast::AConst {
                value: ast::Value::Integer(value),
                ..
            }),
        ) if op.name == ["-"] => value.checked_neg(),
        _ => None,
    }
}

/// The name as messages write it (`TypeNameToString`).
pub fn type_name_text(name: &ast::TypeName) -> String {
    let mut text = name.names.join(".");
    if name.pct_type {
        text.push_str("%TYPE");
    }
    if !name.array_bounds.is_empty() {
        text.push_str("[]");
    }
    text
}
