//! User-defined types (pg_type, pg_enum).

use std::sync::Arc;

use kumquat_types::{EnumLabel, Oid};

use super::{AclItem, Name};
use crate::query::Expr;

#[derive(Clone, Debug)]
pub struct UserDefinedType {
    pub oid: Oid,
    pub name: Name,
    pub schema: Oid,
    pub owner: Oid,
    /// Oid of its array type, 0 for arrays.
    pub array: Oid,
    pub definition: TypeDefinition,
    pub acl: Option<Vec<AclItem>>,
}

#[derive(Clone, Debug)]
pub enum TypeDefinition {
    Enum(Vec<EnumLabel>),
    /// CREATE TYPE ... AS (...), or the row type of the relation.
    Composite {
        relation: Oid,
        fields: Vec<CompositeField>,
    },
    Domain {
        base: Oid,
        type_modifier: i32,
        not_null: bool,
        default: Option<Arc<Expr>>,
        constraints: Vec<DomainConstraint>,
    },
    Range {
        subtype: Oid,
    },
    /// The array type of another.
    Array {
        element: Oid,
    },
    Shell,
}

#[derive(Clone, Debug)]
pub struct CompositeField {
    pub name: Name,
    pub type_oid: Oid,
    pub type_modifier: i32,
}

#[derive(Clone, Debug)]
pub struct DomainConstraint {
    pub oid: Oid,
    pub name: Name,
    /// Over `Expr::CoerceToDomainValue`.
    pub expression: Arc<Expr>,
    pub validated: bool,
}
