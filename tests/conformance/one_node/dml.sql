-- Writing rows on one node: every form of INSERT, UPDATE, DELETE, MERGE.
CREATE TABLE stock (sku text PRIMARY KEY, qty int NOT NULL DEFAULT 0, price numeric(8,2), tags text[] DEFAULT '{}', updated date);
INSERT INTO stock VALUES ('pen', 10, 1.5), ('ink', 5, 8), ('pad', DEFAULT, 3.25, ARRAY['paper','a4'], '2024-01-31');
INSERT INTO stock (sku, price) SELECT 'new' || i, i * 1.1 FROM generate_series(1, 3) i RETURNING sku, price;
INSERT INTO stock DEFAULT VALUES;
INSERT INTO stock (sku) VALUES ('x'), ('y', 2);
INSERT INTO stock (sku, qty) VALUES ('pen', 1) ON CONFLICT DO NOTHING;
INSERT INTO stock AS s (sku, qty) VALUES ('pen', 7), ('cap', 2) ON CONFLICT (sku) DO UPDATE SET qty = s.qty + excluded.qty RETURNING sku, qty;
INSERT INTO stock (sku, qty) VALUES ('pen', 1) ON CONFLICT (qty) DO NOTHING;
INSERT INTO stock (sku, qty) VALUES ('pen', 1) ON CONFLICT ON CONSTRAINT stock_pkey DO UPDATE SET price = NULL WHERE stock.qty > 100;
INSERT INTO stock (sku, qty) VALUES ('dup', 1), ('dup', 2) ON CONFLICT (sku) DO UPDATE SET qty = excluded.qty;
UPDATE stock SET qty = qty * 2, price = price + 0.005 WHERE sku IN ('pen', 'ink') RETURNING *;
UPDATE stock SET (qty, price) = (1, 2) WHERE sku = 'cap' RETURNING sku, qty, price;
UPDATE stock SET (qty, price) = (SELECT 3, max(price) FROM stock) WHERE sku = 'cap' RETURNING sku, qty, price;
UPDATE stock s SET qty = v.q FROM (VALUES ('new1', 11), ('new2', 22)) v(sku, q) WHERE v.sku = s.sku RETURNING s.sku, s.qty, v.q;
UPDATE stock SET tags[3] = 'blue' WHERE sku = 'pad' RETURNING tags;
UPDATE stock SET qty = DEFAULT WHERE sku = 'new3';
UPDATE stock SET nothing = 1;
UPDATE stock SET qty = 'many';
UPDATE stock SET qty = 1, qty = 2;
UPDATE nowhere SET a = 1;
DELETE FROM stock WHERE sku LIKE 'new%' RETURNING sku;
DELETE FROM stock USING (VALUES ('cap')) v(k) WHERE sku = k;
DELETE FROM stock WHERE qty > 'a';
SELECT * FROM stock ORDER BY sku;
CREATE TABLE moves (sku text, delta int);
INSERT INTO moves VALUES ('pen', -5), ('ink', -10), ('cap', 4), ('pad', 1);
MERGE INTO stock s USING moves m ON s.sku = m.sku WHEN MATCHED AND s.qty + m.delta <= 0 THEN DELETE WHEN MATCHED THEN UPDATE SET qty = s.qty + m.delta WHEN NOT MATCHED THEN INSERT (sku, qty) VALUES (m.sku, m.delta);
SELECT sku, qty FROM stock ORDER BY sku;
MERGE INTO stock s USING (SELECT 'pen' AS sku FROM generate_series(1, 2)) m ON s.sku = m.sku WHEN MATCHED THEN UPDATE SET qty = 0;
WITH gone AS (DELETE FROM moves WHERE delta < 0 RETURNING *), kept AS (SELECT * FROM moves) SELECT (SELECT count(*) FROM gone) AS gone, (SELECT count(*) FROM kept) AS seen;
WITH up AS (UPDATE stock SET qty = qty + 100 RETURNING sku, qty) SELECT * FROM up WHERE qty > 110 ORDER BY sku;
WITH src(sku, qty) AS (VALUES ('zip', 1), ('zap', 2)) INSERT INTO stock (sku, qty) SELECT * FROM src RETURNING sku;
TRUNCATE moves;
TRUNCATE nowhere;
SELECT count(*) FROM moves;
CREATE TABLE seqs (id serial, v text);
INSERT INTO seqs (v) VALUES ('a'), ('b') RETURNING id;
TRUNCATE seqs RESTART IDENTITY;
INSERT INTO seqs (v) VALUES ('c') RETURNING *;
SELECT currval('seqs_id_seq'), lastval(), nextval('seqs_id_seq'), setval('seqs_id_seq', 50), nextval('seqs_id_seq');
SELECT currval('nothing');
COPY seqs TO STDOUT;
COPY seqs FROM STDIN (FORMAT csv, NULL '-');
7,seven
8,-
9,"with ""quotes"" and, comma"
\.
SELECT * FROM seqs ORDER BY id;
COPY seqs FROM STDIN;
x	bad
\.
COPY seqs (v) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *);
CREATE TABLE copyck (a int CHECK (a > 0), b text NOT NULL);
COPY copyck FROM STDIN;
1	one
-2	minus
\.
COPY copyck FROM STDIN;
1	\N
\.
SELECT count(*) FROM copyck;
INSERT INTO stock (sku, updated) VALUES ('d1', '2024-02-30');
INSERT INTO stock (sku, price) VALUES ('d2', 1234567.891);
INSERT INTO stock (sku, price) VALUES ('d3', 12345678.9);
SELECT sku, price, updated FROM stock WHERE sku LIKE 'd%' ORDER BY sku;
PREPARE add(text, int) AS INSERT INTO stock (sku, qty) VALUES ($1, $2) RETURNING sku, qty;
EXECUTE add('prep', 3);
EXECUTE add('prep2');
EXECUTE add('prep3', 'x');
DEALLOCATE add;
EXECUTE add('prep4', 1);
BEGIN;
DECLARE c CURSOR FOR SELECT sku FROM stock ORDER BY sku;
FETCH 2 FROM c;
FETCH NEXT FROM c;
MOVE 1 FROM c;
FETCH ALL FROM c;
CLOSE c;
FETCH 1 FROM c;
ROLLBACK;
