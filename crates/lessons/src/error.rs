//! What can be wrong with a lesson file.

use std::fmt;
use std::path::Path;

pub type Result<T> = std::result::Result<T, Error>;

/// A mistake in a file, in words for its author, and the line where it stands.
#[derive(Debug)]
pub struct Error {
    message: String,
    line: Option<usize>,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Error {
        Error {
            message: message.into(),
            line: None,
        }
    }

    /// A mistake on a line; the first is 1.
    pub(crate) fn at(line: usize, message: impl Into<String>) -> Error {
        Error {
            message: message.into(),
            line: Some(line),
        }
    }

    /// The message with the file in front of it, as editors and compilers write it.
    pub(crate) fn in_file(self, path: &Path) -> Error {
        let line = self.line.map(|line| format!("{line}:")).unwrap_or_default();
        Error::new(format!("{}:{line} {}", path.display(), self.message))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Error {}

/// The line in which a byte of a text stands; the first is 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
