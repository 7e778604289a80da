//! What can be named in a statement: asked of the catalog by queries, as psql asks for its
//! own completion.

use kumquat_protocol::names::{ColumnName, FunctionName, Names, RelationName, SettingName};

use crate::engine::Engine;

const SCHEMAS: &str = "
    SELECT nspname FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_(toast|temp)' ORDER BY nspname";

/// Relations in order, a row for each column. The shards are hidden as Citus hides them.
const COLUMNS: &str = "
    SELECT n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname NOT IN ('information_schema', 'citus_internal')
      AND (n.nspname <> 'pg_catalog' OR c.relname ~ '^(pg_dist|citus)_')
    ORDER BY n.nspname, c.relname, a.attnum";

const CATALOGS: &str = "
    SELECT c.relname FROM pg_catalog.pg_class c
    WHERE c.relkind IN ('r', 'v') AND c.relnamespace = 'pg_catalog'::regnamespace
      AND c.relname !~ '^(pg_dist|citus)_'
    ORDER BY c.relname";

const SETTINGS: &str = "SELECT name, short_desc FROM pg_catalog.pg_settings ORDER BY name";

/// Functions of Citus and of the learner, whose oids lie above those of PostgreSQL's own.
const FUNCTIONS: &str = "
    SELECT p.proname, pg_catalog.pg_get_function_arguments(p.oid)
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE p.oid >= 14000 AND n.nspname NOT IN ('information_schema', 'citus_internal')
      AND p.prorettype NOT IN ('trigger'::regtype, 'internal'::regtype)
    ORDER BY p.proname, 2";

const OWN_FUNCTIONS: &str = "
    SELECT DISTINCT p.proname FROM pg_catalog.pg_proc p
    WHERE p.oid < 14000 AND p.prorettype NOT IN ('trigger'::regtype, 'internal'::regtype, 'cstring'::regtype)
    ORDER BY p.proname";

/// What can be named now.
pub fn of(engine: &Engine) -> Names {
    let rows = |query| engine.rows(query).unwrap_or_default();
    let mut functions: Vec<FunctionName> = rows(FUNCTIONS)
        .into_iter()
        .filter_map(|row| pair(row).map(|(name, arguments)| (name, Some(arguments))))
        .map(|(name, arguments)| FunctionName { name, arguments })
        .collect();
    functions.extend(
        rows(OWN_FUNCTIONS)
            .into_iter()
            .flatten()
            .map(|name| FunctionName { name, arguments: None }),
    );
    Names {
        schemas: rows(SCHEMAS).into_iter().flatten().collect(),
        relations: relations(rows(COLUMNS), rows(CATALOGS)),
        settings: rows(SETTINGS)
            .into_iter()
            .filter_map(pair)
            .map(|(name, description)| SettingName { name, description })
            .collect(),
        functions,
    }
}

fn relations(columns: Vec<Vec<String>>, catalogs: Vec<Vec<String>>) -> Vec<RelationName> {
    let mut relations: Vec<RelationName> = Vec::new();
    for row in columns {
        let Ok([schema, name, column, type_name]) = <[String; 4]>::try_from(row) else {
            continue;
        };
        let column = ColumnName {
            name: column,
            type_name,
        };
        match relations.last_mut() {
            Some(last) if last.schema == schema && last.name == name => last.columns.push(column),
            _ => relations.push(RelationName {
                schema,
                name,
                columns: vec![column],
            }),
        }
    }
    relations.extend(catalogs.into_iter().flatten().map(|name| RelationName {
        schema: "pg_catalog".into(),
        name,
        columns: Vec::new(),
    }));
    relations
}

fn pair(row: Vec<String>) -> Option<(String, String)> {
    let [first, second] = <[String; 2]>::try_from(row).ok()?;
    Some((first, second))
}
