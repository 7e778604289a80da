//! Lesson files, read into plain values: `lessons/README.md` describes the format.
//!
//! - [`read_directory`], [`read_file`]: from files
//! - [`parse`]: from text; `read` holds the way through a file
//! - [`Glossary`]: what the terms in bold mean
//! - [`review_file`]: what an author should look at again
//! - [`summary`], [`html`], [`script`]: what is made of a lesson
//!
//! Used when the site is built and by `kumquat lesson`; the page gets the values as JSON and
//! contains no parser of Markdown or TOML.

mod error;
mod glossary;
mod read;
mod review;
mod write;

pub use error::{Error, Result};
pub use glossary::Glossary;
pub use kumquat_protocol::lesson::{Check, Lesson, LessonSummary, Step};
pub use read::{lesson_files, parse, read_directory, read_file, review_file};
pub use review::Remark;
pub use write::{html, script, summary};
