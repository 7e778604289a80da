//! Lists of what is built in and seldom looked at: operator classes and families, conversions, text search.

use super::lists::List;

pub(super) const OPERATOR_CLASSES: List<'static> = List {
    title: "List of operator classes",
    query: "SELECT '', a.amname, true, t.typname || E'\\t' || format_type(t.oid, NULL), a.amname AS \"AM\", \
        format_type(c.opcintype, NULL) AS \"Input type\", \
        CASE WHEN c.opckeytype <> 0 AND c.opckeytype <> c.opcintype THEN format_type(c.opckeytype, NULL) END AS \"Storage type\", \
        quote_ident(c.opcname) AS \"Operator class\", \
        CASE WHEN c.opcdefault THEN 'yes' ELSE 'no' END AS \"Default?\", \
        quote_ident(f.opfname) AS \"+Operator family\", pg_get_userbyid(c.opcowner) AS \"+Owner\" \
        FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod JOIN pg_type t ON t.oid = c.opcintype \
        LEFT JOIN pg_opfamily f ON f.oid = c.opcfamily ORDER BY 5, 6, 8",
    hides_system: false,
};

pub(super) const OPERATOR_FAMILIES: List<'static> = List {
    title: "List of operator families",
    query: "SELECT '', a.amname, true, \
        (SELECT string_agg(t.typname || E'\\t' || format_type(t.oid, NULL), E'\\t') FROM pg_opclass c, pg_type t \
        WHERE c.opcfamily = f.oid AND t.oid = c.opcintype), a.amname AS \"AM\", \
        quote_ident(f.opfname) AS \"Operator family\", \
        (SELECT string_agg(format_type(c.opcintype, NULL), ', ') FROM pg_opclass c WHERE c.opcfamily = f.oid) \
        AS \"Applicable types\", pg_get_userbyid(f.opfowner) AS \"+Owner\" \
        FROM pg_opfamily f JOIN pg_am a ON a.oid = f.opfmethod ORDER BY 5, 6",
    hides_system: false,
};

pub(super) const FAMILY_OPERATORS: List<'static> = List {
    title: "List of operators of operator families",
    query: "SELECT '', a.amname, true, f.opfname, a.amname AS \"AM\", \
        quote_ident(f.opfname) AS \"Operator family\", o.amopopr::regoperator AS \"Operator\", o.amopstrategy AS \"Strategy\", \
        CASE o.amoppurpose WHEN 'o' THEN 'ordering' WHEN 's' THEN 'search' END AS \"Purpose\", \
        (SELECT s.opfname FROM pg_opfamily s WHERE s.oid = o.amopsortfamily) AS \"+Sort opfamily\" \
        FROM pg_amop o JOIN pg_opfamily f ON f.oid = o.amopfamily JOIN pg_am a ON a.oid = o.amopmethod \
        ORDER BY 5, 6, o.amoplefttype = o.amoprighttype DESC, format_type(o.amoplefttype, NULL), \
        format_type(o.amoprighttype, NULL), o.amopstrategy",
    hides_system: false,
};

pub(super) const FAMILY_FUNCTIONS: List<'static> = List {
    title: "List of support functions of operator families",
    query: "SELECT '', a.amname, true, f.opfname, a.amname AS \"AM\", \
        quote_ident(f.opfname) AS \"Operator family\", format_type(s.amproclefttype, NULL) AS \"Registered left type\", \
        format_type(s.amprocrighttype, NULL) AS \"Registered right type\", s.amprocnum AS \"Number\", \
        p.proname AS \"-Function\", s.amproc::regprocedure AS \"+Function\" \
        FROM pg_amproc s JOIN pg_opfamily f ON f.oid = s.amprocfamily JOIN pg_am a ON a.oid = f.opfmethod \
        LEFT JOIN pg_proc p ON p.oid = s.amproc \
        ORDER BY 5, 6, s.amproclefttype = s.amprocrighttype DESC, 7, 8, 9",
    hides_system: false,
};

pub(super) const CONVERSIONS: List<'static> = List {
    title: "List of conversions",
    query: "SELECT n.nspname, c.conname, pg_conversion_is_visible(c.oid), NULL, n.nspname AS \"Schema\", \
        c.conname AS \"Name\", pg_encoding_to_char(c.conforencoding) AS \"Source\", \
        pg_encoding_to_char(c.contoencoding) AS \"Destination\", \
        CASE WHEN c.condefault THEN 'yes' ELSE 'no' END AS \"Default?\", \
        obj_description(c.oid, 'pg_conversion') AS \"+Description\" \
        FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace ORDER BY 5, 6",
    hides_system: true,
};

pub(super) const TEXT_SEARCH_CONFIGURATIONS: List<'static> = List {
    title: "List of text search configurations",
    query: "SELECT n.nspname, c.cfgname, pg_ts_config_is_visible(c.oid), NULL, n.nspname AS \"Schema\", \
        c.cfgname AS \"Name\", obj_description(c.oid, 'pg_ts_config') AS \"Description\" \
        FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace ORDER BY 5, 6",
    hides_system: false,
};

pub(super) const TEXT_SEARCH_DICTIONARIES: List<'static> = List {
    title: "List of text search dictionaries",
    query: "SELECT n.nspname, d.dictname, pg_ts_dict_is_visible(d.oid), NULL, n.nspname AS \"Schema\", \
        d.dictname AS \"Name\", \
        (SELECT m.nspname || '.' || t.tmplname FROM pg_ts_template t JOIN pg_namespace m ON m.oid = t.tmplnamespace \
        WHERE t.oid = d.dicttemplate) AS \"+Template\", \
        d.dictinitoption AS \"+Init options\", obj_description(d.oid, 'pg_ts_dict') AS \"Description\" \
        FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace ORDER BY 5, 6",
    hides_system: false,
};

pub(super) const TEXT_SEARCH_PARSERS: List<'static> = List {
    title: "List of text search parsers",
    query: "SELECT n.nspname, p.prsname, pg_ts_parser_is_visible(p.oid), NULL, n.nspname AS \"Schema\", \
        p.prsname AS \"Name\", obj_description(p.oid, 'pg_ts_parser') AS \"Description\" \
        FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = p.prsnamespace ORDER BY 5, 6",
    hides_system: false,
};

pub(super) const TEXT_SEARCH_TEMPLATES: List<'static> = List {
    title: "List of text search templates",
    query: "SELECT n.nspname, t.tmplname, pg_ts_template_is_visible(t.oid), NULL, n.nspname AS \"Schema\", \
        t.tmplname AS \"Name\", t.tmplinit AS \"+Init\", t.tmpllexize AS \"+Lexize\", \
        obj_description(t.oid, 'pg_ts_template') AS \"Description\" \
        FROM pg_ts_template t JOIN pg_namespace n ON n.oid = t.tmplnamespace ORDER BY 5, 6",
    hides_system: false,
};
