CREATE TABLE w AS SELECT i AS id, repeat('word ', i*4) || i AS "long text", 'é' || i AS "héad
er", CASE WHEN i=2 THEN NULL ELSE E'a\nb\nc' END AS multi FROM generate_series(1,3) i;
\pset null '(ü)'
SELECT * FROM w;
\pset border 0
SELECT * FROM w;
\pset border 2
SELECT * FROM w;
\x
SELECT * FROM w;
\pset border 1
SELECT * FROM w;
\pset border 0
SELECT * FROM w;
\t
SELECT * FROM w;
\pset border 1
SELECT * FROM w;
\t
\pset title 'A title'
SELECT * FROM w WHERE id = 1;
SELECT * FROM w WHERE false;
\d w
\x
\d w
\pset title
\pset linestyle old-ascii
\pset border 0
SELECT * FROM w;
\pset border 1
SELECT * FROM w;
\x
SELECT * FROM w;
\pset border 0
SELECT * FROM w;
\pset border 2
SELECT * FROM w;
\x
\pset linestyle unicode
\pset border 0
SELECT * FROM w;
\pset border 1
SELECT * FROM w;
\x
SELECT * FROM w;
\pset border 0
SELECT * FROM w;
\x
\pset linestyle ascii
\pset border 1
\pset format wrapped
\pset columns 40
SELECT * FROM w;
\pset border 2
SELECT * FROM w;
\pset border 0
SELECT * FROM w;
\x
SELECT * FROM w;
\pset border 1
SELECT * FROM w;
\pset border 2
SELECT * FROM w;
\pset linestyle unicode
SELECT * FROM w;
\x
SELECT * FROM w;
\pset linestyle ascii
\pset border 1
\x auto
SELECT id, multi FROM w;
SELECT * FROM w;
\pset format aligned
SELECT * FROM w;
\d w
\dt
\pset columns 20
\dt
\x on
\dt
\x off
\pset columns 0
\pset footer off
\d w
\dt
\t
\d w
\dt
\t
\a
\d w
\dt
\pset format csv
\d w
\dt
\pset format html
\dt
\d w
INSERT INTO w (id) VALUES (5);
