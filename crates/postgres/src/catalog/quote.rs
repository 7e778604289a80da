//! How identifiers and strings are written in SQL text.

pub use kumquat_types::quote::{quote_identifier, quote_literal, quote_qualified};
