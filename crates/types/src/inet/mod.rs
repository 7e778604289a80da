//! Network addresses, as PostgreSQL's `inet` and `cidr`, and hardware addresses, `macaddr` and `macaddr8`.
//!
//! [`text`]: from and to text; [`compute`]: masks, networks, arithmetic; [`mac`]: hardware addresses.

use std::net::IpAddr;

pub mod compute;
pub mod mac;
pub mod text;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inet {
    pub address: IpAddr,
    pub prefix: u8,
}

impl Inet {
    /// Bits of an address of this family.
    pub fn size(&self) -> u8 {
        match self.address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        }
    }

    /// The address as a number.
    pub fn bits(&self) -> u128 {
        match self.address {
            IpAddr::V4(address) => address.to_bits().into(),
            IpAddr::V6(address) => address.to_bits(),
        }
    }

    /// The same family and prefix with another address.
    #[must_use]
    pub fn with_bits(&self, bits: u128) -> Inet {
        let address = match self.address {
            IpAddr::V4(_) => IpAddr::V4(u32::try_from(bits & u128::from(u32::MAX)).unwrap_or(0).into()),
            IpAddr::V6(_) => IpAddr::V6(bits.into()),
        };
        Inet {
            address,
            prefix: self.prefix,
        }
    }

    /// All bits of the family.
    pub fn all_ones(&self) -> u128 {
        match self.address {
            IpAddr::V4(_) => u128::from(u32::MAX),
            IpAddr::V6(_) => u128::MAX,
        }
    }

    /// Ones where the network is.
    pub fn network_mask(&self) -> u128 {
        let host = u32::from(self.size().saturating_sub(self.prefix));
        self.all_ones() & u128::MAX.checked_shl(host).unwrap_or(0)
    }
}
