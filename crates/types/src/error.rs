//! The one error type of Kumquat: what PostgreSQL's `ErrorData` holds and psql prints.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// A five-character SQLSTATE, as listed in PostgreSQL's errcodes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SqlState(pub &'static str);

/// Declares the SQLSTATEs under the condition names of PostgreSQL's errcodes.
macro_rules! sqlstates {
    ($($name:ident = $code:literal;)*) => {
        impl SqlState { $(pub const $name: SqlState = SqlState($code);)* }
    };
}

sqlstates! {
    SUCCESSFUL_COMPLETION = "00000";
    WARNING = "01000";
    PRIVILEGE_NOT_REVOKED = "01006";
    PRIVILEGE_NOT_GRANTED = "01007";
    NO_DATA_FOUND = "P0002";
    TOO_MANY_ROWS = "P0003";
    ASSERT_FAILURE = "P0004";
    RAISE_EXCEPTION = "P0001";
    CONNECTION_EXCEPTION = "08000";
    CONNECTION_FAILURE = "08006";
    FEATURE_NOT_SUPPORTED = "0A000";
    CARDINALITY_VIOLATION = "21000";
    DATA_EXCEPTION = "22000";
    STRING_DATA_RIGHT_TRUNCATION = "22001";
    STRING_DATA_LENGTH_MISMATCH = "22026";
    NUMERIC_VALUE_OUT_OF_RANGE = "22003";
    NULL_VALUE_NOT_ALLOWED = "22004";
    INVALID_DATETIME_FORMAT = "22007";
    DATETIME_FIELD_OVERFLOW = "22008";
    INVALID_TIME_ZONE_DISPLACEMENT_VALUE = "22009";
    ESCAPE_CHARACTER_CONFLICT = "2200B";
    INTERVAL_FIELD_OVERFLOW = "22015";
    INVALID_ESCAPE_SEQUENCE = "22025";
    INVALID_ESCAPE_CHARACTER = "22019";
    INVALID_PARAMETER_VALUE = "22023";
    INVALID_ARGUMENT_FOR_LOGARITHM = "2201E";
    INVALID_ARGUMENT_FOR_POWER_FUNCTION = "2201F";
    INVALID_ARGUMENT_FOR_WIDTH_BUCKET_FUNCTION = "2201G";
    INVALID_ROW_COUNT_IN_LIMIT_CLAUSE = "2201W";
    INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE = "2201X";
    INVALID_REGULAR_EXPRESSION = "2201B";
    INVALID_PRECEDING_OR_FOLLOWING_SIZE = "22013";
    INVALID_ARGUMENT_FOR_NTILE_FUNCTION = "22014";
    INVALID_ARGUMENT_FOR_NTH_VALUE_FUNCTION = "22016";
    CHARACTER_NOT_IN_REPERTOIRE = "22021";
    DIVISION_BY_ZERO = "22012";
    ARRAY_SUBSCRIPT_ERROR = "2202E";
    INVALID_TABLESAMPLE_ARGUMENT = "2202H";
    INVALID_TABLESAMPLE_REPEAT = "2202G";
    SUBSTRING_ERROR = "22011";
    INVALID_TEXT_REPRESENTATION = "22P02";
    INVALID_BINARY_REPRESENTATION = "22P03";
    BAD_COPY_FILE_FORMAT = "22P04";
    UNTRANSLATABLE_CHARACTER = "22P05";
    INVALID_USE_OF_ESCAPE_CHARACTER = "2200C";
    NONSTANDARD_USE_OF_ESCAPE_CHARACTER = "22P06";
    SEQUENCE_GENERATOR_LIMIT_EXCEEDED = "2200H";
    INVALID_JSON_TEXT = "22032";
    INVALID_SQL_JSON_SUBSCRIPT = "22033";
    SQL_JSON_ARRAY_NOT_FOUND = "22039";
    SQL_JSON_MEMBER_NOT_FOUND = "2203A";
    SQL_JSON_NUMBER_NOT_FOUND = "2203B";
    SQL_JSON_OBJECT_NOT_FOUND = "2203C";
    SINGLETON_SQL_JSON_ITEM_REQUIRED = "22038";
    NON_NUMERIC_SQL_JSON_ITEM = "22036";
    INTEGRITY_CONSTRAINT_VIOLATION = "23000";
    RESTRICT_VIOLATION = "23001";
    NOT_NULL_VIOLATION = "23502";
    FOREIGN_KEY_VIOLATION = "23503";
    UNIQUE_VIOLATION = "23505";
    CHECK_VIOLATION = "23514";
    EXCLUSION_VIOLATION = "23P01";
    INVALID_CURSOR_STATE = "24000";
    ACTIVE_SQL_TRANSACTION = "25001";
    READ_ONLY_SQL_TRANSACTION = "25006";
    NO_ACTIVE_SQL_TRANSACTION = "25P01";
    IN_FAILED_SQL_TRANSACTION = "25P02";
    INVALID_SQL_STATEMENT_NAME = "26000";
    INVALID_AUTHORIZATION_SPECIFICATION = "28000";
    INVALID_GRANT_OPERATION = "0LP01";
    DEPENDENT_PRIVILEGE_DESCRIPTORS_STILL_EXIST = "2B000";
    DEPENDENT_OBJECTS_STILL_EXIST = "2BP01";
    INVALID_TRANSACTION_TERMINATION = "2D000";
    INVALID_CURSOR_NAME = "34000";
    FUNCTION_EXECUTED_NO_RETURN_STATEMENT = "2F005";
    EXTERNAL_ROUTINE_INVOCATION_EXCEPTION = "39000";
    INVALID_SAVEPOINT_SPECIFICATION = "3B001";
    INVALID_CATALOG_NAME = "3D000";
    INVALID_SCHEMA_NAME = "3F000";
    SERIALIZATION_FAILURE = "40001";
    SYNTAX_ERROR = "42601";
    INSUFFICIENT_PRIVILEGE = "42501";
    CANNOT_COERCE = "42846";
    GROUPING_ERROR = "42803";
    WINDOWING_ERROR = "42P20";
    INVALID_RECURSION = "42P19";
    INVALID_FOREIGN_KEY = "42830";
    INVALID_NAME = "42602";
    NAME_TOO_LONG = "42622";
    RESERVED_NAME = "42939";
    DATATYPE_MISMATCH = "42804";
    INDETERMINATE_DATATYPE = "42P18";
    COLLATION_MISMATCH = "42P21";
    INDETERMINATE_COLLATION = "42P22";
    WRONG_OBJECT_TYPE = "42809";
    GENERATED_ALWAYS = "428C9";
    UNDEFINED_COLUMN = "42703";
    UNDEFINED_FUNCTION = "42883";
    UNDEFINED_TABLE = "42P01";
    UNDEFINED_PARAMETER = "42P02";
    UNDEFINED_OBJECT = "42704";
    DUPLICATE_COLUMN = "42701";
    DUPLICATE_CURSOR = "42P03";
    DUPLICATE_DATABASE = "42P04";
    DUPLICATE_FUNCTION = "42723";
    DUPLICATE_PREPARED_STATEMENT = "42P05";
    DUPLICATE_SCHEMA = "42P06";
    DUPLICATE_TABLE = "42P07";
    DUPLICATE_ALIAS = "42712";
    DUPLICATE_OBJECT = "42710";
    AMBIGUOUS_COLUMN = "42702";
    AMBIGUOUS_FUNCTION = "42725";
    AMBIGUOUS_PARAMETER = "42P08";
    AMBIGUOUS_ALIAS = "42P09";
    INVALID_COLUMN_REFERENCE = "42P10";
    INVALID_COLUMN_DEFINITION = "42611";
    INVALID_CURSOR_DEFINITION = "42P11";
    INVALID_FUNCTION_DEFINITION = "42P13";
    INVALID_PREPARED_STATEMENT_DEFINITION = "42P14";
    INVALID_SCHEMA_DEFINITION = "42P15";
    INVALID_TABLE_DEFINITION = "42P16";
    INVALID_OBJECT_DEFINITION = "42P17";
    WITH_CHECK_OPTION_VIOLATION = "44000";
    DISK_FULL = "53100";
    OUT_OF_MEMORY = "53200";
    PROGRAM_LIMIT_EXCEEDED = "54000";
    STATEMENT_TOO_COMPLEX = "54001";
    TOO_MANY_COLUMNS = "54011";
    TOO_MANY_ARGUMENTS = "54023";
    OBJECT_NOT_IN_PREREQUISITE_STATE = "55000";
    OBJECT_IN_USE = "55006";
    CANT_CHANGE_RUNTIME_PARAM = "55P02";
    LOCK_NOT_AVAILABLE = "55P03";
    UNSAFE_NEW_ENUM_VALUE_USAGE = "55P04";
    QUERY_CANCELED = "57014";
    UNDEFINED_FILE = "58P01";
    DUPLICATE_FILE = "58P02";
    IO_ERROR = "58030";
    INTERNAL_ERROR = "XX000";
    DATA_CORRUPTED = "XX001";
}

impl SqlState {
    /// The state of a code that is known at run time only, such as RAISE names it.
    pub fn from_code(code: &str) -> SqlState {
        static CODES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        // A poisoned lock still holds a sound set.
        let mut codes = CODES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = codes.get(code) {
            return SqlState(known);
        }
        let code: &'static str = Box::leak(code.into());
        codes.insert(code);
        SqlState(code)
    }
}

impl fmt::Debug for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// How grave a message is. Everything below `Error` is a notice to the client, not a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The least important; shown by `client_min_messages = debug5` alone.
    Debug5,
    Debug4,
    Debug3,
    Debug2,
    Debug1,
    Log,
    Info,
    Notice,
    Warning,
    Error,
    Fatal,
}

impl Severity {
    /// The word psql prints before the colon.
    pub fn label(self) -> &'static str {
        match self {
            Severity::Debug5 | Severity::Debug4 | Severity::Debug3 | Severity::Debug2 | Severity::Debug1 => "DEBUG",
            Severity::Log => "LOG",
            Severity::Info => "INFO",
            Severity::Notice => "NOTICE",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
            Severity::Fatal => "FATAL",
        }
    }
}

/// An error, warning or notice in the shape of PostgreSQL's protocol messages.
///
/// `SELECT 1 + nothing` gives
/// `Error::new(SqlState::UNDEFINED_COLUMN, "column \"nothing\" does not exist").at(11)`,
/// printed by psql as
/// ```text
/// ERROR:  column "nothing" does not exist
/// LINE 1: SELECT 1 + nothing
///                    ^
/// ```
///
/// Boxed inside, so that `Result<T, Error>` stays one word wide.
#[derive(Clone, PartialEq)]
pub struct Error(Box<ErrorData>);

/// The fields of an [`Error`].
#[derive(Clone, PartialEq)]
pub struct ErrorData {
    pub severity: Severity,
    pub sqlstate: SqlState,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// Lines of context, innermost first, joined by newlines.
    pub context: Option<String>,
    /// Byte offset into the text of the statement as it was sent.
    pub position: Option<u32>,
    /// A statement made inside the engine that failed, with the offset in it: psql's `QUERY:` line.
    pub internal: Option<(String, u32)>,
    pub schema: Option<String>,
    pub table: Option<String>,
    pub column: Option<String>,
    pub constraint: Option<String>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(sqlstate: SqlState, message: impl Into<String>) -> Error {
        Error::with_severity(Severity::Error, sqlstate, message)
    }

    pub fn notice(message: impl Into<String>) -> Error {
        Error::with_severity(Severity::Notice, SqlState::SUCCESSFUL_COMPLETION, message)
    }

    pub fn warning(sqlstate: SqlState, message: impl Into<String>) -> Error {
        Error::with_severity(Severity::Warning, sqlstate, message)
    }

    /// Refuses by name what Kumquat does not model: `what` is a noun phrase, e.g. `CREATE SUBSCRIPTION`.
    pub fn not_modelled(what: impl fmt::Display) -> Error {
        Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("{what} is not supported by Kumquat"),
        )
        .detail("PostgreSQL knows this; the simulation does not model it.")
    }

    /// A broken invariant of Kumquat itself, reported instead of a panic.
    pub fn internal(message: impl Into<String>) -> Error {
        Error::new(SqlState::INTERNAL_ERROR, message)
    }

    pub fn with_severity(severity: Severity, sqlstate: SqlState, message: impl Into<String>) -> Error {
        Error(Box::new(ErrorData {
            severity,
            sqlstate,
            message: message.into(),
            detail: None,
            hint: None,
            context: None,
            position: None,
            internal: None,
            schema: None,
            table: None,
            column: None,
            constraint: None,
        }))
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Error {
        self.0.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds an outer line of context after those that are there.
    #[must_use]
    pub fn context(mut self, line: impl Into<String>) -> Error {
        let line = line.into();
        self.0.context = Some(match self.0.context.take() {
            Some(inner) => format!("{inner}\n{line}"),
            None => line,
        });
        self
    }

    /// Sets the position unless a more precise one is known already.
    #[must_use]
    pub fn at(mut self, position: impl Into<Option<u32>>) -> Error {
        if self.0.position.is_none() {
            self.0.position = position.into();
        }
        self
    }

    /// Names the constraint (and its table) that was violated.
    #[must_use]
    pub fn constraint(mut self, schema: &str, table: &str, constraint: &str) -> Error {
        self.0.schema = Some(schema.into());
        self.0.table = Some(table.into());
        self.0.constraint = Some(constraint.into());
        self
    }
}

impl std::ops::Deref for Error {
    type Target = ErrorData;
    fn deref(&self) -> &ErrorData {
        &self.0
    }
}

impl std::ops::DerefMut for Error {
    fn deref_mut(&mut self) -> &mut ErrorData {
        &mut self.0
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self)?;
        if let Some(position) = self.position {
            write!(f, " at {position}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:  {}", self.severity.label(), self.message)
    }
}

impl std::error::Error for Error {}
