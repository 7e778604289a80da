//! Lesson files, read into plain values: `lessons/README.md` describes the format.
//!
//! - [`read_directory`], [`read_file`]: from files
//! - [`parse`]: from text; `read` holds the way through a file
//! - [`summary`], [`html`], [`script`]: what is made of a lesson
//!
//! Used when the site is built and by `kumquat lesson`; the page gets the values as JSON and
//! contains no parser of Markdown or TOML.

mod error;
mod read;
mod write;

pub use error::{Error, Result};
pub use kumquat_protocol::lesson::{Check, Lesson, LessonSummary, Step};
pub use read::{parse, read_directory, read_file};
pub use write::{html, script, summary};
