//! `to_char`, `to_date`, `to_timestamp` and `to_number`.

use super::Family;
use crate::Datum::{self, Float4, Float8, Int4, Int8, Interval, Null, Numeric, Text, Timestamp, TimestampTz};
use crate::Result;
use crate::datetime::settings::session_zone;
use crate::datetime::timestamp::is_finite;
use crate::formatting::assemble;
use crate::formatting::number::{float_to_char, integer_to_char, numeric_to_char, to_number};
use crate::formatting::to_char::Moment;

pub static FUNCTIONS: Family = family! { call;
    "timestamp_to_char" (Timestamp(value), Text(template)) => {
        if template.is_empty() || !is_finite(*value) {
            return Ok(Null);
        }
        text(Moment::timestamp(*value, None).format(template))
    };
    "timestamptz_to_char" (TimestampTz(value), Text(template)) => {
        if template.is_empty() || !is_finite(*value) {
            return Ok(Null);
        }
        let zone = session_zone(call.env);
        let local = zone.at(*value);
        let shown = (local.offset, &*local.abbreviation);
        text(Moment::timestamp(zone.local(*value), Some(shown)).format(template))
    };
    "interval_to_char" (Interval(value), Text(template)) => {
        if template.is_empty() {
            return Ok(Null);
        }
        text(Moment::interval(value).format(template))
    };
    "numeric_to_char" (Numeric(value), Text(template)) => text(numeric_to_char(value, template));
    "int4_to_char" (Int4(value), Text(template)) => text(integer_to_char(i64::from(*value), template));
    "int8_to_char" (Int8(value), Text(template)) => text(integer_to_char(*value, template));
    "float4_to_char" (Float4(value), Text(template)) => text(float_to_char(f64::from(*value), 6, template));
    "float8_to_char" (Float8(value), Text(template)) => text(float_to_char(*value, 15, template));
    "numeric_to_number" (Text(value), Text(template)) => to_number(value, template);
    "to_date" (Text(value), Text(template)) => assemble::to_date(value, template);
    "to_timestamp" (Text(value), Text(template)) => assemble::to_timestamp(call.env, value, template);
};

fn text(formatted: Result<String>) -> Result<Datum> {
    formatted.map(Datum::from)
}
