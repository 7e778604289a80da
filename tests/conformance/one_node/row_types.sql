-- Rows as values, where columns were dropped or stand in other places.
CREATE TABLE q (a int, b int, d int);
INSERT INTO q VALUES (1, 2, 3);
ALTER TABLE q DROP COLUMN b;
CREATE FUNCTION sum_sql(q) RETURNS int LANGUAGE sql AS 'SELECT $1.a + $1.d';
CREATE FUNCTION sum_plpgsql(r q) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN r.a + r.d; END';
SELECT sum_sql(q), sum_plpgsql(q), (q).d, (ROW(5, 6)::q).d, q FROM q;
SELECT to_jsonb(q), row_to_json(q) FROM q;
CREATE TABLE parent (a int, b text);
CREATE TABLE child (c int, b text, a int);
ALTER TABLE child INHERIT parent;
INSERT INTO parent VALUES (2, 'pp');
INSERT INTO child VALUES (9, 'bb', 1);
SELECT parent, to_jsonb(parent) FROM parent ORDER BY a;
ALTER TABLE parent ADD COLUMN d int;
ALTER TABLE parent DROP COLUMN b;
UPDATE parent SET d = a * 2;
SELECT parent, (parent).d, to_jsonb(parent) FROM parent ORDER BY a;
CREATE FUNCTION total(parent) RETURNS int LANGUAGE sql AS 'SELECT $1.a + $1.d';
SELECT total(parent), parent.total FROM parent ORDER BY 1;
SELECT count(DISTINCT parent), max(parent) FROM (SELECT parent FROM parent) x;
-- Triggers of a partitioned table, in a partition with columns in another order
CREATE TABLE parts (a int, b int) PARTITION BY LIST (a);
CREATE TABLE parts_1 (b int, a int);
ALTER TABLE parts ATTACH PARTITION parts_1 FOR VALUES IN (1);
CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '% % %', TG_NAME, TG_TABLE_NAME, NEW; RETURN NEW; END $$;
CREATE TRIGGER large AFTER INSERT ON parts FOR EACH ROW WHEN (NEW.b > 5) EXECUTE FUNCTION say();
CREATE TRIGGER changed BEFORE UPDATE OF b ON parts FOR EACH ROW WHEN (OLD.b IS DISTINCT FROM NEW.b) EXECUTE FUNCTION say();
INSERT INTO parts VALUES (1, 3), (1, 9);
UPDATE parts SET b = 4 WHERE b = 3;
UPDATE parts SET a = 1;
UPDATE parts_1 SET b = 9;
\d parts_1
CREATE TABLE parts_2 (b int, x int, a int);
ALTER TABLE parts_2 DROP COLUMN x;
ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES IN (2);
INSERT INTO parts VALUES (2, 3), (2, 9);
SELECT parts FROM parts ORDER BY a, b;
