//! PostgreSQL's hash functions, bit by bit those of a little-endian server.
//!
//! They show: Citus places rows by them, hash partitions too, and `hashtext(x)` can be called. Bytes are hashed
//! with Bob Jenkins' lookup3 (public domain). Each hash has a 32-bit form and, with a seed, a 64-bit form whose
//! low half for seed 0 is the 32-bit one.

use crate::compare::{span, trim};
use crate::io::char_byte;
use crate::{ArrayValue, Datum, Inet, Json, Numeric, Oid, RangeValue, RecordValue};

/// The hash of a value by the default hash operator class of its type, None if there is none. NULL hashes to 0.
pub fn hash(type_oid: Oid, value: &Datum) -> Option<u32> {
    hash_with(&Plain, type_oid, value)
}

/// The 64-bit hash with a seed.
pub fn hash_extended(type_oid: Oid, value: &Datum, seed: u64) -> Option<u64> {
    hash_with(&Seeded(seed), type_oid, value)
}

/// `hash_any`.
pub fn hash_bytes(bytes: &[u8]) -> u32 {
    Plain.bytes(bytes)
}

/// `hash_uint32`.
pub fn hash_u32(value: u32) -> u32 {
    Plain.word(value)
}

/// What the plain and the seeded family differ in.
trait Family {
    type Hash: Copy + std::ops::BitXor<Output = Self::Hash>;
    fn bytes(&self, bytes: &[u8]) -> Self::Hash;
    fn word(&self, word: u32) -> Self::Hash;
    /// A number taken for a hash as it is, a negative one widened with its sign.
    fn raw(&self, value: i32) -> Self::Hash;
    fn zero_float(&self) -> Self::Hash;
    fn zero_numeric(&self) -> Self::Hash;
    fn special_numeric(&self) -> Self::Hash;
    /// What each element does to the hash of an array or record: times 31, plus the element.
    fn fold(&self, sum: Self::Hash, element: Self::Hash) -> Self::Hash;
    fn rotate(&self, hash: Self::Hash) -> Self::Hash;
    fn json_empty(&self) -> Self::Hash;
    fn json_container(&self, mark: u32) -> Self::Hash;
    fn json_null(&self) -> Self::Hash;
    fn json_bool(&self, value: bool) -> Self::Hash;
}

struct Plain;
struct Seeded(u64);

impl Family for Plain {
    type Hash = u32;

    fn bytes(&self, bytes: &[u8]) -> u32 {
        Lookup3::new(bytes.len()).absorb(bytes).2
    }

    fn word(&self, word: u32) -> u32 {
        Lookup3::new(4).finish_word(word).2
    }

    fn raw(&self, value: i32) -> u32 {
        value as u32
    }

    fn zero_float(&self) -> u32 {
        0
    }

    fn zero_numeric(&self) -> u32 {
        u32::MAX
    }

    fn special_numeric(&self) -> u32 {
        0
    }

    fn fold(&self, sum: u32, element: u32) -> u32 {
        (sum << 5).wrapping_sub(sum).wrapping_add(element)
    }

    fn rotate(&self, hash: u32) -> u32 {
        hash.rotate_left(1)
    }

    fn json_empty(&self) -> u32 {
        0
    }

    fn json_container(&self, mark: u32) -> u32 {
        mark
    }

    fn json_null(&self) -> u32 {
        1
    }

    fn json_bool(&self, value: bool) -> u32 {
        if value { 2 } else { 4 }
    }
}

impl Family for Seeded {
    type Hash = u64;

    fn bytes(&self, bytes: &[u8]) -> u64 {
        Lookup3::new(bytes.len()).seed(self.0).absorb(bytes).wide()
    }

    fn word(&self, word: u32) -> u64 {
        Lookup3::new(4).seed(self.0).finish_word(word).wide()
    }

    fn raw(&self, value: i32) -> u64 {
        i64::from(value) as u64
    }

    fn zero_float(&self) -> u64 {
        self.0
    }

    fn zero_numeric(&self) -> u64 {
        self.0.wrapping_sub(1)
    }

    fn special_numeric(&self) -> u64 {
        self.0
    }

    fn fold(&self, sum: u64, element: u64) -> u64 {
        (sum << 5).wrapping_sub(sum).wrapping_add(element)
    }

    fn rotate(&self, hash: u64) -> u64 {
        let half = |word: u64| u64::from((word as u32).rotate_left(1));
        half(hash >> 32) << 32 | half(hash)
    }

    fn json_empty(&self) -> u64 {
        self.0
    }

    fn json_container(&self, mark: u32) -> u64 {
        u64::from(mark) << 32 | u64::from(mark)
    }

    fn json_null(&self) -> u64 {
        self.0.wrapping_add(1)
    }

    fn json_bool(&self, value: bool) -> u64 {
        match (self.0, value) {
            (0, true) => 2,
            (0, false) => 4,
            _ => self.word(u32::from(value)),
        }
    }
}

fn hash_with<F: Family>(family: &F, type_oid: Oid, value: &Datum) -> Option<F::Hash> {
    Some(match value {
        Datum::Null => family.raw(0),
        Datum::Bool(v) => family.word(u32::from(*v)),
        Datum::Int2(v) => family.word(i32::from(*v) as u32),
        Datum::Int4(v) | Datum::Date(v) => family.word(*v as u32),
        Datum::Int8(_) if type_oid == Oid::MONEY => return None,
        Datum::Int8(v) | Datum::Time(v) | Datum::Timestamp(v) | Datum::TimestampTz(v) => wide_integer(family, *v),
        Datum::Oid(v) => family.word(*v),
        Datum::Float4(v) => float(family, f64::from(*v)),
        Datum::Float8(v) => float(family, *v),
        Datum::Numeric(v) => numeric(family, v),
        Datum::Text(v) => match type_oid {
            Oid::BPCHAR => family.bytes(trim(v).as_bytes()),
            // The first byte, as a signed number.
            Oid::CHAR => family.word(i32::from(char_byte(v) as i8) as u32),
            _ if !hashes_text(type_oid) => return None,
            _ => family.bytes(v.as_bytes()),
        },
        Datum::Bytea(v) => family.bytes(v),
        Datum::Uuid(v) => family.bytes(v),
        Datum::TimeTz(v, zone) => wide_integer(family, *v) ^ family.word(*zone as u32),
        Datum::Interval(v) => wide_integer(family, span(v) as i64),
        Datum::Inet(v) => inet(family, v),
        Datum::Enum(v) => family.word(v.oid.0),
        Datum::Jsonb(v) => json(family, v),
        Datum::Array(v) => array(family, v)?,
        Datum::Record(v) => record(family, v)?,
        Datum::Range(v) => range(family, v)?,
        Datum::Multirange(v) => v
            .iter()
            .try_fold(family.raw(1), |sum, part| Some(family.fold(sum, range(family, part)?)))?,
        Datum::Bits(_) | Datum::Void => return None,
    })
}

/// Whether a type whose values are kept as text has a hash operator class. A user's type is one over text.
fn hashes_text(type_oid: Oid) -> bool {
    let known = matches!(type_oid, Oid::TEXT | Oid::VARCHAR | Oid::NAME | Oid::INVALID);
    known || type_oid.0 >= Oid::FIRST_NORMAL
}

/// The halves of a bigint are folded so that an integer hashes like a smaller type's.
fn wide_integer<F: Family>(family: &F, value: i64) -> F::Hash {
    let (low, high) = (value as u32, (value >> 32) as u32);
    family.word(low ^ if value >= 0 { high } else { !high })
}

fn float<F: Family>(family: &F, value: f64) -> F::Hash {
    match value {
        0.0 => family.zero_float(),
        _ if value.is_nan() => family.bytes(&f64::NAN.to_le_bytes()),
        value => family.bytes(&value.to_le_bytes()),
    }
}

/// The digits as 16-bit words, and the weight; neither sign nor scale.
fn numeric<F: Family>(family: &F, value: &Numeric) -> F::Hash {
    if !value.is_finite() {
        return family.special_numeric();
    }
    if value.digits.is_empty() {
        return family.zero_numeric();
    }
    let bytes: Vec<u8> = value.digits.iter().flat_map(|digit| digit.to_le_bytes()).collect();
    family.bytes(&bytes) ^ family.raw(value.weight)
}

/// Family (2 for IPv4, 3 for IPv6), prefix length, address.
fn inet<F: Family>(family: &F, value: &Inet) -> F::Hash {
    let mut bytes = Vec::with_capacity(18);
    match value.address {
        std::net::IpAddr::V4(v4) => {
            bytes.extend([2, value.prefix]);
            bytes.extend(v4.octets());
        }
        std::net::IpAddr::V6(v6) => {
            bytes.extend([3, value.prefix]);
            bytes.extend(v6.octets());
        }
    }
    family.bytes(&bytes)
}

fn array<F: Family>(family: &F, value: &ArrayValue) -> Option<F::Hash> {
    value.values.iter().try_fold(family.raw(1), |sum, element| {
        Some(family.fold(sum, hash_with(family, value.element, element)?))
    })
}

fn record<F: Family>(family: &F, value: &RecordValue) -> Option<F::Hash> {
    value
        .values
        .iter()
        .zip(value.types.iter())
        .try_fold(family.raw(0), |sum, (field, (type_oid, _))| {
            Some(family.fold(sum, hash_with(family, *type_oid, field)?))
        })
}

fn range<F: Family>(family: &F, value: &RangeValue) -> Option<F::Hash> {
    const EMPTY: u32 = 1;
    const LOWER_INCLUSIVE: u32 = 2;
    const UPPER_INCLUSIVE: u32 = 4;
    const LOWER_INFINITE: u32 = 8;
    const UPPER_INFINITE: u32 = 16;
    let flag = |set: bool, flag: u32| if set { flag } else { 0 };
    let (flags, lower, upper) = match value {
        RangeValue::Empty => (EMPTY, &None, &None),
        RangeValue::Bounds {
            lower,
            lower_inclusive,
            upper,
            upper_inclusive,
        } => (
            flag(*lower_inclusive, LOWER_INCLUSIVE)
                | flag(*upper_inclusive, UPPER_INCLUSIVE)
                | flag(lower.is_none(), LOWER_INFINITE)
                | flag(upper.is_none(), UPPER_INFINITE),
            lower,
            upper,
        ),
    };
    let bound = |bound: &Option<Datum>| match bound {
        Some(value) => hash_with(family, Oid::INVALID, value),
        None => Some(family.raw(0)),
    };
    Some(family.rotate(family.word(flags) ^ bound(lower)?) ^ bound(upper)?)
}

/// Marks of containers in the stored form of jsonb.
const JSON_ARRAY: u32 = 0x4000_0000;
const JSON_OBJECT: u32 = 0x2000_0000;

fn json<F: Family>(family: &F, value: &Json) -> F::Hash {
    let start = family.raw(0);
    match value {
        Json::Array(elements) if elements.is_empty() => family.json_empty(),
        Json::Object(pairs) if pairs.is_empty() => family.json_empty(),
        Json::Array(_) | Json::Object(_) => json_value(family, start, value),
        // A scalar by itself is stored as an array of one.
        scalar => json_value(family, start ^ family.json_container(JSON_ARRAY), scalar),
    }
}

fn json_value<F: Family>(family: &F, sum: F::Hash, value: &Json) -> F::Hash {
    let scalar = match value {
        Json::Array(elements) => {
            let start = sum ^ family.json_container(JSON_ARRAY);
            return elements
                .iter()
                .fold(start, |sum, element| json_value(family, sum, element));
        }
        Json::Object(pairs) => {
            let start = sum ^ family.json_container(JSON_OBJECT);
            return pairs.iter().fold(start, |sum, (key, value)| {
                let key = family.rotate(sum) ^ family.bytes(key.as_bytes());
                json_value(family, key, value)
            });
        }
        Json::Null => family.json_null(),
        Json::Bool(v) => family.json_bool(*v),
        Json::String(v) => family.bytes(v.as_bytes()),
        Json::Number(v) => numeric(family, v),
    };
    family.rotate(sum) ^ scalar
}

/// The three words of lookup3's state.
struct Lookup3(u32, u32, u32);

impl Lookup3 {
    fn new(length: usize) -> Lookup3 {
        let start = 0x9E37_79B9u32.wrapping_add(length as u32).wrapping_add(3_923_095);
        Lookup3(start, start, start)
    }

    fn seed(mut self, seed: u64) -> Lookup3 {
        if seed != 0 {
            self.0 = self.0.wrapping_add((seed >> 32) as u32);
            self.1 = self.1.wrapping_add(seed as u32);
            self.mix();
        }
        self
    }

    fn absorb(mut self, bytes: &[u8]) -> Lookup3 {
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0u32, |word, &byte| word << 8 | u32::from(byte));
        let blocks = bytes.chunks_exact(12);
        let rest = blocks.remainder();
        for block in blocks {
            self.add(word(&block[..4]), word(&block[4..8]), word(&block[8..]));
            self.mix();
        }
        let part = |from: usize, to: usize| rest.get(from.min(rest.len())..to.min(rest.len())).map_or(0, word);
        // The lowest byte of the last word is kept for the length.
        self.add(part(0, 4), part(4, 8), part(8, 11) << 8);
        self.finish();
        self
    }

    fn finish_word(mut self, word: u32) -> Lookup3 {
        self.0 = self.0.wrapping_add(word);
        self.finish();
        self
    }

    fn wide(&self) -> u64 {
        u64::from(self.1) << 32 | u64::from(self.2)
    }

    fn add(&mut self, a: u32, b: u32, c: u32) {
        self.0 = self.0.wrapping_add(a);
        self.1 = self.1.wrapping_add(b);
        self.2 = self.2.wrapping_add(c);
    }

    fn mix(&mut self) {
        let Lookup3(mut a, mut b, mut c) = *self;
        for [first, second, third] in [[4, 6, 8], [16, 19, 4]] {
            a = a.wrapping_sub(c) ^ c.rotate_left(first);
            c = c.wrapping_add(b);
            b = b.wrapping_sub(a) ^ a.rotate_left(second);
            a = a.wrapping_add(c);
            c = c.wrapping_sub(b) ^ b.rotate_left(third);
            b = b.wrapping_add(a);
        }
        *self = Lookup3(a, b, c);
    }

    fn finish(&mut self) {
        let Lookup3(mut a, mut b, mut c) = *self;
        c = (c ^ b).wrapping_sub(b.rotate_left(14));
        a = (a ^ c).wrapping_sub(c.rotate_left(11));
        b = (b ^ a).wrapping_sub(a.rotate_left(25));
        c = (c ^ b).wrapping_sub(b.rotate_left(16));
        a = (a ^ c).wrapping_sub(c.rotate_left(4));
        b = (b ^ a).wrapping_sub(a.rotate_left(14));
        c = (c ^ b).wrapping_sub(b.rotate_left(24));
        *self = Lookup3(a, b, c);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::sync::Arc;

    use super::*;
    use crate::Interval;

    fn number(text: &str) -> Arc<Numeric> {
        Numeric::parse(text).unwrap().into()
    }

    fn int_range(lower: i32, upper: Option<i32>) -> Datum {
        Datum::Range(Arc::new(RangeValue::Bounds {
            lower: Some(lower.into()),
            lower_inclusive: true,
            upper: upper.map(Datum::from),
            upper_inclusive: false,
        }))
    }

    fn row(values: Vec<Datum>, types: &[Oid]) -> Datum {
        let types = types.iter().map(|&oid| (oid, -1)).collect();
        Datum::Record(Arc::new(RecordValue {
            values,
            types,
            names: [].into(),
        }))
    }

    #[test]
    fn hashes_are_those_of_a_server() {
        let inet = |text: &str, prefix| {
            Datum::Inet(
                Inet {
                    address: text.parse().unwrap(),
                    prefix,
                }
                .into(),
            )
        };
        let object = Json::Object(vec![
            (
                "a".into(),
                Json::Array(vec![Json::Number(number("1")), Json::Null, Json::Bool(true)]),
            ),
            ("b".into(), Json::String("x".into())),
        ]);
        for (type_oid, value, expect) in [
            (Oid::INT4, Datum::Int4(1), -1905060026),
            (Oid::INT4, Datum::Int4(-1), 385747274),
            (Oid::INT8, Datum::Int8(1), -1905060026),
            (Oid::INT8, Datum::Int8(-5_000_000_000), 954517114),
            (Oid::INT8, Datum::Int8(5_000_000_000), -694934712),
            (Oid::TEXT, "abc".into(), -785388649),
            (Oid::TEXT, "".into(), -1477818771),
            (Oid::TEXT, "hello world, this is long".into(), -1137652777),
            (Oid::BPCHAR, "ab  ".into(), 1718550461),
            (Oid::NUMERIC, Datum::Numeric(number("1.5")), 692967894),
            (Oid::NUMERIC, Datum::Numeric(number("-1.50")), 692967894),
            (Oid::NUMERIC, Datum::Numeric(number("0.0")), -1),
            (Oid::NUMERIC, Datum::Numeric(number("1e-5")), 1951971036),
            (Oid::NUMERIC, Datum::Numeric(number("NaN")), 0),
            (Oid::FLOAT8, Datum::Float8(1.5), 630860146),
            (Oid::FLOAT4, Datum::Float4(1.5), 630860146),
            (Oid::FLOAT8, Datum::Float8(-0.0), 0),
            (Oid::FLOAT8, Datum::Float8(f64::NAN), -1275764840),
            (
                Oid::INTERVAL,
                Datum::Interval(Interval {
                    months: 1,
                    days: -3,
                    micros: 14_700_000_000,
                }),
                -1264369574,
            ),
            (Oid::INET, inet("10.1.2.3", 24), 1074326899),
            (Oid::INET, inet("::1", 128), 1984372031),
            (Oid::JSONB, Datum::Jsonb(object.into()), 1523172708),
            (Oid::JSONB, Datum::Jsonb(Json::Number(number("5")).into()), 592623376),
            (
                Oid::RECORD,
                row(
                    vec![Datum::Int4(1), "a".into(), Datum::Null],
                    &[Oid::INT4, Oid::TEXT, Oid::TEXT],
                ),
                -2140863691,
            ),
            (Oid::INT4RANGE, int_range(1, Some(5)), 728650269),
            (Oid::INT4RANGE, int_range(5, None), -1641327761),
            (Oid::INT4RANGE, Datum::Range(RangeValue::Empty.into()), 484847245),
            (Oid::CHAR, "a".into(), 463612535),
            (Oid::OID, Datum::Oid(4_000_000_000), -739285521),
        ] {
            assert_eq!(hash(type_oid, &value).map(|h| h as i32), Some(expect), "{value:?}");
        }
        assert_eq!(
            hash(Oid::VARBIT, &Datum::Bits(crate::BitString(vec![true]).into())),
            None
        );
    }

    #[test]
    fn seeded_hashes_are_those_of_a_server() {
        let array = |json: Vec<Json>| Json::Object(vec![("a".into(), Json::Array(json))]);
        let one = || Json::Number(number("1"));
        for (value, seed, expect) in [
            (Datum::Int4(1), 0, -3670598878359251130i64),
            (Datum::Int4(1), 7, -6563890024097284161),
            (Datum::Int8(-5), 7, -1153735631166043584),
            ("abc".into(), 0, -6747756470228489321),
            ("abcdefghijklmnop".into(), 123_456_789_012, -8200993234521148167),
            (Datum::Numeric(number("1.5")), 3, -7723975666727976740),
            (Datum::Numeric(number("0.0001")), 0, 7507508252608306359),
            (Datum::Float8(1.5), 9, 420245996409940593),
            (
                Datum::Array(ArrayValue::vector(Oid::INT4, vec![1.into(), 2.into()]).into()),
                5,
                -5698862964492111057,
            ),
            (
                Datum::Jsonb(array(vec![one(), Json::Bool(true)]).into()),
                0,
                -1658798473960356777,
            ),
            (
                Datum::Jsonb(array(vec![one(), Json::Bool(true), Json::Null]).into()),
                6,
                -581696864246652040,
            ),
            (int_range(1, Some(5)), 4, -301223536929216790),
            (row(vec![1.into(), 2.into()], &[Oid::INT4; 2]), 8, -135836644726824827),
            (
                Datum::Interval(Interval {
                    months: 0,
                    days: 1,
                    micros: 0,
                }),
                3,
                6065420184059323750,
            ),
            (Datum::TimeTz(36_000_000_000, -7200), 2, 2983228079179445724),
        ] {
            assert_eq!(
                hash_extended(Oid::INVALID, &value, seed).map(|h| h as i64),
                Some(expect),
                "{value:?}"
            );
        }
    }

    #[test]
    fn the_low_half_of_an_unseeded_wide_hash_is_the_narrow_one() {
        for text in [
            "",
            "a",
            "twelve bytes",
            "more than twelve bytes",
            "twenty-four bytes, you see",
        ] {
            let wide = hash_extended(Oid::TEXT, &text.into(), 0);
            assert_eq!(wide.map(|h| h as u32), hash(Oid::TEXT, &text.into()));
        }
    }
}
