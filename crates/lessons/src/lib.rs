//! Lesson files, read into plain values: `lessons/README.md` describes the format.
//!
//! - [`read_directory`], [`read_file`], [`read_draft`]: from files
//! - [`parse`]: from text; `read` holds the way through a file
//! - [`Draft`]: a lesson with what only its author sees, such as the advice of `review`
//! - [`Glossary`]: what the terms in bold mean
//! - [`summary`], [`html`], [`script`]: what is made of a lesson
//!
//! Used when the site is built and by `kumquat lesson`; the page gets the values as JSON and
//! contains no parser of Markdown or TOML.

mod error;
mod files;
mod front;
mod glossary;
mod read;
mod review;
mod write;

pub use error::{Error, Result};
pub use files::{lesson_files, read_directory, read_draft, read_file};
pub use glossary::Glossary;
pub use kumquat_protocol::lesson::{Check, Lesson, LessonSummary, Step};
pub use read::{Draft, Trial, parse};
pub use review::Remark;
pub use write::{html, script, summary};
