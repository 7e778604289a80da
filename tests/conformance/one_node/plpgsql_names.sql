CREATE TABLE stock (item int, amount int);
INSERT INTO stock VALUES (1, 2);
DO $$ DECLARE item int := 5; BEGIN PERFORM 1 FROM stock WHERE item = 5; END $$;
DO $$ DECLARE found_row record; item int := 5; BEGIN SELECT item, amount INTO found_row FROM stock; END $$;
DO $$
#variable_conflict use_variable
DECLARE item int := 5; BEGIN SELECT item INTO item FROM stock; RAISE NOTICE '%', item; END $$;
DO $$
#variable_conflict use_column
DECLARE item int := 5; BEGIN SELECT item INTO item FROM stock; RAISE NOTICE '%', item; END $$;
CREATE FUNCTION amount_of(item int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE r int; BEGIN SELECT amount INTO r FROM stock WHERE item = item; RETURN r; END $$;
SELECT amount_of(1);
CREATE OR REPLACE FUNCTION amount_of(item int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE r int; BEGIN SELECT amount INTO r FROM stock WHERE stock.item = amount_of.item; RETURN r; END $$;
SELECT amount_of(1);
DO $$ DECLARE item int := 5; BEGIN INSERT INTO stock (item, amount) VALUES (item, item); UPDATE stock SET amount = 7 WHERE stock.item = 5; RAISE NOTICE '%', (SELECT sum(stock.amount) FROM stock); END $$;
DO $$ DECLARE amount int := 5; BEGIN UPDATE stock SET item = amount; END $$;
DO $$ DECLARE stock stock%ROWTYPE; BEGIN SELECT * INTO stock FROM stock; RAISE NOTICE '%', stock.item; PERFORM stock.item FROM stock; END $$;
DO $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM stock LOOP PERFORM r.item FROM stock r; END LOOP; END $$;
SET plpgsql.variable_conflict = use_column;
DO $$ DECLARE item int := 5; BEGIN SELECT item INTO item FROM stock ORDER BY 1 LIMIT 1; RAISE NOTICE '%', item; END $$;
RESET plpgsql.variable_conflict;
DO $$
DECLARE x CONSTANT int := 1;
BEGIN
  x := 2;
END $$;
DO $$ DECLARE x nosuch; BEGIN NULL; END $$;
DO $$ DECLARE x stock.nosuch%TYPE; BEGIN NULL; END $$;
DO $$ DECLARE x nosuch%ROWTYPE; BEGIN NULL; END $$;
DO $$
BEGIN
  RAISE NOTICE '% and %', 1;
END $$;
DO $$ BEGIN RAISE nosuch_condition; END $$;
DO $$ BEGIN RETURN 1; END $$;
DO $$ BEGIN selec 1; END $$;
DO $$ BEGIN nosuch := 1; END $$;
DO $$ DECLARE c refcursor; BEGIN FOR r IN c LOOP NULL; END LOOP; END $$;
CREATE FUNCTION broken() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  x nosuch;
BEGIN
  RETURN 1;
END $$;
SET plpgsql.extra_warnings = 'shadowed_variables';
CREATE FUNCTION hides(a int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  a int := 2;
BEGIN
  RETURN a;
END $$;
RESET plpgsql.extra_warnings;
DO $$ DECLARE r record; BEGIN r := row(1, 2); RAISE NOTICE '%', r.nosuch; END $$;
DO $$ DECLARE s stock; BEGIN s.nosuch := 1; END $$;
DO $$ DECLARE s stock[]; BEGIN s[2].item := 7; RAISE NOTICE '%', s; END $$;
DO $$ DECLARE a int[] := '{1,2,3}'; BEGIN a[2:3] := array[8, 9]; a[5] := 0; RAISE NOTICE '%', a; END $$;
DO $$ DECLARE a int; BEGIN a[1] := 1; END $$;
CREATE TYPE pair AS (a int, b text);
CREATE TYPE nest AS (p pair, q pair[]);
DO $$ <<outer>> DECLARE n nest; BEGIN n.p := row(1, 'x'); n.q[1].b := 'y'; outer.n.p.a := 9; RAISE NOTICE '% %', n, outer.n.p; END $$;
DROP TABLE stock;
DROP TYPE nest, pair;
DROP FUNCTION amount_of(int), hides(int);
