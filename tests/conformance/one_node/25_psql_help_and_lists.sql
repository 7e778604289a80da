-- psql's help, and the lists of what is built in
\h select into
\h alter index
\h nothing
\copyright
\dAc btree int4
\dAc+ hash text
\dAf btree *int*
\dAo hash integer_ops
\dAp+ hash integer_ops
\dF+ simple
\dFd+ simple
\dFt
\dFp+
\dcS utf8_to_iso_8859_1
\do ||
\do + int
\do+ <-> point point
\dT+ bool
\da min
\df+ lower
\dt (a|b)[0-9]*
\dt [
\encoding nope
\unrestrict key
\restrict key
\echo not now
\unrestrict key
\set command '\\echo from a variable'
:command
\set SINGLELINE on
SELECT 1 AS one
\set SINGLELINE off
\set SHOW_ALL_RESULTS off
SELECT 1 AS first \; SELECT 2 AS last;
\set SHOW_ALL_RESULTS on
SELECT 1 AS a
\p
, 2 AS b;
SELECT 1 \gdesc extra
\if false
\nonsense
\endif
SELECT name, category, short_desc, extra_desc FROM pg_settings WHERE name IN ('work_mem', 'enable_hashjoin') ORDER BY 1;
SELECT feature_id, feature_name FROM information_schema.sql_parts;
SELECT 'abs(int)'::regprocedure::oid::regproc, 'now'::regproc, 'english'::regconfig;
SELECT typname, typinput, typoutput FROM pg_type WHERE typname IN ('int4', '_text', 'timestamptz', 'int4range') ORDER BY 1;
