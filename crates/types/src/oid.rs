//! Object identifiers, and the built-in types by their oids (PostgreSQL's pg_type.dat).

use std::collections::HashMap;
use std::sync::OnceLock;

/// An object identifier; 0 is "none".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(pub u32);

impl Oid {
    pub const INVALID: Oid = Oid(0);
    /// The first oid given to an object that a user makes.
    pub const FIRST_NORMAL: u32 = 16384;

    pub fn is_valid(self) -> bool {
        self.0 != 0
    }
}

impl std::fmt::Display for Oid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// `typtype` of pg_type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeKind {
    Base,
    Composite,
    Domain,
    Enum,
    Pseudo,
    Range,
    Multirange,
}

/// One row of pg_type for a type that is built in.
#[derive(Debug)]
pub struct BuiltinType {
    pub oid: Oid,
    /// `typname`, e.g. `int4`; `_int4` for its array.
    pub name: &'static str,
    /// What `format_type` prints without a type modifier, e.g. `integer`.
    pub sql_name: &'static str,
    pub kind: TypeKind,
    /// `typcategory`: 'N' numeric, 'S' string, 'D' date/time ...
    pub category: u8,
    pub preferred: bool,
    /// `typlen`: bytes, -1 for varlena, -2 for cstring.
    pub length: i16,
    pub by_value: bool,
    /// `typalign` and `typstorage`.
    pub align: u8,
    pub storage: u8,
    /// `typelem` of a true array type, else 0.
    pub element: Oid,
    /// `typarray`, or 0.
    pub array: Oid,
    pub collatable: bool,
}

/// The built-in type with this oid, if there is one.
pub fn builtin_type(oid: Oid) -> Option<&'static BuiltinType> {
    BUILTIN_TYPES
        .binary_search_by_key(&oid, |t| t.oid)
        .ok()
        .and_then(|i| BUILTIN_TYPES.get(i))
}

/// The built-in type with this `typname`.
pub fn builtin_type_by_name(name: &str) -> Option<&'static BuiltinType> {
    static BY_NAME: OnceLock<HashMap<&str, &BuiltinType>> = OnceLock::new();
    BY_NAME
        .get_or_init(|| BUILTIN_TYPES.iter().map(|t| (t.name, t)).collect())
        .get(name)
        .copied()
}

/// The oids of the built-in types, under their `typname`.
impl Oid {
    pub const BOOL: Oid = Oid(16);
    pub const BYTEA: Oid = Oid(17);
    pub const CHAR: Oid = Oid(18);
    pub const NAME: Oid = Oid(19);
    pub const INT8: Oid = Oid(20);
    pub const INT2: Oid = Oid(21);
    pub const INT2VECTOR: Oid = Oid(22);
    pub const INT4: Oid = Oid(23);
    pub const REGPROC: Oid = Oid(24);
    pub const TEXT: Oid = Oid(25);
    pub const OID: Oid = Oid(26);
    pub const TID: Oid = Oid(27);
    pub const XID: Oid = Oid(28);
    pub const CID: Oid = Oid(29);
    pub const OIDVECTOR: Oid = Oid(30);
    pub const PG_DDL_COMMAND: Oid = Oid(32);
    pub const JSON: Oid = Oid(114);
    pub const XML: Oid = Oid(142);
    pub const XML_ARRAY: Oid = Oid(143);
    pub const PG_NODE_TREE: Oid = Oid(194);
    pub const JSON_ARRAY: Oid = Oid(199);
    pub const PG_TYPE_ARRAY: Oid = Oid(210);
    pub const TABLE_AM_HANDLER: Oid = Oid(269);
    pub const PG_ATTRIBUTE_ARRAY: Oid = Oid(270);
    pub const XID8_ARRAY: Oid = Oid(271);
    pub const PG_PROC_ARRAY: Oid = Oid(272);
    pub const PG_CLASS_ARRAY: Oid = Oid(273);
    pub const INDEX_AM_HANDLER: Oid = Oid(325);
    pub const POINT: Oid = Oid(600);
    pub const LSEG: Oid = Oid(601);
    pub const PATH: Oid = Oid(602);
    pub const BOX: Oid = Oid(603);
    pub const POLYGON: Oid = Oid(604);
    pub const LINE: Oid = Oid(628);
    pub const LINE_ARRAY: Oid = Oid(629);
    pub const CIDR: Oid = Oid(650);
    pub const CIDR_ARRAY: Oid = Oid(651);
    pub const FLOAT4: Oid = Oid(700);
    pub const FLOAT8: Oid = Oid(701);
    pub const UNKNOWN: Oid = Oid(705);
    pub const CIRCLE: Oid = Oid(718);
    pub const CIRCLE_ARRAY: Oid = Oid(719);
    pub const MACADDR8: Oid = Oid(774);
    pub const MACADDR8_ARRAY: Oid = Oid(775);
    pub const MONEY: Oid = Oid(790);
    pub const MONEY_ARRAY: Oid = Oid(791);
    pub const MACADDR: Oid = Oid(829);
    pub const INET: Oid = Oid(869);
    pub const BOOL_ARRAY: Oid = Oid(1000);
    pub const BYTEA_ARRAY: Oid = Oid(1001);
    pub const CHAR_ARRAY: Oid = Oid(1002);
    pub const NAME_ARRAY: Oid = Oid(1003);
    pub const INT2_ARRAY: Oid = Oid(1005);
    pub const INT2VECTOR_ARRAY: Oid = Oid(1006);
    pub const INT4_ARRAY: Oid = Oid(1007);
    pub const REGPROC_ARRAY: Oid = Oid(1008);
    pub const TEXT_ARRAY: Oid = Oid(1009);
    pub const TID_ARRAY: Oid = Oid(1010);
    pub const XID_ARRAY: Oid = Oid(1011);
    pub const CID_ARRAY: Oid = Oid(1012);
    pub const OIDVECTOR_ARRAY: Oid = Oid(1013);
    pub const BPCHAR_ARRAY: Oid = Oid(1014);
    pub const VARCHAR_ARRAY: Oid = Oid(1015);
    pub const INT8_ARRAY: Oid = Oid(1016);
    pub const POINT_ARRAY: Oid = Oid(1017);
    pub const LSEG_ARRAY: Oid = Oid(1018);
    pub const PATH_ARRAY: Oid = Oid(1019);
    pub const BOX_ARRAY: Oid = Oid(1020);
    pub const FLOAT4_ARRAY: Oid = Oid(1021);
    pub const FLOAT8_ARRAY: Oid = Oid(1022);
    pub const POLYGON_ARRAY: Oid = Oid(1027);
    pub const OID_ARRAY: Oid = Oid(1028);
    pub const ACLITEM: Oid = Oid(1033);
    pub const ACLITEM_ARRAY: Oid = Oid(1034);
    pub const MACADDR_ARRAY: Oid = Oid(1040);
    pub const INET_ARRAY: Oid = Oid(1041);
    pub const BPCHAR: Oid = Oid(1042);
    pub const VARCHAR: Oid = Oid(1043);
    pub const DATE: Oid = Oid(1082);
    pub const TIME: Oid = Oid(1083);
    pub const TIMESTAMP: Oid = Oid(1114);
    pub const TIMESTAMP_ARRAY: Oid = Oid(1115);
    pub const DATE_ARRAY: Oid = Oid(1182);
    pub const TIME_ARRAY: Oid = Oid(1183);
    pub const TIMESTAMPTZ: Oid = Oid(1184);
    pub const TIMESTAMPTZ_ARRAY: Oid = Oid(1185);
    pub const INTERVAL: Oid = Oid(1186);
    pub const INTERVAL_ARRAY: Oid = Oid(1187);
    pub const NUMERIC_ARRAY: Oid = Oid(1231);
    pub const CSTRING_ARRAY: Oid = Oid(1263);
    pub const TIMETZ: Oid = Oid(1266);
    pub const TIMETZ_ARRAY: Oid = Oid(1270);
    pub const BIT: Oid = Oid(1560);
    pub const BIT_ARRAY: Oid = Oid(1561);
    pub const VARBIT: Oid = Oid(1562);
    pub const VARBIT_ARRAY: Oid = Oid(1563);
    pub const NUMERIC: Oid = Oid(1700);
    pub const REFCURSOR: Oid = Oid(1790);
    pub const REFCURSOR_ARRAY: Oid = Oid(2201);
    pub const REGPROCEDURE: Oid = Oid(2202);
    pub const REGOPER: Oid = Oid(2203);
    pub const REGOPERATOR: Oid = Oid(2204);
    pub const REGCLASS: Oid = Oid(2205);
    pub const REGTYPE: Oid = Oid(2206);
    pub const REGPROCEDURE_ARRAY: Oid = Oid(2207);
    pub const REGOPER_ARRAY: Oid = Oid(2208);
    pub const REGOPERATOR_ARRAY: Oid = Oid(2209);
    pub const REGCLASS_ARRAY: Oid = Oid(2210);
    pub const REGTYPE_ARRAY: Oid = Oid(2211);
    pub const RECORD: Oid = Oid(2249);
    pub const CSTRING: Oid = Oid(2275);
    pub const ANY: Oid = Oid(2276);
    pub const ANYARRAY: Oid = Oid(2277);
    pub const VOID: Oid = Oid(2278);
    pub const TRIGGER: Oid = Oid(2279);
    pub const LANGUAGE_HANDLER: Oid = Oid(2280);
    pub const INTERNAL: Oid = Oid(2281);
    pub const ANYELEMENT: Oid = Oid(2283);
    pub const RECORD_ARRAY: Oid = Oid(2287);
    pub const ANYNONARRAY: Oid = Oid(2776);
    pub const TXID_SNAPSHOT_ARRAY: Oid = Oid(2949);
    pub const UUID: Oid = Oid(2950);
    pub const UUID_ARRAY: Oid = Oid(2951);
    pub const TXID_SNAPSHOT: Oid = Oid(2970);
    pub const FDW_HANDLER: Oid = Oid(3115);
    pub const PG_LSN: Oid = Oid(3220);
    pub const PG_LSN_ARRAY: Oid = Oid(3221);
    pub const TSM_HANDLER: Oid = Oid(3310);
    pub const PG_NDISTINCT: Oid = Oid(3361);
    pub const PG_DEPENDENCIES: Oid = Oid(3402);
    pub const ANYENUM: Oid = Oid(3500);
    pub const TSVECTOR: Oid = Oid(3614);
    pub const TSQUERY: Oid = Oid(3615);
    pub const GTSVECTOR: Oid = Oid(3642);
    pub const TSVECTOR_ARRAY: Oid = Oid(3643);
    pub const GTSVECTOR_ARRAY: Oid = Oid(3644);
    pub const TSQUERY_ARRAY: Oid = Oid(3645);
    pub const REGCONFIG: Oid = Oid(3734);
    pub const REGCONFIG_ARRAY: Oid = Oid(3735);
    pub const REGDICTIONARY: Oid = Oid(3769);
    pub const REGDICTIONARY_ARRAY: Oid = Oid(3770);
    pub const JSONB: Oid = Oid(3802);
    pub const JSONB_ARRAY: Oid = Oid(3807);
    pub const ANYRANGE: Oid = Oid(3831);
    pub const EVENT_TRIGGER: Oid = Oid(3838);
    pub const INT4RANGE: Oid = Oid(3904);
    pub const INT4RANGE_ARRAY: Oid = Oid(3905);
    pub const NUMRANGE: Oid = Oid(3906);
    pub const NUMRANGE_ARRAY: Oid = Oid(3907);
    pub const TSRANGE: Oid = Oid(3908);
    pub const TSRANGE_ARRAY: Oid = Oid(3909);
    pub const TSTZRANGE: Oid = Oid(3910);
    pub const TSTZRANGE_ARRAY: Oid = Oid(3911);
    pub const DATERANGE: Oid = Oid(3912);
    pub const DATERANGE_ARRAY: Oid = Oid(3913);
    pub const INT8RANGE: Oid = Oid(3926);
    pub const INT8RANGE_ARRAY: Oid = Oid(3927);
    pub const JSONPATH: Oid = Oid(4072);
    pub const JSONPATH_ARRAY: Oid = Oid(4073);
    pub const REGNAMESPACE: Oid = Oid(4089);
    pub const REGNAMESPACE_ARRAY: Oid = Oid(4090);
    pub const REGROLE: Oid = Oid(4096);
    pub const REGROLE_ARRAY: Oid = Oid(4097);
    pub const REGCOLLATION: Oid = Oid(4191);
    pub const REGCOLLATION_ARRAY: Oid = Oid(4192);
    pub const INT4MULTIRANGE: Oid = Oid(4451);
    pub const NUMMULTIRANGE: Oid = Oid(4532);
    pub const TSMULTIRANGE: Oid = Oid(4533);
    pub const TSTZMULTIRANGE: Oid = Oid(4534);
    pub const DATEMULTIRANGE: Oid = Oid(4535);
    pub const INT8MULTIRANGE: Oid = Oid(4536);
    pub const ANYMULTIRANGE: Oid = Oid(4537);
    pub const ANYCOMPATIBLEMULTIRANGE: Oid = Oid(4538);
    pub const PG_MCV_LIST: Oid = Oid(5017);
    pub const PG_SNAPSHOT: Oid = Oid(5038);
    pub const PG_SNAPSHOT_ARRAY: Oid = Oid(5039);
    pub const XID8: Oid = Oid(5069);
    pub const ANYCOMPATIBLE: Oid = Oid(5077);
    pub const ANYCOMPATIBLEARRAY: Oid = Oid(5078);
    pub const ANYCOMPATIBLENONARRAY: Oid = Oid(5079);
    pub const ANYCOMPATIBLERANGE: Oid = Oid(5080);
    pub const INT4MULTIRANGE_ARRAY: Oid = Oid(6150);
    pub const NUMMULTIRANGE_ARRAY: Oid = Oid(6151);
    pub const TSMULTIRANGE_ARRAY: Oid = Oid(6152);
    pub const TSTZMULTIRANGE_ARRAY: Oid = Oid(6153);
    pub const DATEMULTIRANGE_ARRAY: Oid = Oid(6155);
    pub const INT8MULTIRANGE_ARRAY: Oid = Oid(6157);
}

#[allow(clippy::too_many_arguments)]
const fn builtin(
    oid: u32,
    name: &'static str,
    sql_name: &'static str,
    kind: TypeKind,
    category: u8,
    preferred: bool,
    length: i16,
    by_value: bool,
    align: u8,
    storage: u8,
    element: u32,
    array: u32,
    collatable: bool,
) -> BuiltinType {
    BuiltinType {
        oid: Oid(oid),
        name,
        sql_name,
        kind,
        category,
        preferred,
        length,
        by_value,
        align,
        storage,
        element: Oid(element),
        array: Oid(array),
        collatable,
    }
}

/// Sorted by oid.
#[rustfmt::skip]
pub static BUILTIN_TYPES: &[BuiltinType] = &[
    builtin(16, "bool", "boolean", TypeKind::Base, b'B', true, 1, true, b'c', b'p', 0, 1000, false),
    builtin(17, "bytea", "bytea", TypeKind::Base, b'U', false, -1, false, b'i', b'x', 0, 1001, false),
    builtin(18, "char", "\"char\"", TypeKind::Base, b'Z', false, 1, true, b'c', b'p', 0, 1002, false),
    builtin(19, "name", "name", TypeKind::Base, b'S', false, 64, false, b'c', b'p', 0, 1003, true),
    builtin(20, "int8", "bigint", TypeKind::Base, b'N', false, 8, true, b'd', b'p', 0, 1016, false),
    builtin(21, "int2", "smallint", TypeKind::Base, b'N', false, 2, true, b's', b'p', 0, 1005, false),
    builtin(22, "int2vector", "int2vector", TypeKind::Base, b'A', false, -1, false, b'i', b'p', 21, 1006, false),
    builtin(23, "int4", "integer", TypeKind::Base, b'N', false, 4, true, b'i', b'p', 0, 1007, false),
    builtin(24, "regproc", "regproc", TypeKind::Base, b'N', false, 4, true, b'i', b'p', 0, 1008, false),
    builtin(25, "text", "text", TypeKind::Base, b'S', true, -1, false, b'i', b'x', 0, 1009, true),
    builtin(26, "oid", "oid", TypeKind::Base, b'N', true, 4, true, b'i', b'p', 0, 1028, false),
    builtin(27, "tid", "tid", TypeKind::Base, b'U', false, 6, false, b's', b'p', 0, 1010, false),
    builtin(28, "xid", "xid", TypeKind::Base, b'U', false, 4, true, b'i', b'p', 0, 1011, false),
    builtin(29, "cid", "cid", TypeKind::Base, b'U', false, 4, true, b'i', b'p', 0, 1012, false),
    builtin(30, "oidvector", "oidvector", TypeKind::Base, b'A', false, -1, false, b'i', b'p', 26, 1013, false),
    builtin(32, "pg_ddl_command", "pg_ddl_command", TypeKind::Pseudo, b'P', false, 8, true, b'd', b'p', 0, 0, false),
    builtin(114, "json", "json", TypeKind::Base, b'U', false, -1, false, b'i', b'x', 0, 199, false),
    builtin(142, "xml", "xml", TypeKind::Base, b'U', false, -1, false, b'i', b'x', 0, 143, false),
    builtin(143, "_xml", "xml[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 142, 0, false),
    builtin(194, "pg_node_tree", "pg_node_tree", TypeKind::Base, b'Z', false, -1, false, b'i', b'x', 0, 0, true),
    builtin(199, "_json", "json[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 114, 0, false),
    builtin(210, "_pg_type", "pg_type[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 71, 0, false),
    builtin(269, "table_am_handler", "table_am_handler", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(270, "_pg_attribute", "pg_attribute[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 75, 0, false),
    builtin(271, "_xid8", "xid8[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 5069, 0, false),
    builtin(272, "_pg_proc", "pg_proc[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 81, 0, false),
    builtin(273, "_pg_class", "pg_class[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 83, 0, false),
    builtin(325, "index_am_handler", "index_am_handler", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(600, "point", "point", TypeKind::Base, b'G', false, 16, false, b'd', b'p', 0, 1017, false),
    builtin(601, "lseg", "lseg", TypeKind::Base, b'G', false, 32, false, b'd', b'p', 0, 1018, false),
    builtin(602, "path", "path", TypeKind::Base, b'G', false, -1, false, b'd', b'x', 0, 1019, false),
    builtin(603, "box", "box", TypeKind::Base, b'G', false, 32, false, b'd', b'p', 0, 1020, false),
    builtin(604, "polygon", "polygon", TypeKind::Base, b'G', false, -1, false, b'd', b'x', 0, 1027, false),
    builtin(628, "line", "line", TypeKind::Base, b'G', false, 24, false, b'd', b'p', 0, 629, false),
    builtin(629, "_line", "line[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 628, 0, false),
    builtin(650, "cidr", "cidr", TypeKind::Base, b'I', false, -1, false, b'i', b'm', 0, 651, false),
    builtin(651, "_cidr", "cidr[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 650, 0, false),
    builtin(700, "float4", "real", TypeKind::Base, b'N', false, 4, true, b'i', b'p', 0, 1021, false),
    builtin(701, "float8", "double precision", TypeKind::Base, b'N', true, 8, true, b'd', b'p', 0, 1022, false),
    builtin(705, "unknown", "unknown", TypeKind::Pseudo, b'X', false, -2, false, b'c', b'p', 0, 0, false),
    builtin(718, "circle", "circle", TypeKind::Base, b'G', false, 24, false, b'd', b'p', 0, 719, false),
    builtin(719, "_circle", "circle[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 718, 0, false),
    builtin(774, "macaddr8", "macaddr8", TypeKind::Base, b'U', false, 8, false, b'i', b'p', 0, 775, false),
    builtin(775, "_macaddr8", "macaddr8[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 774, 0, false),
    builtin(790, "money", "money", TypeKind::Base, b'N', false, 8, true, b'd', b'p', 0, 791, false),
    builtin(791, "_money", "money[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 790, 0, false),
    builtin(829, "macaddr", "macaddr", TypeKind::Base, b'U', false, 6, false, b'i', b'p', 0, 1040, false),
    builtin(869, "inet", "inet", TypeKind::Base, b'I', true, -1, false, b'i', b'm', 0, 1041, false),
    builtin(1000, "_bool", "boolean[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 16, 0, false),
    builtin(1001, "_bytea", "bytea[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 17, 0, false),
    builtin(1002, "_char", "\"char\"[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 18, 0, false),
    builtin(1003, "_name", "name[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 19, 0, true),
    builtin(1005, "_int2", "smallint[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 21, 0, false),
    builtin(1006, "_int2vector", "int2vector[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 22, 0, false),
    builtin(1007, "_int4", "integer[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 23, 0, false),
    builtin(1008, "_regproc", "regproc[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 24, 0, false),
    builtin(1009, "_text", "text[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 25, 0, true),
    builtin(1010, "_tid", "tid[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 27, 0, false),
    builtin(1011, "_xid", "xid[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 28, 0, false),
    builtin(1012, "_cid", "cid[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 29, 0, false),
    builtin(1013, "_oidvector", "oidvector[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 30, 0, false),
    builtin(1014, "_bpchar", "character[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 1042, 0, true),
    builtin(1015, "_varchar", "character varying[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 1043, 0, true),
    builtin(1016, "_int8", "bigint[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 20, 0, false),
    builtin(1017, "_point", "point[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 600, 0, false),
    builtin(1018, "_lseg", "lseg[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 601, 0, false),
    builtin(1019, "_path", "path[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 602, 0, false),
    builtin(1020, "_box", "box[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 603, 0, false),
    builtin(1021, "_float4", "real[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 700, 0, false),
    builtin(1022, "_float8", "double precision[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 701, 0, false),
    builtin(1027, "_polygon", "polygon[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 604, 0, false),
    builtin(1028, "_oid", "oid[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 26, 0, false),
    builtin(1033, "aclitem", "aclitem", TypeKind::Base, b'U', false, 12, false, b'i', b'p', 0, 1034, false),
    builtin(1034, "_aclitem", "aclitem[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 1033, 0, false),
    builtin(1040, "_macaddr", "macaddr[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 829, 0, false),
    builtin(1041, "_inet", "inet[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 869, 0, false),
    builtin(1042, "bpchar", "character", TypeKind::Base, b'S', false, -1, false, b'i', b'x', 0, 1014, true),
    builtin(1043, "varchar", "character varying", TypeKind::Base, b'S', false, -1, false, b'i', b'x', 0, 1015, true),
    builtin(1082, "date", "date", TypeKind::Base, b'D', false, 4, true, b'i', b'p', 0, 1182, false),
    builtin(1083, "time", "time without time zone", TypeKind::Base, b'D', false, 8, true, b'd', b'p', 0, 1183, false),
    builtin(1114, "timestamp", "timestamp without time zone", TypeKind::Base, b'D', false, 8, true, b'd', b'p', 0, 1115, false),
    builtin(1115, "_timestamp", "timestamp without time zone[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 1114, 0, false),
    builtin(1182, "_date", "date[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 1082, 0, false),
    builtin(1183, "_time", "time without time zone[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 1083, 0, false),
    builtin(1184, "timestamptz", "timestamp with time zone", TypeKind::Base, b'D', true, 8, true, b'd', b'p', 0, 1185, false),
    builtin(1185, "_timestamptz", "timestamp with time zone[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 1184, 0, false),
    builtin(1186, "interval", "interval", TypeKind::Base, b'T', true, 16, false, b'd', b'p', 0, 1187, false),
    builtin(1187, "_interval", "interval[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 1186, 0, false),
    builtin(1231, "_numeric", "numeric[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 1700, 0, false),
    builtin(1263, "_cstring", "cstring[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 2275, 0, false),
    builtin(1266, "timetz", "time with time zone", TypeKind::Base, b'D', false, 12, false, b'd', b'p', 0, 1270, false),
    builtin(1270, "_timetz", "time with time zone[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 1266, 0, false),
    builtin(1560, "bit", "bit", TypeKind::Base, b'V', false, -1, false, b'i', b'x', 0, 1561, false),
    builtin(1561, "_bit", "bit[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 1560, 0, false),
    builtin(1562, "varbit", "bit varying", TypeKind::Base, b'V', true, -1, false, b'i', b'x', 0, 1563, false),
    builtin(1563, "_varbit", "bit varying[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 1562, 0, false),
    builtin(1700, "numeric", "numeric", TypeKind::Base, b'N', false, -1, false, b'i', b'm', 0, 1231, false),
    builtin(1790, "refcursor", "refcursor", TypeKind::Base, b'U', false, -1, false, b'i', b'x', 0, 2201, false),
    builtin(2201, "_refcursor", "refcursor[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 1790, 0, false),
    builtin(2202, "regprocedure", "regprocedure", TypeKind::Base, b'N', false, 4, true, b'i', b'p', 0, 2207, false),
    builtin(2203, "regoper", "regoper", TypeKind::Base, b'N', false, 4, true, b'i', b'p', 0, 2208, false),
    builtin(2204, "regoperator", "regoperator", TypeKind::Base, b'N', false, 4, true, b'i', b'p', 0, 2209, false),
    builtin(2205, "regclass", "regclass", TypeKind::Base, b'N', false, 4, true, b'i', b'p', 0, 2210, false),
    builtin(2206, "regtype", "regtype", TypeKind::Base, b'N', false, 4, true, b'i', b'p', 0, 2211, false),
    builtin(2207, "_regprocedure", "regprocedure[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 2202, 0, false),
    builtin(2208, "_regoper", "regoper[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 2203, 0, false),
    builtin(2209, "_regoperator", "regoperator[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 2204, 0, false),
    builtin(2210, "_regclass", "regclass[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 2205, 0, false),
    builtin(2211, "_regtype", "regtype[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 2206, 0, false),
    builtin(2249, "record", "record", TypeKind::Pseudo, b'P', false, -1, false, b'd', b'x', 0, 2287, false),
    builtin(2275, "cstring", "cstring", TypeKind::Pseudo, b'P', false, -2, false, b'c', b'p', 0, 1263, false),
    builtin(2276, "any", "\"any\"", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(2277, "anyarray", "anyarray", TypeKind::Pseudo, b'P', false, -1, false, b'd', b'x', 0, 0, false),
    builtin(2278, "void", "void", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(2279, "trigger", "trigger", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(2280, "language_handler", "language_handler", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(2281, "internal", "internal", TypeKind::Pseudo, b'P', false, 8, true, b'd', b'p', 0, 0, false),
    builtin(2283, "anyelement", "anyelement", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(2287, "_record", "record[]", TypeKind::Pseudo, b'P', false, -1, false, b'd', b'x', 2249, 0, false),
    builtin(2776, "anynonarray", "anynonarray", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(2949, "_txid_snapshot", "txid_snapshot[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 2970, 0, false),
    builtin(2950, "uuid", "uuid", TypeKind::Base, b'U', false, 16, false, b'c', b'p', 0, 2951, false),
    builtin(2951, "_uuid", "uuid[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 2950, 0, false),
    builtin(2970, "txid_snapshot", "txid_snapshot", TypeKind::Base, b'U', false, -1, false, b'd', b'x', 0, 2949, false),
    builtin(3115, "fdw_handler", "fdw_handler", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(3220, "pg_lsn", "pg_lsn", TypeKind::Base, b'U', false, 8, true, b'd', b'p', 0, 3221, false),
    builtin(3221, "_pg_lsn", "pg_lsn[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 3220, 0, false),
    builtin(3310, "tsm_handler", "tsm_handler", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(3361, "pg_ndistinct", "pg_ndistinct", TypeKind::Base, b'Z', false, -1, false, b'i', b'x', 0, 0, true),
    builtin(3402, "pg_dependencies", "pg_dependencies", TypeKind::Base, b'Z', false, -1, false, b'i', b'x', 0, 0, true),
    builtin(3500, "anyenum", "anyenum", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(3614, "tsvector", "tsvector", TypeKind::Base, b'U', false, -1, false, b'i', b'x', 0, 3643, false),
    builtin(3615, "tsquery", "tsquery", TypeKind::Base, b'U', false, -1, false, b'i', b'p', 0, 3645, false),
    builtin(3642, "gtsvector", "gtsvector", TypeKind::Base, b'U', false, -1, false, b'i', b'p', 0, 3644, false),
    builtin(3643, "_tsvector", "tsvector[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 3614, 0, false),
    builtin(3644, "_gtsvector", "gtsvector[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 3642, 0, false),
    builtin(3645, "_tsquery", "tsquery[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 3615, 0, false),
    builtin(3734, "regconfig", "regconfig", TypeKind::Base, b'N', false, 4, true, b'i', b'p', 0, 3735, false),
    builtin(3735, "_regconfig", "regconfig[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 3734, 0, false),
    builtin(3769, "regdictionary", "regdictionary", TypeKind::Base, b'N', false, 4, true, b'i', b'p', 0, 3770, false),
    builtin(3770, "_regdictionary", "regdictionary[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 3769, 0, false),
    builtin(3802, "jsonb", "jsonb", TypeKind::Base, b'U', false, -1, false, b'i', b'x', 0, 3807, false),
    builtin(3807, "_jsonb", "jsonb[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 3802, 0, false),
    builtin(3831, "anyrange", "anyrange", TypeKind::Pseudo, b'P', false, -1, false, b'd', b'x', 0, 0, false),
    builtin(3838, "event_trigger", "event_trigger", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(3904, "int4range", "int4range", TypeKind::Range, b'R', false, -1, false, b'i', b'x', 0, 3905, false),
    builtin(3905, "_int4range", "int4range[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 3904, 0, false),
    builtin(3906, "numrange", "numrange", TypeKind::Range, b'R', false, -1, false, b'i', b'x', 0, 3907, false),
    builtin(3907, "_numrange", "numrange[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 3906, 0, false),
    builtin(3908, "tsrange", "tsrange", TypeKind::Range, b'R', false, -1, false, b'd', b'x', 0, 3909, false),
    builtin(3909, "_tsrange", "tsrange[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 3908, 0, false),
    builtin(3910, "tstzrange", "tstzrange", TypeKind::Range, b'R', false, -1, false, b'd', b'x', 0, 3911, false),
    builtin(3911, "_tstzrange", "tstzrange[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 3910, 0, false),
    builtin(3912, "daterange", "daterange", TypeKind::Range, b'R', false, -1, false, b'i', b'x', 0, 3913, false),
    builtin(3913, "_daterange", "daterange[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 3912, 0, false),
    builtin(3926, "int8range", "int8range", TypeKind::Range, b'R', false, -1, false, b'd', b'x', 0, 3927, false),
    builtin(3927, "_int8range", "int8range[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 3926, 0, false),
    builtin(4072, "jsonpath", "jsonpath", TypeKind::Base, b'U', false, -1, false, b'i', b'x', 0, 4073, false),
    builtin(4073, "_jsonpath", "jsonpath[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 4072, 0, false),
    builtin(4089, "regnamespace", "regnamespace", TypeKind::Base, b'N', false, 4, true, b'i', b'p', 0, 4090, false),
    builtin(4090, "_regnamespace", "regnamespace[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 4089, 0, false),
    builtin(4096, "regrole", "regrole", TypeKind::Base, b'N', false, 4, true, b'i', b'p', 0, 4097, false),
    builtin(4097, "_regrole", "regrole[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 4096, 0, false),
    builtin(4191, "regcollation", "regcollation", TypeKind::Base, b'N', false, 4, true, b'i', b'p', 0, 4192, false),
    builtin(4192, "_regcollation", "regcollation[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 4191, 0, false),
    builtin(4451, "int4multirange", "int4multirange", TypeKind::Multirange, b'R', false, -1, false, b'i', b'x', 0, 6150, false),
    builtin(4532, "nummultirange", "nummultirange", TypeKind::Multirange, b'R', false, -1, false, b'i', b'x', 0, 6151, false),
    builtin(4533, "tsmultirange", "tsmultirange", TypeKind::Multirange, b'R', false, -1, false, b'd', b'x', 0, 6152, false),
    builtin(4534, "tstzmultirange", "tstzmultirange", TypeKind::Multirange, b'R', false, -1, false, b'd', b'x', 0, 6153, false),
    builtin(4535, "datemultirange", "datemultirange", TypeKind::Multirange, b'R', false, -1, false, b'i', b'x', 0, 6155, false),
    builtin(4536, "int8multirange", "int8multirange", TypeKind::Multirange, b'R', false, -1, false, b'd', b'x', 0, 6157, false),
    builtin(4537, "anymultirange", "anymultirange", TypeKind::Pseudo, b'P', false, -1, false, b'd', b'x', 0, 0, false),
    builtin(4538, "anycompatiblemultirange", "anycompatiblemultirange", TypeKind::Pseudo, b'P', false, -1, false, b'd', b'x', 0, 0, false),
    builtin(5017, "pg_mcv_list", "pg_mcv_list", TypeKind::Base, b'Z', false, -1, false, b'i', b'x', 0, 0, true),
    builtin(5038, "pg_snapshot", "pg_snapshot", TypeKind::Base, b'U', false, -1, false, b'd', b'x', 0, 5039, false),
    builtin(5039, "_pg_snapshot", "pg_snapshot[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 5038, 0, false),
    builtin(5069, "xid8", "xid8", TypeKind::Base, b'U', false, 8, true, b'd', b'p', 0, 271, false),
    builtin(5077, "anycompatible", "anycompatible", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(5078, "anycompatiblearray", "anycompatiblearray", TypeKind::Pseudo, b'P', false, -1, false, b'd', b'x', 0, 0, false),
    builtin(5079, "anycompatiblenonarray", "anycompatiblenonarray", TypeKind::Pseudo, b'P', false, 4, true, b'i', b'p', 0, 0, false),
    builtin(5080, "anycompatiblerange", "anycompatiblerange", TypeKind::Pseudo, b'P', false, -1, false, b'd', b'x', 0, 0, false),
    builtin(6150, "_int4multirange", "int4multirange[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 4451, 0, false),
    builtin(6151, "_nummultirange", "nummultirange[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 4532, 0, false),
    builtin(6152, "_tsmultirange", "tsmultirange[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 4533, 0, false),
    builtin(6153, "_tstzmultirange", "tstzmultirange[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 4534, 0, false),
    builtin(6155, "_datemultirange", "datemultirange[]", TypeKind::Base, b'A', false, -1, false, b'i', b'x', 4535, 0, false),
    builtin(6157, "_int8multirange", "int8multirange[]", TypeKind::Base, b'A', false, -1, false, b'd', b'x', 4536, 0, false),
];
