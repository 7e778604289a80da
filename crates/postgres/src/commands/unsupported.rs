//! Statements that are known by name only.

use kumquat_sql::ast::Statement;

/// What a statement that is not modelled is called.
pub fn name(statement: &Statement) -> &'static str {
    match statement {
        Statement::AlterSystem(_) => "ALTER SYSTEM",
        Statement::AlterTableMoveAll(_) => "ALTER TABLE ALL IN TABLESPACE",
        Statement::CreateStats(_) => "CREATE STATISTICS",
        Statement::AlterStats(_) => "ALTER STATISTICS",
        Statement::CreateForeignTable(_) => "CREATE FOREIGN TABLE",
        Statement::AlterType(_) => "ALTER TYPE ... SET",
        Statement::AlterCollation(_) => "ALTER COLLATION",
        Statement::AlterTSDictionary(_) => "ALTER TEXT SEARCH DICTIONARY",
        Statement::AlterTSConfiguration(_) => "ALTER TEXT SEARCH CONFIGURATION",
        Statement::Do(_) => "DO",
        Statement::Call(_) => "CALL",
        Statement::CreateEventTrig(_) => "CREATE EVENT TRIGGER",
        Statement::AlterEventTrig(_) => "ALTER EVENT TRIGGER",
        Statement::Rule(_) => "CREATE RULE",
        Statement::AlterObjectDepends(_) => "ALTER ... DEPENDS ON EXTENSION",
        Statement::CreateTableSpace(_) => "CREATE TABLESPACE",
        Statement::AlterTableSpaceOptions(_) => "ALTER TABLESPACE",
        Statement::DropTableSpace(_) => "DROP TABLESPACE",
        Statement::AlterExtensionContents(_) => "ALTER EXTENSION ... ADD or DROP",
        Statement::ForeignDataWrapper(_) => "CREATE FOREIGN DATA WRAPPER",
        Statement::CreateForeignServer(_) => "CREATE SERVER",
        Statement::AlterForeignServer(_) => "ALTER SERVER",
        Statement::UserMapping(_) => "CREATE USER MAPPING",
        Statement::ImportForeignSchema(_) => "IMPORT FOREIGN SCHEMA",
        Statement::CreatePublication(_) => "CREATE PUBLICATION",
        Statement::AlterPublication(_) => "ALTER PUBLICATION",
        Statement::Listen(_) => "LISTEN",
        Statement::Notify(_) => "NOTIFY",
        Statement::Unlisten(_) => "UNLISTEN",
        Statement::Load(_) => "LOAD",
        Statement::Unsupported(name) => name,
        _ => "this statement",
    }
}
