//! Databases, tablespaces, extensions, foreign servers, publications, statistics objects, text search.

use super::{DefElem, Expr, IndexKey, Name, ObjectName, ObjectType, RangeVar, RoleSpec, VariableSetStmt};

#[derive(Clone, Debug, PartialEq)]
pub struct CreatedbStmt {
    pub name: String,
    pub options: Vec<DefElem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterDatabaseStmt {
    pub name: String,
    /// Also `tablespace`.
    pub options: Vec<DefElem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterDatabaseSetStmt {
    pub name: String,
    pub set: VariableSetStmt,
}

/// `ALTER DATABASE d REFRESH COLLATION VERSION`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterDatabaseRefreshCollStmt {
    pub name: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DropdbStmt {
    pub name: String,
    pub missing_ok: bool,
    /// `force`.
    pub options: Vec<DefElem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateTableSpaceStmt {
    pub name: String,
    pub owner: Option<RoleSpec>,
    pub location: String,
    pub options: Vec<DefElem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterTableSpaceOptionsStmt {
    pub name: String,
    pub options: Vec<DefElem>,
    pub is_reset: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DropTableSpaceStmt {
    pub name: String,
    pub missing_ok: bool,
}

/// Options `schema`, `new_version`, `cascade`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateExtensionStmt {
    pub name: String,
    pub if_not_exists: bool,
    pub options: Vec<DefElem>,
}

/// `ALTER EXTENSION e UPDATE [TO version]`: option `new_version`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterExtensionStmt {
    pub name: String,
    pub options: Vec<DefElem>,
}

/// `ALTER EXTENSION e ADD|DROP object`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterExtensionContentsStmt {
    pub name: String,
    pub add: bool,
    pub object_type: ObjectType,
    pub object: ObjectName,
}

/// CREATE FOREIGN DATA WRAPPER, or ALTER with `alter` set.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignDataWrapperStmt {
    pub alter: bool,
    pub name: String,
    pub functions: Vec<DefElem>,
    pub options: Vec<DefElem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateForeignServerStmt {
    pub name: String,
    pub server_type: Option<String>,
    pub version: Option<String>,
    pub wrapper: String,
    pub options: Vec<DefElem>,
    pub if_not_exists: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterForeignServerStmt {
    pub name: String,
    /// `VERSION x`; the inner is missing for NULL.
    pub version: Option<Option<String>>,
    pub options: Vec<DefElem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct UserMappingStmt {
    pub command: UserMappingCommand,
    pub user: RoleSpec,
    pub server: String,
    pub options: Vec<DefElem>,
    /// IF NOT EXISTS of CREATE, IF EXISTS of DROP.
    pub exists_ok: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserMappingCommand {
    Create,
    Alter,
    Drop,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateForeignTableStmt {
    pub base: super::CreateStmt,
    pub server: String,
    pub options: Vec<DefElem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ImportForeignSchemaStmt {
    pub server: String,
    pub remote_schema: String,
    pub local_schema: String,
    pub list: ImportForeignSchemaList,
    pub options: Vec<DefElem>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ImportForeignSchemaList {
    All,
    LimitTo(Vec<RangeVar>),
    Except(Vec<RangeVar>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreatePublicationStmt {
    pub name: String,
    pub options: Vec<DefElem>,
    pub objects: Vec<PublicationObject>,
    pub for_all_tables: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterPublicationStmt {
    pub name: String,
    /// `SET (options)`.
    pub options: Vec<DefElem>,
    pub objects: Vec<PublicationObject>,
    pub action: super::DefElemAction,
}

#[derive(Clone, Debug, PartialEq)]
pub enum PublicationObject {
    Table {
        relation: RangeVar,
        where_clause: Option<Expr>,
        columns: Vec<String>,
    },
    TablesInSchema(String),
    TablesInCurrentSchema,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateStatsStmt {
    pub name: Name,
    pub kinds: Vec<String>,
    pub exprs: Vec<IndexKey>,
    pub relations: Vec<super::TableRef>,
    pub if_not_exists: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterStatsStmt {
    pub name: Name,
    pub target: i32,
    pub missing_ok: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterTSDictionaryStmt {
    pub name: Name,
    pub options: Vec<DefElem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterTSConfigurationStmt {
    pub name: Name,
    pub action: AlterTSConfigAction,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AlterTSConfigAction {
    AddMapping {
        tokens: Vec<String>,
        dicts: Vec<Name>,
    },
    AlterMappingForToken {
        tokens: Vec<String>,
        dicts: Vec<Name>,
    },
    /// REPLACE: the dictionaries are the old and the new one; no tokens means all.
    ReplaceDict {
        tokens: Vec<String>,
        old: Name,
        new: Name,
    },
    DropMapping {
        tokens: Vec<String>,
        missing_ok: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct AlterCollationStmt {
    pub name: Name,
}
