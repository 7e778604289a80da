//! The odd values of each type: its ends, zero, what is equal though it is written otherwise, what has no place.

use kumquat_types::{Datum, Oid, builtin_type, builtin_type_by_name, io};

use crate::session::Session;

const VALUES: &[(&str, &[&str])] = &[
    ("bool", &["t", "f"]),
    ("int2", &["0", "1", "-1", "7", "32767", "-32768"]),
    ("int4", &["0", "1", "-1", "7", "100", "2147483647", "-2147483648"]),
    (
        "int8",
        &[
            "0",
            "1",
            "-1",
            "7",
            "2147483648",
            "9223372036854775807",
            "-9223372036854775808",
        ],
    ),
    ("oid", &["0", "1", "4294967295"]),
    ("xid", &["0", "4294967295"]),
    ("xid8", &["0", "18446744073709551615"]),
    ("cid", &["0", "7"]),
    ("tid", &["(0,0)", "(4294967295,65535)"]),
    (
        "float4",
        &[
            "0",
            "-0",
            "1",
            "1.5",
            "-2.25",
            "1e-37",
            "3.4e38",
            "NaN",
            "Infinity",
            "-Infinity",
        ],
    ),
    (
        "float8",
        &[
            "0",
            "-0",
            "1",
            "0.1",
            "-2.5",
            "1e300",
            "5e-324",
            "1e15",
            "NaN",
            "Infinity",
            "-Infinity",
        ],
    ),
    (
        "numeric",
        &[
            "0",
            "0.00",
            "1",
            "1.000",
            "-1.5",
            "0.0001",
            "12345678901234567890.123456789",
            "1e300",
            "1e-300",
            "NaN",
            "Infinity",
            "-Infinity",
        ],
    ),
    (
        "money",
        &["0", "$1.50", "-$92233720368547758.08", "$92,233,720,368,547,758.07"],
    ),
    (
        "text",
        &[
            "",
            " ",
            "a",
            "A",
            "ab",
            "a b ",
            "%a_",
            "\\",
            "'",
            "\"x\"",
            "{1,2}",
            "NULL",
            "漢字",
            "e\u{301}",
            "\u{1F600}",
            "12",
            "2024-02-29",
            "(a|b)*",
            "a\tb\n",
        ],
    ),
    ("varchar", &["", "a", "ab ", "漢"]),
    ("bpchar", &["", "a", "a  ", "ab", "漢 "]),
    ("name", &["", "a", "A b", "漢字"]),
    ("char", &["", "a", "\\200"]),
    ("bytea", &["", "\\x00", "\\xff00ff", "\\x616263"]),
    (
        "uuid",
        &[
            "00000000-0000-0000-0000-000000000000",
            "ffffffffffffffffffffffffffffffff",
        ],
    ),
    (
        "date",
        &[
            "2000-01-01",
            "1999-12-31",
            "2024-02-29",
            "4713-01-01 BC",
            "5874897-12-31",
            "infinity",
            "-infinity",
        ],
    ),
    ("time", &["00:00", "12:30:00.5", "23:59:59.999999", "24:00"]),
    (
        "timetz",
        &["00:00+00", "12:30:00.5+02", "24:00-15:59:59", "11:30:00.5+01"],
    ),
    (
        "timestamp",
        &[
            "2000-01-01",
            "1969-12-31 23:59:59.999999",
            "2024-02-29 12:00",
            "4713-01-01 00:00:00 BC",
            "294276-12-31 23:59:59.999999",
            "infinity",
            "-infinity",
        ],
    ),
    (
        "timestamptz",
        &[
            "2000-01-01",
            "2024-02-29 12:00+05:30",
            "2024-02-29 06:30+00",
            "294276-12-31 23:59:59.999999+00",
            "infinity",
            "-infinity",
        ],
    ),
    (
        "interval",
        &[
            "0",
            "1 mon",
            "30 days",
            "720:00:00",
            "-1 day",
            "1 day -1 hour",
            "0.000001",
            "178000000 years",
            "-178000000 years",
        ],
    ),
    (
        "json",
        &[
            "null",
            "1",
            "\"a\"",
            "[]",
            "{}",
            "[1, {\"a\": null}]",
            "{\"a\": 1, \"a\": 2}",
            "\"\\u00e9\"",
        ],
    ),
    (
        "jsonb",
        &[
            "null",
            "true",
            "1",
            "1.0",
            "\"a\"",
            "[]",
            "{}",
            "[1, \"a\", null]",
            "{\"a\": {\"b\": [1, 2]}}",
            "[[]]",
        ],
    ),
    ("jsonpath", &["$", "$.a", "strict $[*]", "$.a ? (@ > 1)", "lax $.**"]),
    (
        "inet",
        &[
            "0.0.0.0",
            "127.0.0.1/8",
            "192.168.1.5",
            "::1",
            "fe80::1/10",
            "::ffff:1.2.3.4/128",
        ],
    ),
    ("cidr", &["0.0.0.0/0", "10.0.0.0/8", "2001:db8::/32"]),
    ("macaddr", &["00:00:00:00:00:00", "08:00:2b:01:02:03"]),
    ("macaddr8", &["00:00:00:00:00:00:00:00", "08:00:2b:01:02:03:04:05"]),
    ("bit", &["0", "1", "1010"]),
    ("varbit", &["", "0", "1", "10101010101"]),
    ("point", &["(0,0)", "(1.5,-2)", "(Infinity,NaN)"]),
    ("lseg", &["[(0,0),(1,1)]", "[(1,1),(1,1)]"]),
    ("line", &["{1,-1,0}", "{0,1,2}"]),
    ("box", &["(1,1),(0,0)", "(2,2),(-2,-2)"]),
    ("path", &["[(0,0),(1,1)]", "((0,0),(1,0),(1,1))"]),
    ("polygon", &["((0,0),(1,0),(1,1))", "((0,0))"]),
    ("circle", &["<(0,0),0>", "<(1,2),3>"]),
    ("pg_lsn", &["0/0", "FFFFFFFF/FFFFFFFF"]),
    ("int4range", &["empty", "[1,5)", "(,)", "[3,)", "(,7)"]),
    ("int8range", &["empty", "[1,9223372036854775807)"]),
    ("numrange", &["empty", "[1.5,2.50]", "(1,1.5]", "[1,NaN]"]),
    (
        "daterange",
        &["empty", "[2024-01-01,2024-02-29)", "[-infinity,infinity)", "(,)"],
    ),
    ("tsrange", &["empty", "[\"2024-01-01\",\"2024-02-29\"]"]),
    ("tstzrange", &["empty", "(,\"2024-02-29 00:00:00+00\")"]),
    ("int4multirange", &["{}", "{[1,3),[5,7)}", "{(,)}"]),
    ("int8multirange", &["{}", "{[1,3)}"]),
    ("nummultirange", &["{}", "{[1,2],(3,4)}"]),
    ("datemultirange", &["{}", "{[2024-01-01,2024-02-29)}"]),
    ("tsmultirange", &["{}", "{[\"2024-01-01\",\"2024-02-29\"]}"]),
    ("tstzmultirange", &["{}"]),
    ("_int4", &["{}", "{1,NULL,3}", "{{1,2},{3,4}}", "[2:3]={5,6}"]),
    ("_int8", &["{}", "{1,2}"]),
    ("_int2", &["{}", "{1,2}"]),
    ("_float8", &["{}", "{NaN,0.5}"]),
    ("_numeric", &["{}", "{1.0,NULL}"]),
    (
        "_text",
        &[
            "{}",
            "{a,NULL,\"NULL\",\"\"}",
            "{\"a,b\",\"\\\"\",\"\\\\\",\" \",\"{}\"}",
        ],
    ),
    ("_bool", &["{t,f,NULL}"]),
    ("_date", &["{2024-02-29,infinity}"]),
    ("_timestamptz", &["{\"2024-02-29 00:00:00+00\"}"]),
    ("_jsonb", &["{\"{\\\"a\\\": 1}\"}"]),
    ("_uuid", &["{}"]),
    ("_int4range", &["{\"[1,2)\",empty}"]),
    ("int2vector", &["", "1 2 3"]),
    ("oidvector", &["", "1 4294967295"]),
];

/// All types that values are known of, each with its values.
pub fn all() -> impl Iterator<Item = (Oid, Vec<Datum>)> {
    VALUES.iter().map(|(name, texts)| {
        let type_oid = builtin_type_by_name(name)
            .unwrap_or_else(|| panic!("no type {name}"))
            .oid;
        let read = |text: &&str| {
            io::input(&Session, type_oid, -1, text).unwrap_or_else(|error| panic!("{name} '{text}': {error:?}"))
        };
        (type_oid, texts.iter().map(read).collect())
    })
}

/// How a value is named in the report of a fault.
pub fn shown(type_oid: Oid, value: &Datum) -> String {
    let name = builtin_type(type_oid).map_or("?", |known| known.name);
    match value {
        Datum::Null => format!("NULL::{name}"),
        value => format!("'{}'::{name}", io::output(&Session, type_oid, value)),
    }
}
