//! Reading the arguments of a call.

use kumquat_types::{Datum, Oid};

/// The arguments, each as what it is expected to be.
#[derive(Clone, Copy)]
pub struct Arguments<'a>(pub &'a [Datum]);

impl<'a> Arguments<'a> {
    pub fn get(self, at: usize) -> &'a Datum {
        self.0.get(at).unwrap_or(&Datum::Null)
    }

    pub fn len(self) -> usize {
        self.0.len()
    }

    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Any argument is NULL.
    pub fn any_null(self) -> bool {
        self.0.iter().any(Datum::is_null)
    }

    /// An oid or any integer as one; 0 if it is none.
    pub fn oid(self, at: usize) -> Oid {
        let value = self.get(at).as_i64().and_then(|value| u32::try_from(value).ok());
        Oid(value.unwrap_or(0))
    }

    pub fn text(self, at: usize) -> &'a str {
        self.get(at).as_str().unwrap_or("")
    }

    /// The argument is text of some kind.
    pub fn is_text(self, at: usize) -> bool {
        self.get(at).as_str().is_some()
    }

    pub fn int(self, at: usize) -> i64 {
        self.get(at).as_i64().unwrap_or(0)
    }

    pub fn small(self, at: usize) -> i16 {
        i16::try_from(self.int(at)).unwrap_or(0)
    }

    pub fn bool(self, at: usize) -> bool {
        self.get(at).as_bool().unwrap_or(false)
    }
}
