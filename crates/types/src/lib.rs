//! Values of PostgreSQL, without a catalog: errors, type oids, datums, columns, and the built-in
//! functions, operators and casts on them.
//!
//! - [`error`]: the one error type; [`oid`]: built-in types by oid.
//! - [`datum`]: one value; [`column`]: many values of one type, [`bitmap`]: which are not NULL;
//!   [`chunk`]: rows.
//! - [`compare`]: order, equality and hashes of values; [`hash`]: PostgreSQL's own hash functions.
//! - [`proc`]: how functions, operators and casts are described; [`catalog`]: all that are built in;
//!   [`functions`]: what they do.
//! - [`io`]: values from and to text by type; [`typmod`]: type modifiers; [`format_type`](mod@format_type): names.
//! - one module a family of values: [`integer`], [`float`], [`numeric`], [`money`], [`datetime`], [`interval`],
//!   [`json`], [`mod@array`], [`range`], [`inet`], [`enums`], [`bits`], [`bytea`], [`record`], [`locators`],
//!   [`geometric`].
//! - for text: [`regex`], [`formatting`], [`quote`], [`normalize`], [`digest`].

pub mod array;
pub mod bitmap;
pub mod bits;
pub mod bytea;
pub mod catalog;
pub mod chunk;
pub mod column;
pub mod compare;
pub mod datetime;
pub mod datum;
pub mod digest;
pub mod enums;
pub mod error;
pub mod float;
pub mod format_type;
pub mod formatting;
pub mod functions;
pub mod geometric;
pub mod hash;
pub mod inet;
pub mod integer;
pub mod interval;
pub mod io;
pub mod json;
pub mod locators;
pub mod money;
pub mod normalize;
pub mod numeric;
pub mod oid;
pub mod proc;
pub mod quote;
pub mod range;
pub mod record;
pub mod regex;
pub mod typmod;
pub mod uuid;

pub use array::ArrayValue;
pub use bitmap::Bitmap;
pub use bits::BitString;
pub use catalog::{find_cast, lookup_procs, operator_by_oid, operators, proc_by_oid};
pub use chunk::{CHUNK_ROWS, Chunk};
pub use column::{Column, ColumnData};
pub use datum::{Datum, RecordValue};
pub use enums::EnumLabel;
pub use error::{Error, ErrorData, Result, Severity, SqlState};
pub use format_type::{format_type, format_type_with_typmod};
pub use inet::Inet;
pub use interval::Interval;
pub use json::Json;
pub use numeric::Numeric;
pub use oid::{BuiltinType, Oid, TypeKind, builtin_type, builtin_type_by_name};
pub use proc::{
    Call, Cast, CastContext, CastMethod, Environment, Implementation, Kernel, Operator, Proc, ProcKind, ScalarFunction,
    SetFunction, UserType, Volatility,
};
pub use range::RangeValue;
pub use typmod::apply_typmod;
