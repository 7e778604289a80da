//! PostgreSQL's hash functions by name: `hashtext('x')`, `hashint8extended(1, 0)`.

use super::{Family, unexpected};
use crate::hash::{hash, hash_extended};
use crate::{Call, Datum, Error, Implementation, Oid, Result, SqlState, format_type};

macro_rules! under_names {
    ($implementation:expr; $($name:literal)*) => { &[$(($name, $implementation)),*] };
}

/// 32 bits, without a seed.
pub static PLAIN: Family = under_names! {
    Implementation::Scalar(plain);
    "hashint2" "hashint4" "hashint8" "hashfloat4" "hashfloat8" "hashoid" "hashenum" "hashchar" "hashname" "hashtext"
    "hashbpchar" "hash_numeric" "hash_array" "hash_record" "hash_range" "hash_multirange" "jsonb_hash" "uuid_hash"
    "timestamp_hash" "time_hash" "timetz_hash" "interval_hash" "hashinet" "hashmacaddr" "hashmacaddr8" "pg_lsn_hash"
    "hashoidvector"
};

/// 64 bits, with a seed.
pub static EXTENDED: Family = under_names! {
    Implementation::Scalar(extended);
    "hashint2extended" "hashint4extended" "hashint8extended" "hashfloat4extended" "hashfloat8extended"
    "hashoidextended" "hashenumextended" "hashcharextended" "hashnameextended" "hashtextextended"
    "hashbpcharextended" "hash_numeric_extended" "hash_array_extended" "hash_record_extended" "hash_range_extended"
    "hash_multirange_extended" "jsonb_hash_extended" "uuid_hash_extended" "timestamp_hash_extended"
    "time_hash_extended" "timetz_hash_extended" "interval_hash_extended" "hashinetextended" "hashmacaddrextended"
    "hashmacaddr8extended" "pg_lsn_hash_extended" "hashoidvectorextended"
};

fn plain(call: &mut Call<'_>, args: &[Datum]) -> Result<Datum> {
    let [value] = args else {
        return Err(unexpected("a hash function", args));
    };
    let type_oid = call.arg_types.first().copied().unwrap_or_default();
    let hash = hash(type_oid, value).map(|hash| Datum::Int4(hash as i32));
    hash.ok_or_else(|| no_hash(call, "a hash function", type_oid, value))
}

fn extended(call: &mut Call<'_>, args: &[Datum]) -> Result<Datum> {
    let [value, Datum::Int8(seed)] = args else {
        return Err(unexpected("a hash function", args));
    };
    let type_oid = call.arg_types.first().copied().unwrap_or_default();
    let hash = hash_extended(type_oid, value, *seed as u64).map(|hash| Datum::Int8(hash as i64));
    hash.ok_or_else(|| no_hash(call, "an extended hash function", type_oid, value))
}

/// Names the type that has no hash, which may be one inside of an array or row.
fn no_hash(call: &Call<'_>, what: &str, type_oid: Oid, value: &Datum) -> Error {
    let culprit = match value {
        Datum::Array(array) => array.element,
        Datum::Record(record) => {
            let mut fields = record.types.iter().zip(&record.values);
            let found = fields.find(|((type_oid, _), value)| hash(*type_oid, value).is_none());
            found.map_or(type_oid, |((type_oid, _), _)| *type_oid)
        }
        _ => type_oid,
    };
    Error::new(
        SqlState::UNDEFINED_FUNCTION,
        format!("could not identify {what} for type {}", format_type(call.env, culprit)),
    )
}
