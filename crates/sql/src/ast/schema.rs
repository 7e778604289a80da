//! CREATE SCHEMA.

use super::{RoleSpec, Statement};

#[derive(Clone, Debug, PartialEq)]
pub struct CreateSchemaStmt {
    /// Missing: named after the role.
    pub name: Option<String>,
    pub authorization: Option<RoleSpec>,
    /// CREATE TABLE, INDEX, SEQUENCE, TRIGGER, VIEW and GRANT inside it.
    pub elements: Vec<Statement>,
    pub if_not_exists: bool,
}
