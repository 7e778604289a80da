SELECT nosuch;
SELECT 1;
SELECT 2;
\set ON_ERROR_ROLLBACK on
CREATE TABLE t (a int);
BEGIN;
INSERT INTO t VALUES (1);
INSERT INTO t VALUES ('x');
INSERT INTO t VALUES (2);
COMMIT;
SELECT * FROM t;
\set ON_ERROR_ROLLBACK off
\set AUTOCOMMIT off
INSERT INTO t VALUES (3);
SELECT count(*) FROM t;
ROLLBACK;
SELECT count(*) FROM t;
COMMIT;
\set AUTOCOMMIT on
\set QUIET on
INSERT INTO t VALUES (4);
\pset null x
\set QUIET off
\set FETCH_COUNT 1
SELECT * FROM t ORDER BY 1;
\set FETCH_COUNT 0
\echo :ROW_COUNT :SQLSTATE :ERROR :LAST_ERROR_MESSAGE
SELECT 1/0;
\echo :ROW_COUNT :SQLSTATE :ERROR :LAST_ERROR_MESSAGE :LAST_ERROR_SQLSTATE
UPDATE t SET a = a;
\echo :ROW_COUNT :SQLSTATE :ERROR
\set tbl t
SELECT count(*) FROM :"tbl";
SELECT :'tbl' AS name, :tbl.a FROM t LIMIT 1;
\set x 'SELECT 1 AS one;'
:x
\set y `echo nope`
SELECT 1 AS a \gset
SELECT :a + 1 AS b \g
\copy t FROM stdin
10
11
\.
\copy t TO stdout
\copy (SELECT a, a*2 FROM t ORDER BY a) TO stdout WITH (FORMAT csv, HEADER)
\copy nosuch FROM stdin
1
\.
\copy
\copy t
\copy t FROM
COPY t TO STDOUT (DELIMITER '|');
COPY t FROM STDIN;
12
x
\.
COPY t FROM STDIN WITH CSV;
13
"14"
\.
SELECT count(*) FROM t;
SELECT 'to file';

SELECT 'to screen';
SELECT 1 \; SELECT 2;
SELECT 1 AS a, 2 AS b \gdesc
\gset
\gexec
SELECT format('CREATE TABLE tx%s (a int)', i) FROM generate_series(1,2) i \gexec
\d tx1
DO $$ BEGIN RAISE NOTICE 'hi'; RAISE WARNING 'w'; END $$;
DO $$ BEGIN RAISE NOTICE 'hi'; END $$;
DO $$ BEGIN PERFORM 1/0; END $$;
\set SHOW_CONTEXT never
DO $$ BEGIN PERFORM 1/0; END $$;
\set SHOW_CONTEXT errors
SELECT 'abc
def' AS multi;
select 1
;
/* comment */ SELECT 1 -- trailing
;
SELECT $$dollar; quote$$;
SELECT 'unterminated
';
\x auto
SELECT 1 AS a;
\x off
\if :{?tbl}
  SELECT 'has tbl';
\else
  SELECT 'no tbl';
\endif
\set n 5
SELECT :n > 3 AS big \gset
\if :big
\echo is big
\endif
\set ON_ERROR_STOP on
SELECT nosuch2;
SELECT 'not reached';
