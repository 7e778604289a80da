-- TABLESAMPLE of whole tables, where no row is left to chance.
CREATE TABLE readings (sensor int, at date, value numeric) PARTITION BY RANGE (at);
CREATE TABLE readings_2024 PARTITION OF readings FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE readings_2025 PARTITION OF readings FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO readings SELECT i, date '2024-06-01' + i * 30, i * 1.5 FROM generate_series(1, 12) i;
SELECT tableoid::regclass, count(*) FROM readings TABLESAMPLE BERNOULLI (100) GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM readings TABLESAMPLE SYSTEM (100) REPEATABLE (7) WHERE at >= '2025-01-01';
SELECT count(*) FROM readings TABLESAMPLE BERNOULLI (0);
EXPLAIN (COSTS OFF) SELECT * FROM readings TABLESAMPLE BERNOULLI (10);
EXPLAIN (COSTS OFF) SELECT * FROM readings TABLESAMPLE BERNOULLI (10) WHERE at = '2025-03-01';
CREATE TABLE animals (name text);
CREATE TABLE birds (wings int) INHERITS (animals);
INSERT INTO animals VALUES ('cat'), ('dog');
INSERT INTO birds VALUES ('jay', 2);
SELECT tableoid::regclass, name FROM animals TABLESAMPLE BERNOULLI (100) ORDER BY name;
SELECT name FROM ONLY animals TABLESAMPLE BERNOULLI (100) ORDER BY name;
SELECT * FROM animals TABLESAMPLE BERNOULLI (101);
SELECT * FROM animals TABLESAMPLE BERNOULLI (NULL);
SELECT * FROM animals TABLESAMPLE nosuch (10);
SELECT * FROM animals TABLESAMPLE BERNOULLI (50) REPEATABLE (NULL);
SELECT * FROM (SELECT 1) one TABLESAMPLE BERNOULLI (100);
-- Aggregates in the direct arguments of others
SELECT percentile_cont(max(value) / 100) WITHIN GROUP (ORDER BY value) FROM readings;
SELECT sensor, percentile_cont(0.5) WITHIN GROUP (ORDER BY max(value)) FROM readings GROUP BY sensor;
SELECT max(min(value)) FROM readings;
