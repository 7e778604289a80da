//! Tokens to statements: a recursive descent after PostgreSQL 15's grammar (`gram.y`).
//!
//! 1. [`cursor`] walks the tokens. A rule that does not find what it needs refuses the very token at
//!    which PostgreSQL's grammar gets stuck, and depth is bounded there.
//! 2. [`statement`] tells statements apart by their first words.
//! 3. [`select`], [`from`], [`window`], [`modify`] read queries and changes of rows; [`expression`]
//!    operators, [`predicate`] what is written like one, [`primary`] what is between them,
//!    [`function_call`] calls, [`types`] types, [`names`] names.
//! 4. [`create_table`], [`constraint`], [`alter_table`], [`relation`], [`define`], [`function`],
//!    [`trigger`], [`role`], [`database`], [`alter`], [`object`] read definitions; [`options`] their
//!    lists of options.
//! 5. [`transaction`], [`variable`], [`portal`], [`copy`], [`maintenance`] read the rest.

mod alter;
mod alter_table;
mod constraint;
mod copy;
mod create_table;
mod cursor;
mod database;
mod define;
mod expression;
mod from;
mod function;
mod function_call;
mod maintenance;
mod modify;
mod names;
mod object;
mod options;
mod portal;
mod predicate;
mod primary;
mod relation;
mod role;
mod select;
mod statement;
mod transaction;
mod trigger;
mod types;
mod variable;
mod window;

pub use cursor::MAX_DEPTH;
pub(crate) use cursor::{Parser, QUERY, error_at, syntax_error};
