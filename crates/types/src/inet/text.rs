//! `inet` and `cidr` from and to text.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::Inet;
use crate::{Datum, Error, Result, SqlState};

/// `inet_in`
pub fn inet_in(text: &str) -> Result<Datum> {
    let inet = parse(text, false).ok_or_else(|| invalid(text, "inet"))?;
    Ok(Datum::Inet(Arc::new(inet)))
}

/// `cidr_in`: parts that are left out are 0, and no bit may stand right of the mask.
pub fn cidr_in(text: &str) -> Result<Datum> {
    let cidr = parse(text, true).ok_or_else(|| invalid(text, "cidr"))?;
    if cidr.bits() & !cidr.network_mask() & cidr.all_ones() != 0 {
        return Err(Error::new(
            SqlState::INVALID_TEXT_REPRESENTATION,
            format!("invalid cidr value: \"{text}\""),
        )
        .detail("Value has bits set to right of mask."));
    }
    Ok(Datum::Inet(Arc::new(cidr)))
}

fn invalid(text: &str, type_name: &str) -> Error {
    Error::new(
        SqlState::INVALID_TEXT_REPRESENTATION,
        format!("invalid input syntax for type {type_name}: \"{text}\""),
    )
}

fn parse(text: &str, is_cidr: bool) -> Option<Inet> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) if prefix.bytes().all(|b| b.is_ascii_digit()) => {
            (address, Some(prefix.parse::<u8>().ok()?))
        }
        Some(_) => return None,
        None => (text, None),
    };
    let (address, default) = if address.contains(':') {
        (IpAddr::V6(address.parse::<Ipv6Addr>().ok()?), 128)
    } else {
        let (address, default) = ipv4(address, is_cidr)?;
        (IpAddr::V4(address), default)
    };
    let size = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.unwrap_or(if is_cidr { default } else { size });
    (prefix <= size).then_some(Inet { address, prefix })
}

/// Up to four octets. Where a `cidr` has no prefix, its class or the octets given tell it.
fn ipv4(text: &str, is_cidr: bool) -> Option<(Ipv4Addr, u8)> {
    let mut octets = [0_u8; 4];
    let mut count = 0_u8;
    for part in text.split('.') {
        if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *octets.get_mut(usize::from(count))? = part.parse().ok()?;
        count += 1;
    }
    if count < 4 && !is_cidr {
        return None;
    }
    let [first, ..] = octets;
    let class = match first {
        240.. => 32,
        224.. => 8,
        192.. => 24,
        128.. => 16,
        _ => 8,
    };
    Some((Ipv4Addr::from(octets), class.max(count * 8)))
}

/// `inet_out`: the prefix only where it is not that of a host.
pub fn inet_out(inet: &Inet) -> String {
    if inet.prefix == inet.size() {
        inet.address.to_string()
    } else {
        cidr_out(inet)
    }
}

/// `cidr_out`
pub fn cidr_out(cidr: &Inet) -> String {
    format!("{}/{}", cidr.address, cidr.prefix)
}

/// `cidr_abbrev`: without the octets that the prefix makes 0.
pub fn cidr_abbrev(cidr: &Inet) -> String {
    let IpAddr::V4(address) = cidr.address else {
        return cidr_out(cidr);
    };
    let octets = address.octets();
    let shown = usize::from(cidr.prefix.div_ceil(8)).max(1);
    let parts: Vec<String> = octets.iter().take(shown).map(u8::to_string).collect();
    format!("{}/{}", parts.join("."), cidr.prefix)
}
