//! Lists that one query over the catalogs gives: what each command shows, and how patterns choose from it.

use super::lists_of_builtins as builtins;
use super::pattern::Pattern;
use crate::Psql;
use crate::output::{Output, PieceKind};
use crate::print::Table;

/// One list.
///
/// The first four columns of the query choose its rows and are not shown: the schema (empty without one), the
/// names a pattern may match (a line each), whether the object is listed when no pattern names it, and the types
/// of its arguments (a line each, with tabs between names that will all do). A column whose name begins with `+` is
/// shown by the command with `+` only, one with `-` without it.
pub(super) struct List<'q> {
    pub title: &'static str,
    pub query: &'q str,
    /// Objects of `pg_catalog` and `information_schema` need a pattern or `S`.
    pub hides_system: bool,
}

/// Columns of a query that are not shown.
const HIDDEN: usize = 4;

const FUNCTIONS: &str = "SELECT n.nspname, p.proname, pg_function_is_visible(p.oid), \
    replace(oidvectortypes(p.proargtypes), ', ', E'\\n'), \
    n.nspname AS \"Schema\", p.proname AS \"Name\", pg_get_function_result(p.oid) AS \"Result data type\", \
    pg_get_function_arguments(p.oid) AS \"Argument data types\", \
    CASE p.prokind WHEN 'a' THEN 'agg' WHEN 'w' THEN 'window' WHEN 'p' THEN 'proc' ELSE 'func' END AS \"Type\", \
    CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS \"+Volatility\", \
    CASE p.proparallel WHEN 'r' THEN 'restricted' WHEN 's' THEN 'safe' ELSE 'unsafe' END AS \"+Parallel\", \
    pg_get_userbyid(p.proowner) AS \"+Owner\", \
    CASE WHEN p.prosecdef THEN 'definer' ELSE 'invoker' END AS \"+Security\", \
    array_to_string(p.proacl, E'\\n') AS \"+Access privileges\", l.lanname AS \"+Language\", \
    COALESCE(pg_get_function_sqlbody(p.oid), p.prosrc) AS \"+Source code\", \
    obj_description(p.oid, 'pg_proc') AS \"+Description\" \
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang \
    WHERE true";

const AGGREGATES: List<'static> = List {
    title: "List of aggregate functions",
    query: "SELECT n.nspname, p.proname, pg_function_is_visible(p.oid), \
        replace(oidvectortypes(p.proargtypes), ', ', E'\\n'), \
        n.nspname AS \"Schema\", p.proname AS \"Name\", format_type(p.prorettype, NULL) AS \"Result data type\", \
        CASE WHEN p.pronargs = 0 THEN '*' ELSE pg_get_function_arguments(p.oid) END AS \"Argument data types\", \
        obj_description(p.oid, 'pg_proc') AS \"Description\" \
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind = 'a' ORDER BY 5, 6, 8",
    hides_system: true,
};

const TYPES: List<'static> = List {
    title: "List of data types",
    query: "SELECT n.nspname, t.typname || E'\\n' || format_type(t.oid, NULL), pg_type_is_visible(t.oid), NULL, \
        n.nspname AS \"Schema\", format_type(t.oid, NULL) AS \"Name\", t.typname AS \"+Internal name\", \
        CASE WHEN t.typrelid <> 0 THEN 'tuple' WHEN t.typlen < 0 THEN 'var' ELSE t.typlen::text END AS \"+Size\", \
        (SELECT string_agg(e.enumlabel, E'\\n' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) \
        AS \"+Elements\", \
        pg_get_userbyid(t.typowner) AS \"+Owner\", array_to_string(t.typacl, E'\\n') AS \"+Access privileges\", \
        obj_description(t.oid, 'pg_type') AS \"Description\" \
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace \
        WHERE (t.typrelid = 0 OR (SELECT c.relkind = 'c' FROM pg_class c WHERE c.oid = t.typrelid)) \
        AND NOT (t.typelem <> 0 AND t.typlen = -1 AND left(t.typname, 1) = '_') ORDER BY 5, 6",
    hides_system: true,
};

const DOMAINS: List<'static> = List {
    title: "List of domains",
    query: "SELECT n.nspname, t.typname, pg_type_is_visible(t.oid), NULL, \
        n.nspname AS \"Schema\", t.typname AS \"Name\", format_type(t.typbasetype, t.typtypmod) AS \"Type\", \
        (SELECT c.collname FROM pg_collation c, pg_type b \
         WHERE c.oid = t.typcollation AND b.oid = t.typbasetype AND t.typcollation <> b.typcollation) \
        AS \"Collation\", \
        CASE WHEN t.typnotnull THEN 'not null' END AS \"Nullable\", t.typdefault AS \"Default\", \
        (SELECT string_agg(pg_get_constraintdef(r.oid, true), ' ' ORDER BY r.conname) FROM pg_constraint r \
         WHERE r.contypid = t.oid) AS \"Check\", \
        array_to_string(t.typacl, E'\\n') AS \"+Access privileges\", \
        obj_description(t.oid, 'pg_type') AS \"+Description\" \
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' ORDER BY 5, 6",
    hides_system: true,
};

const OPERATORS: List<'static> = List {
    title: "List of operators",
    query: "SELECT n.nspname, o.oprname, pg_operator_is_visible(o.oid), \
        CASE WHEN o.oprkind = 'l' THEN E'-\\n' || format_type(o.oprright, NULL) \
             ELSE format_type(o.oprleft, NULL) || E'\\n' || format_type(o.oprright, NULL) END, \
        n.nspname AS \"Schema\", o.oprname AS \"Name\", \
        CASE WHEN o.oprkind = 'l' THEN NULL ELSE format_type(o.oprleft, NULL) END AS \"Left arg type\", \
        format_type(o.oprright, NULL) AS \"Right arg type\", format_type(o.oprresult, NULL) AS \"Result type\", \
        o.oprcode AS \"+Function\", obj_description(o.oid, 'pg_operator') AS \"Description\" \
        FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace ORDER BY 5, 6, 7, 8",
    hides_system: true,
};

const CASTS: List<'static> = List {
    title: "List of casts",
    query: "SELECT '', s.typname || E'\\n' || format_type(s.oid, NULL) || E'\\n' || t.typname || E'\\n' || \
        format_type(t.oid, NULL), true, NULL, \
        format_type(c.castsource, NULL) AS \"Source type\", format_type(c.casttarget, NULL) AS \"Target type\", \
        CASE WHEN c.castmethod = 'b' THEN '(binary coercible)' WHEN c.castmethod = 'i' THEN '(with inout)' \
             ELSE (SELECT p.proname FROM pg_proc p WHERE p.oid = c.castfunc) END AS \"Function\", \
        CASE c.castcontext WHEN 'e' THEN 'no' WHEN 'a' THEN 'in assignment' ELSE 'yes' END AS \"Implicit?\", \
        NULL AS \"+Description\" \
        FROM pg_cast c JOIN pg_type s ON s.oid = c.castsource JOIN pg_type t ON t.oid = c.casttarget ORDER BY 5, 6",
    hides_system: false,
};

const LANGUAGES: List<'static> = List {
    title: "List of languages",
    query: "SELECT '', l.lanname, l.lanispl, NULL, l.lanname AS \"Name\", pg_get_userbyid(l.lanowner) AS \"Owner\", \
        l.lanpltrusted AS \"Trusted\", NOT l.lanispl AS \"+Internal language\", \
        CASE l.lanname WHEN 'plpgsql' THEN 'plpgsql_call_handler()' ELSE '-' END AS \"+Call handler\", \
        CASE l.lanname WHEN 'plpgsql' THEN 'plpgsql_validator(oid)' ELSE 'fmgr_' || l.lanname || '_validator(oid)' END \
        AS \"+Validator\", \
        CASE l.lanname WHEN 'plpgsql' THEN 'plpgsql_inline_handler(internal)' ELSE '-' END AS \"+Inline handler\", \
        array_to_string(l.lanacl, E'\\n') AS \"+Access privileges\", \
        CASE l.lanname WHEN 'internal' THEN 'built-in functions' WHEN 'c' THEN 'dynamically-loaded C functions' \
             WHEN 'sql' THEN 'SQL-language functions' WHEN 'plpgsql' THEN 'PL/pgSQL procedural language' \
             ELSE obj_description(l.oid, 'pg_language') END AS \"Description\" \
        FROM pg_language l ORDER BY 5",
    hides_system: false,
};

const TABLESPACES: List<'static> = List {
    title: "List of tablespaces",
    query: "SELECT '', t.spcname, true, NULL, t.spcname AS \"Name\", pg_get_userbyid(t.spcowner) AS \"Owner\", \
        '' AS \"Location\", array_to_string(t.spcacl, E'\\n') AS \"+Access privileges\", \
        NULL AS \"+Options\", pg_size_pretty(pg_tablespace_size(t.oid)) AS \"+Size\", NULL AS \"+Description\" \
        FROM pg_tablespace t ORDER BY 5",
    hides_system: false,
};

const ACCESS_METHODS: List<'static> = List {
    title: "List of access methods",
    query: "SELECT '', a.amname, true, NULL, a.amname AS \"Name\", \
        CASE a.amtype WHEN 'i' THEN 'Index' WHEN 't' THEN 'Table' END AS \"Type\", \
        CASE a.amname WHEN 'btree' THEN 'bthandler' WHEN 'spgist' THEN 'spghandler' \
             WHEN 'heap' THEN 'heap_tableam_handler' ELSE a.amname || 'handler' END AS \"+Handler\", \
        obj_description(a.oid, 'pg_am') AS \"+Description\" FROM pg_am a ORDER BY 5",
    hides_system: false,
};

const COLLATIONS: List<'static> = List {
    title: "List of collations",
    query: "SELECT n.nspname, c.collname, pg_collation_is_visible(c.oid), NULL, \
        n.nspname AS \"Schema\", c.collname AS \"Name\", c.collcollate AS \"Collate\", c.collctype AS \"Ctype\", \
        c.colliculocale AS \"ICU Locale\", \
        CASE c.collprovider WHEN 'd' THEN 'default' WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' END AS \"Provider\", \
        CASE WHEN c.collisdeterministic THEN 'yes' ELSE 'no' END AS \"Deterministic?\", \
        obj_description(c.oid, 'pg_collation') AS \"+Description\" \
        FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace ORDER BY 5, 6",
    hides_system: true,
};

const EVENT_TRIGGERS: List<'static> = List {
    title: "List of event triggers",
    query: "SELECT '', e.evtname, true, NULL, e.evtname AS \"Name\", e.evtevent AS \"Event\", \
        pg_get_userbyid(e.evtowner) AS \"Owner\", \
        CASE e.evtenabled WHEN 'O' THEN 'enabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' ELSE 'disabled' END \
        AS \"Enabled\", e.evtfoid::regproc AS \"Function\", array_to_string(e.evttags, ', ') AS \"Tags\", \
        NULL AS \"+Description\" FROM pg_event_trigger e ORDER BY 5",
    hides_system: false,
};

const DEFAULT_PRIVILEGES: List<'static> = List {
    title: "Default access privileges",
    query: "SELECT '', COALESCE(n.nspname || E'\\n', '') || pg_get_userbyid(d.defaclrole), true, NULL, \
        pg_get_userbyid(d.defaclrole) AS \"Owner\", n.nspname AS \"Schema\", \
        CASE d.defaclobjtype WHEN 'r' THEN 'table' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'function' \
             WHEN 'T' THEN 'type' WHEN 'n' THEN 'schema' END AS \"Type\", \
        array_to_string(d.defaclacl, E'\\n') AS \"Access privileges\" \
        FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace ORDER BY 5, 6, 7",
    hides_system: false,
};

const ROLE_SETTINGS: List<'static> = List {
    title: "List of settings",
    query: "SELECT '', r.rolname, true, d.datname, r.rolname AS \"Role\", d.datname AS \"Database\", \
        array_to_string(s.setconfig, E'\\n') AS \"Settings\" FROM pg_db_role_setting s \
        LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole ORDER BY 5, 6",
    hides_system: false,
};

const EXTENDED_STATISTICS: List<'static> = List {
    title: "List of extended statistics",
    query: "SELECT n.nspname, e.stxname, pg_statistics_obj_is_visible(e.oid), NULL, \
        n.nspname AS \"Schema\", e.stxname AS \"Name\", \
        pg_get_statisticsobjdef_columns(e.oid) || ' FROM ' || e.stxrelid::regclass::text AS \"Definition\", \
        CASE WHEN 'd' = ANY (e.stxkind) THEN 'defined' END AS \"Ndistinct\", \
        CASE WHEN 'f' = ANY (e.stxkind) THEN 'defined' END AS \"Dependencies\", \
        CASE WHEN 'm' = ANY (e.stxkind) THEN 'defined' END AS \"MCV\" \
        FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = e.stxnamespace ORDER BY 5, 6",
    hides_system: true,
};

const PUBLICATIONS: List<'static> = List {
    title: "List of publications",
    query: "SELECT '', p.pubname, true, NULL, p.pubname AS \"Name\", pg_get_userbyid(p.pubowner) AS \"Owner\", \
        p.puballtables AS \"All tables\", p.pubinsert AS \"Inserts\", p.pubupdate AS \"Updates\", \
        p.pubdelete AS \"Deletes\", p.pubtruncate AS \"Truncates\", p.pubviaroot AS \"Via root\" \
        FROM pg_publication p ORDER BY 5",
    hides_system: false,
};

const SUBSCRIPTIONS: List<'static> = List {
    title: "List of subscriptions",
    query: "SELECT '', s.subname, true, NULL, s.subname AS \"Name\", pg_get_userbyid(s.subowner) AS \"Owner\", \
        s.subenabled AS \"Enabled\", s.subpublications AS \"Publication\", s.subbinary AS \"+Binary\", \
        s.substream AS \"+Streaming\", s.subtwophasestate AS \"+Two-phase commit\", \
        s.subdisableonerr AS \"+Disable on error\", s.subsynccommit AS \"+Synchronous commit\", \
        s.subconninfo AS \"+Conninfo\", s.subskiplsn AS \"+Skip LSN\" FROM pg_subscription s ORDER BY 5",
    hides_system: false,
};

const FOREIGN_SERVERS: List<'static> = List {
    title: "List of foreign servers",
    query: "SELECT '', s.srvname, true, NULL, s.srvname AS \"Name\", pg_get_userbyid(s.srvowner) AS \"Owner\", \
        (SELECT f.fdwname FROM pg_foreign_data_wrapper f WHERE f.oid = s.srvfdw) AS \"Foreign-data wrapper\", \
        array_to_string(s.srvacl, E'\\n') AS \"+Access privileges\", s.srvtype AS \"+Type\", \
        s.srvversion AS \"+Version\", array_to_string(s.srvoptions, ', ') AS \"+FDW options\", \
        NULL AS \"+Description\" FROM pg_foreign_server s ORDER BY 5",
    hides_system: false,
};

const FOREIGN_TABLES: List<'static> = List {
    title: "List of foreign tables",
    query: "SELECT '', c.relname, true, NULL, n.nspname AS \"Schema\", c.relname AS \"Table\", \
        (SELECT s.srvname FROM pg_foreign_server s WHERE s.oid = f.ftserver) AS \"Server\", \
        array_to_string(f.ftoptions, ', ') AS \"+FDW options\", NULL AS \"+Description\" \
        FROM pg_foreign_table f JOIN pg_class c ON c.oid = f.ftrelid \
        JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY 5, 6",
    hides_system: false,
};

const USER_MAPPINGS: List<'static> = List {
    title: "List of user mappings",
    query: "SELECT '', u.srvname, true, NULL, u.srvname AS \"Server\", u.usename AS \"User name\", \
        array_to_string(u.umoptions, ', ') AS \"+FDW options\" FROM pg_user_mappings u ORDER BY 5, 6",
    hides_system: false,
};

const FOREIGN_DATA_WRAPPERS: List<'static> = List {
    title: "List of foreign-data wrappers",
    query: "SELECT '', f.fdwname, true, NULL, f.fdwname AS \"Name\", pg_get_userbyid(f.fdwowner) AS \"Owner\", \
        f.fdwhandler::regproc AS \"Handler\", f.fdwvalidator::regproc AS \"Validator\", \
        array_to_string(f.fdwacl, E'\\n') AS \"+Access privileges\", \
        array_to_string(f.fdwoptions, ', ') AS \"+FDW options\", NULL AS \"+Description\" \
        FROM pg_foreign_data_wrapper f ORDER BY 5",
    hides_system: false,
};

const LARGE_OBJECTS: List<'static> = List {
    title: "Large objects",
    query: "SELECT '', m.oid::text, true, NULL, m.oid AS \"ID\", pg_get_userbyid(m.lomowner) AS \"Owner\", \
        NULL AS \"Description\" FROM pg_largeobject_metadata m ORDER BY m.oid",
    hides_system: false,
};

const DESCRIPTIONS: List<'static> = List {
    title: "Object descriptions",
    query: "SELECT t.nspname, t.name, t.visible, NULL, \
        t.nspname AS \"Schema\", t.name AS \"Name\", t.object AS \"Object\", d.description AS \"Description\" FROM ( \
        SELECT 'pg_constraint'::regclass AS class, c.oid, n.nspname, c.conname::text AS name, \
            'table constraint' AS object, pg_table_is_visible(r.oid) AS visible \
        FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace \
        UNION ALL SELECT 'pg_constraint'::regclass, c.oid, n.nspname, c.conname::text, 'domain constraint', \
            pg_type_is_visible(t.oid) \
        FROM pg_constraint c JOIN pg_type t ON t.oid = c.contypid JOIN pg_namespace n ON n.oid = t.typnamespace \
        UNION ALL SELECT 'pg_trigger'::regclass, g.oid, n.nspname, g.tgname::text, 'trigger', \
            pg_table_is_visible(r.oid) \
        FROM pg_trigger g JOIN pg_class r ON r.oid = g.tgrelid JOIN pg_namespace n ON n.oid = r.relnamespace \
        UNION ALL SELECT 'pg_rewrite'::regclass, w.oid, n.nspname, w.rulename::text, 'rule', \
            pg_table_is_visible(r.oid) \
        FROM pg_rewrite w JOIN pg_class r ON r.oid = w.ev_class JOIN pg_namespace n ON n.oid = r.relnamespace \
        WHERE w.rulename <> '_RETURN') t \
        JOIN pg_description d ON d.classoid = t.class AND d.objoid = t.oid AND d.objsubid = 0 ORDER BY 5, 6, 7",
    hides_system: true,
};

const DATABASES: List<'static> = List {
    title: "List of databases",
    query: "SELECT '', d.datname, true, NULL, d.datname AS \"Name\", pg_get_userbyid(d.datdba) AS \"Owner\", \
        pg_encoding_to_char(d.encoding) AS \"Encoding\", d.datcollate AS \"Collate\", d.datctype AS \"Ctype\", \
        d.daticulocale AS \"ICU Locale\", \
        CASE d.datlocprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' END AS \"Locale Provider\", \
        array_to_string(d.datacl, E'\\n') AS \"Access privileges\", \
        pg_size_pretty(pg_database_size(d.oid)) AS \"+Size\", \
        (SELECT t.spcname FROM pg_tablespace t WHERE t.oid = d.dattablespace) AS \"+Tablespace\", \
        shobj_description(d.oid, 'pg_database') AS \"+Description\" FROM pg_database d ORDER BY 5",
    hides_system: false,
};

/// The list a command (without `S` and `+`) shows.
fn list_of(command: &str) -> Option<&'static List<'static>> {
    Some(match command {
        "da" => &AGGREGATES,
        "dA" => &ACCESS_METHODS,
        "db" => &TABLESPACES,
        "dC" => &CASTS,
        "dd" => &DESCRIPTIONS,
        "ddp" => &DEFAULT_PRIVILEGES,
        "dD" => &DOMAINS,
        "des" => &FOREIGN_SERVERS,
        "det" => &FOREIGN_TABLES,
        "deu" => &USER_MAPPINGS,
        "dew" => &FOREIGN_DATA_WRAPPERS,
        "dl" | "lo_list" => &LARGE_OBJECTS,
        "dL" => &LANGUAGES,
        "do" => &OPERATORS,
        "dO" => &COLLATIONS,
        "dAc" => &builtins::OPERATOR_CLASSES,
        "dAf" => &builtins::OPERATOR_FAMILIES,
        "dAo" => &builtins::FAMILY_OPERATORS,
        "dAp" => &builtins::FAMILY_FUNCTIONS,
        "dc" => &builtins::CONVERSIONS,
        "dF" => &builtins::TEXT_SEARCH_CONFIGURATIONS,
        "dFd" => &builtins::TEXT_SEARCH_DICTIONARIES,
        "dFp" => &builtins::TEXT_SEARCH_PARSERS,
        "dFt" => &builtins::TEXT_SEARCH_TEMPLATES,
        "dRp" => &PUBLICATIONS,
        "dRs" => &SUBSCRIPTIONS,
        "dT" => &TYPES,
        "dX" => &EXTENDED_STATISTICS,
        "dy" => &EVENT_TRIGGERS,
        "l" | "list" => &DATABASES,
        _ => return None,
    })
}

/// Whether a command shows one of these lists.
pub(super) fn is_list(command: &str) -> bool {
    list_of(command).is_some() || function_kinds(command).is_some()
}

/// The letters behind `\df`: a aggregates, n normal functions, p procedures, t triggers, w window functions.
fn function_kinds(command: &str) -> Option<&str> {
    command
        .strip_prefix("df")
        .filter(|letters| letters.chars().all(|c| "anptw".contains(c)))
}

impl Psql {
    /// Shows a list. `words`: the pattern, and patterns for the types of arguments.
    pub(super) fn show_list(
        &mut self,
        command: &str,
        pattern: Option<&Pattern>,
        words: &[String],
        verbose: bool,
        system: bool,
        out: &mut Output,
    ) {
        if let Some(letters) = function_kinds(command) {
            let list = List {
                title: "List of functions",
                query: &function_query(letters),
                hides_system: true,
            };
            return self.show(&list, pattern, words, (verbose, system), out);
        }
        // One type alone is that of a prefix operator.
        let mut words = words.to_vec();
        if command == "do" && words.len() == 2 {
            words.insert(1, "-".into());
        }
        if let Some(list) = list_of(command) {
            self.show(list, pattern, &words, (verbose, system), out);
        }
    }

    /// Shows the rows of a list that a pattern chooses; `words` are the pattern and those for types of arguments.
    pub(super) fn show(
        &mut self,
        list: &List<'_>,
        pattern: Option<&Pattern>,
        words: &[String],
        flags: (bool, bool),
        out: &mut Output,
    ) {
        match self.chosen_rows(list, pattern, words, flags) {
            Ok(table) => self.print_description(&table, out),
            Err(error) => {
                let shown = crate::message::format_message(&error, list.query, self.verbosity(), self.show_context());
                out.write(PieceKind::Error, shown);
            }
        }
    }

    fn chosen_rows(
        &mut self,
        list: &List<'_>,
        pattern: Option<&Pattern>,
        words: &[String],
        (verbose, system): (bool, bool),
    ) -> kumquat_types::Result<Table> {
        let types: Vec<Option<Pattern>> = words
            .iter()
            .skip(1)
            .map(|word| type_pattern(word))
            .collect::<Result<_, _>>()?;
        let rows = self.ask_rows(list.query)?;
        let rows = self.table_of(&rows);
        let cell = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        let wanted = |row: &Vec<Option<String>>| {
            let (schema, listed) = (cell(row, 0), cell(row, 2) == "t");
            let internal = matches!(schema.as_str(), "pg_catalog" | "information_schema");
            let chosen = match pattern {
                Some(pattern) => cell(row, 1)
                    .split('\n')
                    .any(|name| pattern.matches(&schema, name, listed || schema.is_empty())),
                None => (listed || (system && schema.is_empty())) && (system || !list.hides_system || !internal),
            };
            let arguments = cell(row, 3);
            let mut arguments = arguments.lines();
            let fits = |pattern: &Option<Pattern>| match (pattern, arguments.next()) {
                (Some(pattern), Some(names)) => names.split('\t').any(|name| pattern.matches_name(name)),
                (None, None | Some("-")) => true,
                _ => false,
            };
            chosen && types.iter().all(fits)
        };
        let shown: Vec<usize> = (HIDDEN..rows.headers.len())
            .filter(|at| {
                let hidden = if verbose { '-' } else { '+' };
                rows.headers.get(*at).is_some_and(|header| !header.starts_with(hidden))
            })
            .collect();
        Ok(Table {
            title: Some(list.title.to_string()),
            headers: shown
                .iter()
                .filter_map(|at| rows.headers.get(*at))
                .map(|header| header.trim_start_matches(['+', '-']).to_string())
                .collect(),
            right_aligned: shown
                .iter()
                .map(|at| rows.right_aligned.get(*at).copied().unwrap_or(false))
                .collect(),
            rows: rows
                .rows
                .iter()
                .filter(|row| wanted(row))
                .map(|row| shown.iter().map(|at| Some(cell(row, *at))).collect())
                .collect(),
            translated: true,
            ..Table::default()
        })
    }

    /// `\dconfig`: settings that differ from their defaults, or those a pattern names.
    pub(super) fn list_settings(
        &mut self,
        pattern: Option<&Pattern>,
        words: &[String],
        verbose: bool,
        out: &mut Output,
    ) {
        let (title, condition) = if words.is_empty() {
            (
                "List of non-default configuration parameters",
                "s.source <> 'default' AND s.setting IS DISTINCT FROM s.boot_val",
            )
        } else {
            ("List of configuration parameters", "true")
        };
        let query = format!(
            "SELECT '', lower(s.name), true, NULL, s.name AS \"Parameter\", current_setting(s.name) AS \"Value\", \
             s.vartype AS \"+Type\", s.context AS \"+Context\", NULL AS \"+Access privileges\" \
             FROM pg_settings s WHERE {condition} ORDER BY 5"
        );
        let list = List {
            title,
            query: &query,
            hides_system: false,
        };
        self.show(&list, pattern, words, (verbose, false), out);
    }

    /// `\dRp+`, of which there is nothing to show: publications cannot be made.
    pub(super) fn describe_publications(&self, word: &str, out: &mut Output) {
        let text = if word.is_empty() {
            "Did not find any publications.".to_string()
        } else {
            format!("Did not find any publication named \"{word}\".")
        };
        out.line(PieceKind::Error, text);
    }

    /// `\drds [ROLE [DATABASE]]`, which says so when there is nothing to show.
    pub(super) fn list_role_settings(&mut self, pattern: Option<&Pattern>, words: &[String], out: &mut Output) {
        let shown = self.chosen_rows(&ROLE_SETTINGS, pattern, words, (false, false));
        if shown.as_ref().map_or(true, |table| !table.rows.is_empty()) || self.variables.is_on("QUIET") {
            return self.show(&ROLE_SETTINGS, pattern, words, (false, false), out);
        }
        let text = match words {
            [] => "Did not find any settings.".into(),
            [role] => format!("Did not find any settings for role \"{role}\"."),
            [role, database, ..] => {
                format!("Did not find any settings for role \"{role}\" and database \"{database}\".")
            }
        };
        out.line(PieceKind::Error, text);
    }
}

/// [`FUNCTIONS`] of the kinds that the letters name; all without any.
fn function_query(letters: &str) -> String {
    let kinds: Vec<&str> = letters
        .chars()
        .map(|letter| match letter {
            'a' => "p.prokind = 'a'",
            'p' => "p.prokind = 'p'",
            'w' => "p.prokind = 'w'",
            't' => "(p.prokind = 'f' AND p.prorettype = 'trigger'::regtype)",
            _ => "(p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype)",
        })
        .collect();
    let condition = if kinds.is_empty() {
        "true".into()
    } else {
        kinds.join(" OR ")
    };
    format!("{FUNCTIONS} AND ({condition}) ORDER BY 5, 6, 8")
}

/// A pattern for the type of an argument, by any of the names of the common types; `-` is for none.
fn type_pattern(word: &str) -> kumquat_types::Result<Option<Pattern>> {
    let name = match word.to_ascii_lowercase().trim_end_matches("[]") {
        "int" | "int4" => "integer",
        "int2" => "smallint",
        "int8" => "bigint",
        "bool" => "boolean",
        "decimal" => "numeric",
        "float" | "float8" => "double precision",
        "float4" => "real",
        "varchar" => "character varying",
        "char" => "character",
        "time" => "time without time zone",
        "timetz" => "time with time zone",
        "timestamp" => "timestamp without time zone",
        "timestamptz" => "timestamp with time zone",
        "varbit" => "bit varying",
        "-" => return Ok(None),
        _ => return Pattern::parse(word).map(Some),
    };
    let array = if word.ends_with("[]") { "[]" } else { "" };
    Pattern::parse(&format!("{name}{array}")).map(Some)
}
