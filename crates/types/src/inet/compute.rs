//! Masks, networks and arithmetic of addresses.

use super::Inet;
use crate::{Error, Result, SqlState};

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

fn out_of_range() -> Error {
    Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "result is out of range")
}

impl Inet {
    /// `network`: the host part zeroed.
    pub fn network(&self) -> Inet {
        self.with_bits(self.bits() & self.network_mask())
    }

    /// `broadcast`: the host part all ones.
    pub fn broadcast(&self) -> Inet {
        self.with_bits(self.bits() | self.all_ones() & !self.network_mask())
    }

    /// `netmask`, as a host.
    pub fn netmask(&self) -> Inet {
        self.host(self.network_mask())
    }

    /// `hostmask`, as a host.
    pub fn hostmask(&self) -> Inet {
        self.host(self.all_ones() & !self.network_mask())
    }

    fn host(&self, bits: u128) -> Inet {
        Inet {
            prefix: self.size(),
            ..self.with_bits(bits)
        }
    }

    /// `set_masklen`; -1 is the whole address.
    pub fn with_prefix(&self, prefix: i32) -> Result<Inet> {
        let prefix = match prefix {
            -1 => self.size(),
            prefix => u8::try_from(prefix)
                .ok()
                .filter(|&prefix| prefix <= self.size())
                .ok_or_else(|| invalid(format!("invalid mask length: {prefix}")))?,
        };
        Ok(Inet { prefix, ..*self })
    }

    fn same_family(&self, other: &Inet) -> bool {
        self.size() == other.size()
    }

    /// `>>=`: whether the other network lies in this one, or is it.
    pub fn contains_or_equals(&self, other: &Inet) -> bool {
        let mask = self.network_mask();
        self.same_family(other) && self.prefix <= other.prefix && self.bits() & mask == other.bits() & mask
    }

    /// `>>`
    pub fn contains(&self, other: &Inet) -> bool {
        self.prefix < other.prefix && self.contains_or_equals(other)
    }

    /// `&&`
    pub fn overlaps(&self, other: &Inet) -> bool {
        self.contains_or_equals(other) || other.contains_or_equals(self)
    }

    /// `&` and `|`, named for messages as `AND` and `OR`.
    pub fn combine(&self, other: &Inet, name: &str, operation: impl Fn(u128, u128) -> u128) -> Result<Inet> {
        if !self.same_family(other) {
            return Err(invalid(format!("cannot {name} inet values of different sizes")));
        }
        Ok(Inet {
            prefix: self.prefix.max(other.prefix),
            ..self.with_bits(operation(self.bits(), other.bits()))
        })
    }

    /// `inet + bigint`
    pub fn plus(&self, distance: i64) -> Result<Inet> {
        let size = u128::from(distance.unsigned_abs());
        let moved = if distance < 0 {
            self.bits().checked_sub(size)
        } else {
            self.bits().checked_add(size)
        };
        let moved = moved.filter(|&bits| bits <= self.all_ones());
        moved.map(|bits| self.with_bits(bits)).ok_or_else(out_of_range)
    }

    /// `inet - inet`
    pub fn minus(&self, other: &Inet) -> Result<i64> {
        if !self.same_family(other) {
            return Err(invalid("cannot subtract inet values of different sizes"));
        }
        let (a, b) = (self.bits(), other.bits());
        let distance = i128::try_from(a.abs_diff(b)).map_err(|_| out_of_range())?;
        let signed = if a < b { -distance } else { distance };
        i64::try_from(signed).map_err(|_| out_of_range())
    }

    /// `inet_merge`: the smallest network that holds both.
    pub fn merge(&self, other: &Inet) -> Result<Inet> {
        if !self.same_family(other) {
            return Err(invalid("cannot merge addresses from different families"));
        }
        let differing = self.bits() ^ other.bits();
        let unused = 128 - u32::from(self.size());
        let common = u8::try_from(differing.leading_zeros() - unused).unwrap_or(0);
        let prefix = common.min(self.prefix).min(other.prefix);
        Ok(Inet { prefix, ..*self }.network())
    }
}
