//! Functions and operators on network and hardware addresses.

use std::sync::Arc;

use super::Family;
use crate::Datum::{self, Bool, Bytea, Inet as Address, Int4, Int8, Null};
use crate::inet::mac;
use crate::inet::text::{cidr_abbrev, cidr_out, inet_out};
use crate::{Inet, Result};

pub static FUNCTIONS: Family = family! { call;
    "inet_abbrev" (Address(a)) => Ok(inet_out(a).into());
    "cidr_abbrev" (Address(a)) => Ok(cidr_abbrev(a).into());
    "network_show" (Address(a)) => Ok(cidr_out(a).into());
    "network_host" (Address(a)) => Ok(a.address.to_string().into());
    "network_family" (Address(a)) => Ok(Int4(if a.size() == 32 { 4 } else { 6 }));
    "network_masklen" (Address(a)) => Ok(Int4(a.prefix.into()));
    "inet_set_masklen" (Address(a), Int4(prefix)) => address(a.with_prefix(*prefix));
    "cidr_set_masklen" (Address(a), Int4(prefix)) => address(a.with_prefix(*prefix).map(|a| a.network()));
    "network_network" (Address(a)) => address(Ok(a.network()));
    "inet_to_cidr" (Address(a)) => address(Ok(a.network()));
    "network_broadcast" (Address(a)) => address(Ok(a.broadcast()));
    "network_netmask" (Address(a)) => address(Ok(a.netmask()));
    "network_hostmask" (Address(a)) => address(Ok(a.hostmask()));
    "inet_same_family" (Address(a), Address(b)) => Ok(Bool(a.size() == b.size()));
    "inet_merge" (Address(a), Address(b)) => address(a.merge(b));
    "inetand" (Address(a), Address(b)) => address(a.combine(b, "AND", |a, b| a & b));
    "inetor" (Address(a), Address(b)) => address(a.combine(b, "OR", |a, b| a | b));
    "inetnot" (Address(a)) => address(Ok(a.with_bits(!a.bits())));
    "inetpl" (Address(a), Int8(distance)) => address(a.plus(*distance));
    "int8pl_inet" (Int8(distance), Address(a)) => address(a.plus(*distance));
    "inetmi_int8" (Address(a), Int8(distance)) => address(a.plus(distance.saturating_neg()));
    "inetmi" (Address(a), Address(b)) => a.minus(b).map(Int8);
    "network_sub" (Address(a), Address(b)) => Ok(Bool(b.contains(a)));
    "network_subeq" (Address(a), Address(b)) => Ok(Bool(b.contains_or_equals(a)));
    "network_sup" (Address(a), Address(b)) => Ok(Bool(a.contains(b)));
    "network_supeq" (Address(a), Address(b)) => Ok(Bool(a.contains_or_equals(b)));
    "network_overlap" (Address(a), Address(b)) => Ok(Bool(a.overlaps(b)));
    // The sessions of the simulation come through no network.
    "inet_client_addr" () => Ok(Null);
    "inet_client_port" () => Ok(Null);
    "inet_server_addr" () => Ok(Null);

    "macaddr_not" (Bytea(a)) => Ok(bytes(a.iter().map(|byte| !byte).collect()));
    "macaddr8_not" (Bytea(a)) => Ok(bytes(a.iter().map(|byte| !byte).collect()));
    "macaddr_and" (Bytea(a), Bytea(b)) => Ok(bytes(a.iter().zip(&**b).map(|(a, b)| a & b).collect()));
    "macaddr8_and" (Bytea(a), Bytea(b)) => Ok(bytes(a.iter().zip(&**b).map(|(a, b)| a & b).collect()));
    "macaddr_or" (Bytea(a), Bytea(b)) => Ok(bytes(a.iter().zip(&**b).map(|(a, b)| a | b).collect()));
    "macaddr8_or" (Bytea(a), Bytea(b)) => Ok(bytes(a.iter().zip(&**b).map(|(a, b)| a | b).collect()));
    "macaddr_trunc" (Bytea(a)) => Ok(manufacturer(a));
    "macaddr8_trunc" (Bytea(a)) => Ok(manufacturer(a));
    "macaddrtomacaddr8" (Bytea(a)) => Ok(bytes(mac::widened(a)));
    "macaddr8tomacaddr" (Bytea(a)) => mac::narrowed(a).map(bytes);
    "macaddr8_set7bit" (Bytea(a)) => {
        let set = |(index, &byte): (usize, &u8)| if index == 0 { byte | 0x02 } else { byte };
        Ok(bytes(a.iter().enumerate().map(set).collect()))
    };
};

fn address(value: Result<Inet>) -> Result<Datum> {
    value.map(|inet| Address(Arc::new(inet)))
}

fn bytes(value: Vec<u8>) -> Datum {
    Bytea(value.into())
}

/// Only the first three bytes, which name the manufacturer.
fn manufacturer(value: &[u8]) -> Datum {
    let kept = |(index, &byte): (usize, &u8)| if index < 3 { byte } else { 0 };
    bytes(value.iter().enumerate().map(kept).collect())
}
