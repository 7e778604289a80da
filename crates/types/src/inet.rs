//! Network addresses, as PostgreSQL's `inet` and `cidr`.

use std::net::IpAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inet {
    pub address: IpAddr,
    pub prefix: u8,
}
