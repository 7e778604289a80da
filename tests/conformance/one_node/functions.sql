CREATE TABLE accounts(id int PRIMARY KEY, owner text, balance numeric CHECK (balance >= 0));
INSERT INTO accounts VALUES (1,'a',100),(2,'b',50);
CREATE PROCEDURE transfer(src int, dst int, amount numeric) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE accounts SET balance = balance - amount WHERE id = src;
  IF NOT FOUND THEN RAISE EXCEPTION 'no account %', src; END IF;
  UPDATE accounts SET balance = balance + amount WHERE id = dst;
  COMMIT;
END $$;
CALL transfer(1,2,30);
CALL transfer(1,2,300);
CALL transfer(9,2,1);
CALL transfer(1,2);
CALL transfer('x',2,1);
SELECT transfer(1,2,3);
BEGIN; CALL transfer(1,2,1); ROLLBACK;
SELECT * FROM accounts ORDER BY 1;
CREATE FUNCTION bal(p_id int) RETURNS numeric LANGUAGE plpgsql STABLE AS $$
DECLARE v numeric;
BEGIN
  SELECT balance INTO STRICT v FROM accounts WHERE id = p_id;
  RETURN v;
EXCEPTION
  WHEN NO_DATA_FOUND THEN
    RAISE EXCEPTION 'account % not found', p_id USING HINT = 'check the id';
  WHEN TOO_MANY_ROWS THEN
    RAISE EXCEPTION 'account % not unique', p_id;
END $$;
SELECT bal(1), bal(2);
SELECT bal(3);
CREATE FUNCTION try_ins(p int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE st text; msg text; det text; hnt text; ctx text; con text; tab text; col text; sch text; dt text;
BEGIN
  INSERT INTO accounts VALUES (p, 'x', 1);
  RETURN 'ok';
EXCEPTION WHEN unique_violation OR check_violation THEN
  GET STACKED DIAGNOSTICS st = RETURNED_SQLSTATE, msg = MESSAGE_TEXT, det = PG_EXCEPTION_DETAIL, hnt = PG_EXCEPTION_HINT, ctx = PG_EXCEPTION_CONTEXT,
    con = CONSTRAINT_NAME, tab = TABLE_NAME, col = COLUMN_NAME, sch = SCHEMA_NAME, dt = PG_DATATYPE_NAME;
  RETURN format('%s|%s|%s|%s|%s|%s|%s|%s|%s|%s', st, msg, det, hnt, ctx, con, tab, col, sch, dt);
WHEN OTHERS THEN
  RETURN SQLERRM || ' ' || SQLSTATE;
END $$;
SELECT try_ins(1);
SELECT try_ins(10);
CREATE FUNCTION dyn(tab regclass, col text, val anyelement) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM %s WHERE %I = $1', tab, col) INTO n USING val;
  RETURN n;
END $$;
SELECT dyn('accounts', 'owner', 'a'::text), dyn('accounts', 'id', 2);
SELECT dyn('accounts', 'nosuch', 1);
SELECT dyn('nosuch', 'x', 1);
CREATE FUNCTION fib(n int) RETURNS SETOF int LANGUAGE plpgsql AS $$
DECLARE a int := 0; b int := 1; t int;
BEGIN
  FOR i IN 1..n LOOP
    RETURN NEXT a;
    t := a + b; a := b; b := t;
  END LOOP;
END $$;
SELECT * FROM fib(8);
SELECT fib(3), fib(2);
SELECT sum(f) FROM fib(10) f;
CREATE FUNCTION fact(n int) RETURNS numeric LANGUAGE plpgsql AS $$ BEGIN IF n <= 1 THEN RETURN 1; END IF; RETURN n * fact(n-1); END $$;
SELECT fact(20);
CREATE FUNCTION add(a int, b int DEFAULT 10, VARIADIC rest int[] DEFAULT '{}') RETURNS int LANGUAGE sql AS 'select a + b + coalesce((select sum(x)::int from unnest(rest) x), 0)';
SELECT add(1), add(1,2), add(1,2,3,4), add(b => 5, a => 1), add(1, VARIADIC rest => '{7,8}');
SELECT add(a := 1, 2);
SELECT add();
SELECT add('x');
\df add
CREATE OR REPLACE FUNCTION add(a int, b int DEFAULT 10, VARIADIC rest int[] DEFAULT '{}') RETURNS bigint LANGUAGE sql AS 'select 1::bigint';
CREATE OR REPLACE FUNCTION add(x int, b int DEFAULT 10, VARIADIC rest int[] DEFAULT '{}') RETURNS int LANGUAGE sql AS 'select 1';
CREATE OR REPLACE FUNCTION add(a int, b int, VARIADIC rest int[] DEFAULT '{}') RETURNS int LANGUAGE sql AS 'select 1';
CREATE FUNCTION add(a int, b int, c int) RETURNS int LANGUAGE sql AS 'select 3';
SELECT add(1,2,3);
DROP FUNCTION add;
DROP FUNCTION add(int);
DROP FUNCTION add(int,int,int), add(int,int,int[]);
CREATE FUNCTION ov(int) RETURNS text LANGUAGE sql AS $$ select 'int' $$;
CREATE FUNCTION ov(text) RETURNS text LANGUAGE sql AS $$ select 'text' $$;
CREATE FUNCTION ov(numeric) RETURNS text LANGUAGE sql AS $$ select 'numeric' $$;
SELECT ov(1), ov('1'), ov(1.5), ov(1::bigint), ov(null);
SELECT ov(now());
CREATE FUNCTION two(OUT a int, OUT b text) LANGUAGE sql AS $$ select 1, 'x' $$;
SELECT two(), (two()).a;
SELECT * FROM two();
ALTER FUNCTION two() RENAME TO two2;
ALTER FUNCTION two2() STABLE STRICT COST 5 PARALLEL SAFE;
ALTER FUNCTION two2() SET search_path = public;
ALTER FUNCTION two2() SECURITY DEFINER;
\sf two2
ALTER FUNCTION two2() RESET ALL;
ALTER FUNCTION two2() ROWS 5;
ALTER FUNCTION nosuch() STABLE;
ALTER PROCEDURE two2() SECURITY INVOKER;
DROP PROCEDURE two2();
DROP ROUTINE two2();
SELECT proname, prokind, provolatile, proisstrict, pronargs, pg_get_function_arguments(oid), pg_get_function_identity_arguments(oid), pg_get_function_result(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY proname, oid;
\df
\df+ fib
DO $$ DECLARE r record; cur CURSOR FOR SELECT * FROM accounts ORDER BY id; BEGIN OPEN cur; LOOP FETCH cur INTO r; EXIT WHEN NOT FOUND; RAISE NOTICE 'row % %', r.id, r; END LOOP; CLOSE cur; END $$;
DO $$ DECLARE cur refcursor; r accounts%ROWTYPE; BEGIN OPEN cur SCROLL FOR SELECT * FROM accounts ORDER BY id; FETCH LAST FROM cur INTO r; RAISE NOTICE '%', r; FETCH PRIOR FROM cur INTO r; RAISE NOTICE '%', r; MOVE FORWARD 5 FROM cur; FETCH cur INTO r; RAISE NOTICE '% %', r, FOUND; CLOSE cur; END $$;
CREATE FUNCTION getcur() RETURNS refcursor LANGUAGE plpgsql AS $$ DECLARE c refcursor := 'mycur'; BEGIN OPEN c FOR SELECT id FROM accounts ORDER BY 1; RETURN c; END $$;
BEGIN; SELECT getcur(); FETCH ALL IN mycur; COMMIT;
CREATE FUNCTION many() RETURNS TABLE(id int, label text) LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT a.id, a.owner FROM accounts a ORDER BY 1; IF NOT FOUND THEN RAISE NOTICE 'none'; END IF; RETURN QUERY EXECUTE 'SELECT $1, $2' USING 99, 'end'::text; END $$;
SELECT * FROM many();
SELECT m.label FROM many() m WHERE m.id > 1;
CREATE FUNCTION many2() RETURNS TABLE(id int, label text) LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT id, owner FROM accounts; END $$;
SELECT * FROM many2();
DO $$ BEGIN ASSERT 1 = 2; END $$;
DO $$ BEGIN ASSERT 1 = 2, 'math is ' || 'broken'; END $$;
DO $$ DECLARE i int := 0; BEGIN <<o>> LOOP i := i + 1; FOR j IN 1..3 LOOP CONTINUE o WHEN j = 2 AND i < 3; EXIT o WHEN i = 3; END LOOP; END LOOP; RAISE NOTICE 'i %', i; WHILE i > 0 LOOP i := i - 1; END LOOP; FOR k IN REVERSE 6..1 BY 2 LOOP RAISE NOTICE 'k %', k; END LOOP; CASE i WHEN 0, 1 THEN RAISE NOTICE 'small'; ELSE RAISE NOTICE 'big'; END CASE; CASE WHEN i > 5 THEN NULL; END CASE; END $$;
