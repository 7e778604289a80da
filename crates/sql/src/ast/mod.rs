//! Statements and expressions as trees, after PostgreSQL's raw parse trees (`parsenodes.h`): what was
//! typed, folded and sorted, with no name looked up.
//!
//! - [`Statement`] below is the root, one variant a kind of statement.
//! - [`expression`] has what yields a value, [`select`] what yields rows, [`name`] what names things.
//! - [`insert`], [`update`], [`delete`], [`merge`], [`copy`] change rows.
//! - [`create_table`], [`alter_table`], [`index`], [`view`], [`sequence`], [`types`], [`function`],
//!   [`trigger`], [`schema`], [`database`] define things; [`object`] has what all of them share (DROP,
//!   COMMENT, RENAME...), [`role`] and [`grant`] say who may use them.
//! - [`transaction`], [`cursor`], [`variable`], [`maintenance`] are the rest.
//! - [`Location`] is where in the text a node stands.
//!
//! Everything is re-exported here: write `ast::SelectStmt`.

pub mod alter_table;
pub mod copy;
pub mod create_table;
pub mod cursor;
pub mod database;
pub mod delete;
pub mod expression;
pub mod function;
pub mod grant;
pub mod index;
pub mod insert;
pub mod location;
pub mod maintenance;
pub mod merge;
pub mod name;
pub mod object;
pub mod role;
pub mod schema;
pub mod select;
pub mod sequence;
pub mod transaction;
pub mod trigger;
pub mod types;
pub mod update;
pub mod variable;
pub mod view;

pub use alter_table::*;
pub use copy::*;
pub use create_table::*;
pub use cursor::*;
pub use database::*;
pub use delete::*;
pub use expression::*;
pub use function::*;
pub use grant::*;
pub use index::*;
pub use insert::*;
pub use location::*;
pub use maintenance::*;
pub use merge::*;
pub use name::*;
pub use object::*;
pub use role::*;
pub use schema::*;
pub use select::*;
pub use sequence::*;
pub use transaction::*;
pub use trigger::*;
pub use types::*;
pub use update::*;
pub use variable::*;
pub use view::*;

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// Nothing but blanks and comments.
    Empty,

    // Queries and data
    Select(Box<SelectStmt>),
    Insert(Box<InsertStmt>),
    Update(Box<UpdateStmt>),
    Delete(Box<DeleteStmt>),
    Merge(Box<MergeStmt>),
    Truncate(Box<TruncateStmt>),
    Copy(Box<CopyStmt>),
    Explain(Box<ExplainStmt>),

    // Transactions, cursors, prepared statements
    Transaction(Box<TransactionStmt>),
    Lock(Box<LockStmt>),
    ConstraintsSet(Box<ConstraintsSetStmt>),
    DeclareCursor(Box<DeclareCursorStmt>),
    Fetch(Box<FetchStmt>),
    ClosePortal(Box<ClosePortalStmt>),
    Prepare(Box<PrepareStmt>),
    Execute(Box<ExecuteStmt>),
    Deallocate(Box<DeallocateStmt>),

    // Settings
    VariableSet(Box<VariableSetStmt>),
    VariableShow(Box<VariableShowStmt>),
    Discard(Box<DiscardStmt>),
    AlterSystem(Box<AlterSystemStmt>),

    // Relations
    Create(Box<CreateStmt>),
    CreateTableAs(Box<CreateTableAsStmt>),
    AlterTable(Box<AlterTableStmt>),
    AlterTableMoveAll(Box<AlterTableMoveAllStmt>),
    Index(Box<IndexStmt>),
    View(Box<ViewStmt>),
    RefreshMatView(Box<RefreshMatViewStmt>),
    CreateSeq(Box<CreateSeqStmt>),
    AlterSeq(Box<AlterSeqStmt>),
    CreateStats(Box<CreateStatsStmt>),
    AlterStats(Box<AlterStatsStmt>),
    CreateForeignTable(Box<CreateForeignTableStmt>),

    // Types and functions
    CompositeType(Box<CompositeTypeStmt>),
    CreateEnum(Box<CreateEnumStmt>),
    AlterEnum(Box<AlterEnumStmt>),
    CreateRange(Box<CreateRangeStmt>),
    AlterType(Box<AlterTypeStmt>),
    Define(Box<DefineStmt>),
    CreateDomain(Box<CreateDomainStmt>),
    AlterDomain(Box<AlterDomainStmt>),
    CreateFunction(Box<CreateFunctionStmt>),
    AlterFunction(Box<AlterFunctionStmt>),
    CreateCast(Box<CreateCastStmt>),
    AlterCollation(Box<AlterCollationStmt>),
    AlterTSDictionary(Box<AlterTSDictionaryStmt>),
    AlterTSConfiguration(Box<AlterTSConfigurationStmt>),
    Do(Box<DoStmt>),
    Call(Box<CallStmt>),
    /// `RETURN expression` in the body of a function of the standard.
    Return(Box<Expr>),

    // Triggers, rules, policies
    CreateTrig(Box<CreateTrigStmt>),
    CreateEventTrig(Box<CreateEventTrigStmt>),
    AlterEventTrig(Box<AlterEventTrigStmt>),
    Rule(Box<RuleStmt>),
    CreatePolicy(Box<CreatePolicyStmt>),
    AlterPolicy(Box<AlterPolicyStmt>),

    // Any object
    Drop(Box<DropStmt>),
    Comment(Box<CommentStmt>),
    SecLabel(Box<SecLabelStmt>),
    Rename(Box<RenameStmt>),
    AlterObjectSchema(Box<AlterObjectSchemaStmt>),
    AlterObjectDepends(Box<AlterObjectDependsStmt>),
    AlterOwner(Box<AlterOwnerStmt>),

    // Roles and privileges
    CreateRole(Box<CreateRoleStmt>),
    AlterRole(Box<AlterRoleStmt>),
    AlterRoleSet(Box<AlterRoleSetStmt>),
    DropRole(Box<DropRoleStmt>),
    DropOwned(Box<DropOwnedStmt>),
    ReassignOwned(Box<ReassignOwnedStmt>),
    Grant(Box<GrantStmt>),
    GrantRole(Box<GrantRoleStmt>),
    AlterDefaultPrivileges(Box<AlterDefaultPrivilegesStmt>),

    // Schemas, databases, extensions
    CreateSchema(Box<CreateSchemaStmt>),
    Createdb(Box<CreatedbStmt>),
    AlterDatabase(Box<AlterDatabaseStmt>),
    AlterDatabaseSet(Box<AlterDatabaseSetStmt>),
    AlterDatabaseRefreshColl(Box<AlterDatabaseRefreshCollStmt>),
    Dropdb(Box<DropdbStmt>),
    CreateTableSpace(Box<CreateTableSpaceStmt>),
    AlterTableSpaceOptions(Box<AlterTableSpaceOptionsStmt>),
    DropTableSpace(Box<DropTableSpaceStmt>),
    CreateExtension(Box<CreateExtensionStmt>),
    AlterExtension(Box<AlterExtensionStmt>),
    AlterExtensionContents(Box<AlterExtensionContentsStmt>),
    ForeignDataWrapper(Box<ForeignDataWrapperStmt>),
    CreateForeignServer(Box<CreateForeignServerStmt>),
    AlterForeignServer(Box<AlterForeignServerStmt>),
    UserMapping(Box<UserMappingStmt>),
    ImportForeignSchema(Box<ImportForeignSchemaStmt>),
    CreatePublication(Box<CreatePublicationStmt>),
    AlterPublication(Box<AlterPublicationStmt>),

    // Maintenance
    Vacuum(Box<VacuumStmt>),
    Cluster(Box<ClusterStmt>),
    Reindex(Box<ReindexStmt>),
    Listen(Box<ListenStmt>),
    Notify(Box<NotifyStmt>),
    Unlisten(Box<UnlistenStmt>),
    Load(Box<LoadStmt>),
    /// CHECKPOINT
    Checkpoint,

    /// A statement of PostgreSQL that Kumquat knows by name only, such as `CREATE SUBSCRIPTION`.
    Unsupported(&'static str),
}

impl Statement {
    /// SELECT, VALUES, INSERT, UPDATE, DELETE or MERGE: what is planned, not a utility command.
    pub fn is_query(&self) -> bool {
        matches!(
            self,
            Statement::Select(_)
                | Statement::Insert(_)
                | Statement::Update(_)
                | Statement::Delete(_)
                | Statement::Merge(_)
        )
    }
}
