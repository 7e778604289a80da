//! What can be wrong with a lesson file.

use std::fmt;
use std::path::Path;

pub type Result<T> = std::result::Result<T, Error>;

/// A mistake in a file, in words for its author.
#[derive(Debug)]
pub struct Error {
    message: String,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Error {
        Error {
            message: message.into(),
        }
    }

    pub(crate) fn in_file(self, path: &Path) -> Error {
        Error::new(format!("{}: {}", path.display(), self.message))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
