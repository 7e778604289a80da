\pset
\pset border
\pset border 2
SELECT 1 AS a, 'x' AS b, NULL AS c;
\pset border 0
SELECT 1 AS a, 'x' AS b, NULL AS c;
\pset border 3
SELECT 1 AS a;
\pset border x
\pset border 1
\pset null '∅'
SELECT 1 AS a, 'x' AS b, NULL AS c;
\x
SELECT 1 AS a, 'x' AS b, NULL AS c;
\pset border 2
SELECT 1 AS a, 'x' AS b, NULL AS c;
\pset border 0
SELECT 1 AS a, 'x' AS b, NULL AS c;
\pset border 1
\x auto
\x off
\x foo
\pset linestyle unicode
SELECT 1 AS a, E'x\ny' AS b, NULL AS c;
\pset border 2
SELECT 1 AS a, E'x\ny' AS b, NULL AS c;
\x on
SELECT 1 AS a, E'x\ny' AS b, NULL AS c;
\x off
\pset linestyle old-ascii
SELECT 1 AS a, E'x\ny' AS b, NULL AS c;
\pset border 1
SELECT 1 AS a, E'x\ny' AS b, NULL AS c;
\pset linestyle ascii
\pset linestyle foo
\pset unicode_border_linestyle double
\pset unicode_column_linestyle double
\pset unicode_header_linestyle double
\pset linestyle unicode
\pset border 2
SELECT 1 AS a, 2 AS b;
\pset unicode_border_linestyle single
\pset unicode_column_linestyle single
\pset unicode_header_linestyle single
\pset border 1
\pset linestyle ascii
\pset null ''
\pset format html
SELECT 1 AS a, '<x>' AS b, NULL AS c;
\x
SELECT 1 AS a, '<x>' AS b, NULL AS c;
\x
\pset tableattr 'class="x"'
\pset tableattr
SELECT 1 AS a;
\pset format latex
SELECT 1 AS a, 'x_y & z' AS b;
\pset format latex-longtable
SELECT 1 AS a, 'x_y & z' AS b;
\pset format asciidoc
SELECT 1 AS a, 'x|y' AS b;
\x
SELECT 1 AS a, 'x|y' AS b;
\x
\pset format troff-ms
SELECT 1 AS a, 'x' AS b;
\pset format csv
SELECT 1 AS a, 'x,y' AS b, 'q"q' AS c, NULL AS d;
\pset csv_fieldsep ';'
SELECT 1 AS a, 'x,y' AS b;
\pset csv_fieldsep ';;'
\pset csv_fieldsep '"'
\x
SELECT 1 AS a, 'x,y' AS b;
\x
\pset format unaligned
SELECT 1 AS a, 'x' AS b;
\pset fieldsep ','
\pset recordsep '|'
SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y';
\pset recordsep '\n'
\x
SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y';
\x
\pset fieldsep_zero
\pset fieldsep '|'
\pset recordsep_zero
\pset recordsep '\n'
\pset format wrapped
\pset columns 20
SELECT 'hello wonderful world of wrapping' AS a, 'more text in here' AS b;
\pset columns 0
\pset format foo
\pset format a
\pset format aligned
\pset footer
\pset footer off
SELECT 1;
\pset footer on
\pset footer
\pset title 'My title'
SELECT 1 AS x;
\pset title
SELECT 1 AS x;
\C 'T2'
SELECT 1 AS x, 2 AS yyyyyyy;
\x
SELECT 1 AS x, 2 AS yyyyyyy;
\x
\C
\t
SELECT 1 AS x;
\t off
\t on
\t
\pset tuples_only
\pset numericlocale on
SELECT 1234567.891 AS n, 1234567 AS i;
\pset numericlocale off
\pset pager off
\pset pager on
\pset pager always
\pset pager foo
\pset pager_min_lines 5
\pset expanded
\pset expanded auto
\pset expanded off
\pset nosuch
\pset nosuch x
\a
SELECT 1 AS a, 2 AS b;
\f
\f ';'
SELECT 1 AS a, 2 AS b;
\a
\H
SELECT 1 AS a;
\H
\T 'x=1'
\T
\pset
SELECT 1 AS "a
b", E'l1\nl2' AS c;
SELECT;
SELECT FROM generate_series(1,3);
\x
SELECT;
SELECT FROM generate_series(1,3);
SELECT 1 AS a WHERE false;
\x
SELECT 1 AS a WHERE false;
SELECT 'ü' AS "é", '日本' AS x;
SELECT E'tab\there' AS t, E'\x01' AS ctl;
\g (format=csv) 
SELECT 1 AS a, 2 AS b \g (format=csv)
SELECT 1 AS a, 2 AS b \g (format=unaligned tuples_only=on)
SELECT 1 AS a, 2 AS b \gx (border=2)
SELECT 1 AS a \g (nosuch=2)
SELECT 1 AS a \g (format=csv
SELECT 1 AS first, 'a' AS second, 10 AS v UNION ALL SELECT 2, 'b', 20 UNION ALL SELECT 1, 'b', 5;
\crosstabview
SELECT 1 AS first, 'a' AS second, 10 AS v UNION ALL SELECT 2, 'b', 20 UNION ALL SELECT 1, 'b', 5 \crosstabview
SELECT 1 AS first, 'a' AS second, 10 AS v UNION ALL SELECT 2, 'b', 20 UNION ALL SELECT 1, 'b', 5 \crosstabview second first v
SELECT 1 AS first, 'a' AS second, 10 AS v, 3 AS ord UNION ALL SELECT 2, 'b', 20, 1 UNION ALL SELECT 1, 'b', 5, 1 \crosstabview first second v ord
SELECT 1 AS first \crosstabview
SELECT 1 AS a, 2 AS b \crosstabview
SELECT 1 AS a, 2 AS b, 3 AS c \crosstabview x y
SELECT 1 AS a, 2 AS b, 3 AS c, 4 AS d \crosstabview
SELECT 1 AS a, 2 AS b, 3 AS c UNION ALL SELECT 1, 2, 4 \crosstabview
SELECT 1 AS a \gset
\echo :a
SELECT 1 AS a, 2 AS b \gset p_
\echo :p_a :p_b
SELECT 1 WHERE false \gset
SELECT 1 UNION SELECT 2 \gset
SELECT 1 AS "bad name" \gset
SELECT 1 AS "QUIET" \gset
SELECT 'SELECT 1 AS x', 'SELECT 2 AS y' UNION ALL SELECT 'SELECT 3 AS z', NULL \gexec
SELECT 1 AS a, 'x'::text AS b, now()::date AS c, 1.5::numeric(5,2) AS d \gdesc
CREATE TABLE xx (a int) \gdesc
\gdesc
SELECT nosuch \gdesc
SELECT 1 AS a \; SELECT 2 AS b;
SELECT 1; SELECT 2 \g
\g
\gx
