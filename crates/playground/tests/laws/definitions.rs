//! The law: what the catalog functions print of an object makes the same object.

use crate::lab;

/// Everything that the objects stand on.
const BASE: &[&str] = &[
    "CREATE TABLE t (id int PRIMARY KEY, a int, b text DEFAULT 'x', c numeric(10,2), d date, e int[], f jsonb)",
    "CREATE TABLE s (id int REFERENCES t, n text)",
    "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
];

/// How an object is made, its definition asked for, and the object dropped.
const OBJECTS: &[(&str, &str, &str)] = &[
    (
        "CREATE VIEW v AS SELECT a, count(*) AS n, sum(c) FILTER (WHERE d > '2024-01-01') FROM t GROUP BY a HAVING count(*) > 1",
        "SELECT 'CREATE VIEW v AS ' || pg_get_viewdef('v')",
        "DROP VIEW v",
    ),
    (
        "CREATE VIEW v AS WITH x AS (SELECT id, a + 1 AS a1 FROM t WHERE b LIKE 'x%' OR e[1] = ANY (e)) SELECT x.*, s.n, \
         row_number() OVER (PARTITION BY x.a1 ORDER BY s.n DESC NULLS LAST) FROM x LEFT JOIN s USING (id)",
        "SELECT 'CREATE VIEW v AS ' || pg_get_viewdef('v', true)",
        "DROP VIEW v",
    ),
    (
        "CREATE VIEW v AS SELECT CASE WHEN a > 0 THEN b ELSE f ->> 'k' END AS k, EXISTS (SELECT 1 FROM s WHERE s.id = t.id) \
         AS e, d + interval '1 day' AS n, coalesce(c, 0)::int, ARRAY[a, id] AS r, a BETWEEN 1 AND 5 AS w, b ~~ 'x' AS l FROM t \
         UNION ALL SELECT n, true, now(), 1, '{}', false, NULL FROM s ORDER BY 1",
        "SELECT 'CREATE VIEW v AS ' || pg_get_viewdef('v')",
        "DROP VIEW v",
    ),
    (
        "CREATE VIEW v AS SELECT t.id, l.x FROM t, LATERAL (SELECT t.a * 2 AS x) l, unnest(t.e) WITH ORDINALITY o(i, n) \
         WHERE (t.a, t.b) IN (SELECT id, n FROM s) AND t.d IS NOT NULL AND NOT (t.a = 3 AND t.c IS DISTINCT FROM 4)",
        "SELECT 'CREATE VIEW v AS ' || pg_get_viewdef('v')",
        "DROP VIEW v",
    ),
    (
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0 AND (b <> '' OR c IS NULL) AND length(b) < 10)",
        "SELECT 'ALTER TABLE t ADD CONSTRAINT k ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'k'",
        "ALTER TABLE t DROP CONSTRAINT k",
    ),
    (
        "ALTER TABLE s ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES t (id) ON UPDATE CASCADE ON DELETE SET NULL \
         DEFERRABLE INITIALLY DEFERRED",
        "SELECT 'ALTER TABLE s ADD CONSTRAINT k ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'k'",
        "ALTER TABLE s DROP CONSTRAINT k",
    ),
    (
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a, b) INCLUDE (c)",
        "SELECT 'ALTER TABLE t ADD CONSTRAINT k ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'k'",
        "ALTER TABLE t DROP CONSTRAINT k",
    ),
    (
        "CREATE UNIQUE INDEX k ON t USING btree (lower(b) DESC NULLS LAST, a) INCLUDE (c) WHERE a > 0 AND d < '2030-01-01'",
        "SELECT pg_get_indexdef('k'::regclass)",
        "DROP INDEX k",
    ),
    (
        "CREATE INDEX k ON t USING gin (f jsonb_path_ops)",
        "SELECT pg_get_indexdef('k'::regclass)",
        "DROP INDEX k",
    ),
    (
        "CREATE FUNCTION f(a int, b text DEFAULT 'it''s', VARIADIC c int[] DEFAULT '{}') RETURNS TABLE (x int, y text) \
         LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER COST 7 ROWS 3 SET search_path TO 'public' \
         AS $$ BEGIN RETURN QUERY SELECT a, b; END $$",
        "SELECT pg_get_functiondef('f'::regproc)",
        "DROP FUNCTION f",
    ),
    (
        "CREATE FUNCTION f(INOUT a numeric, OUT b int) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT $1 + 1, 2'",
        "SELECT pg_get_functiondef('f'::regproc)",
        "DROP FUNCTION f",
    ),
    (
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT ($1 + t.a) FROM t WHERE t.id <> 0; END",
        "SELECT pg_get_functiondef('f'::regproc)",
        "DROP FUNCTION f",
    ),
    (
        "CREATE PROCEDURE f(a int) LANGUAGE plpgsql AS $_$ BEGIN UPDATE t SET a = $1; COMMIT; END $_$",
        "SELECT pg_get_functiondef('f'::regproc)",
        "DROP PROCEDURE f",
    ),
    (
        "ALTER TABLE t ALTER a SET DEFAULT (1 + length('x'::text)) * 2",
        "SELECT 'ALTER TABLE t ALTER a SET DEFAULT ' || pg_get_expr(adbin, adrelid) FROM pg_attrdef \
         WHERE adrelid = 't'::regclass AND adnum = 2",
        "ALTER TABLE t ALTER a DROP DEFAULT",
    ),
    (
        "CREATE TRIGGER k BEFORE UPDATE OF a, b ON t FOR EACH ROW WHEN (old.a IS DISTINCT FROM new.a) \
         EXECUTE FUNCTION g(1, 'two')",
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'k'",
        "DROP TRIGGER k ON t",
    ),
];

#[test]
fn a_definition_makes_the_object_it_defines() {
    let mut base = lab::psql(0);
    BASE.iter().for_each(|statement| drop(lab::must(&mut base, statement)));
    let mut faults = Vec::new();
    for (create, definition, drop) in OBJECTS {
        let mut psql = lab::copy(&base);
        let made = lab::ask(&mut psql, create);
        if let Some(error) = made.error {
            faults.push(format!("{create}\n  {error:?}"));
            continue;
        }
        let first = lab::must(&mut psql, definition).rows[0][0].clone().unwrap();
        lab::must(&mut psql, drop);
        if let Some(error) = lab::ask(&mut psql, &first).error {
            faults.push(format!("{first}\n  {error:?}"));
            continue;
        }
        let second = lab::must(&mut psql, definition).rows[0][0].clone().unwrap();
        if first != second {
            faults.push(format!("{first}\n  became\n{second}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
