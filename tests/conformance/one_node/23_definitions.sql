CREATE SCHEMA app;
SET search_path TO app, public;
CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL UNIQUE, created_at timestamptz NOT NULL DEFAULT now(), age int CHECK (age BETWEEN 0 AND 150), role varchar(20) DEFAULT 'user' CHECK (role IN ('user', 'admin')));
CREATE TABLE posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int REFERENCES users(id) ON DELETE SET NULL, title text, tags text[] DEFAULT '{}', meta jsonb DEFAULT '{}'::jsonb, EXCLUDE USING btree (title WITH =));
CREATE INDEX posts_meta ON posts USING gin (meta);
CREATE INDEX posts_tags ON posts USING gin (tags);
CREATE INDEX CONCURRENTLY posts_title ON posts (lower(title));
CREATE UNIQUE INDEX IF NOT EXISTS posts_title ON posts (title);
CREATE INDEX ON posts (nosuch);
CREATE INDEX ON posts USING nosuch (title);
CREATE INDEX ON posts USING gin (title);
CREATE INDEX ON posts (title nosuch_ops);
CREATE INDEX ON posts (title) WITH (fillfactor = 200);
CREATE INDEX ON posts ((title || 'x'), user_id DESC NULLS LAST) WHERE user_id > 3;
CREATE INDEX ON nosuch (a);
CREATE INDEX posts_title ON posts (title);
CREATE UNIQUE INDEX ON users (email) NULLS NOT DISTINCT;
CREATE INDEX ON posts (random());
CREATE INDEX ON posts (count(*));
\d users
\d posts
\di
ALTER INDEX posts_title RENAME TO posts_t;
ALTER INDEX posts_t SET (fillfactor = 60);
ALTER INDEX nosuch RENAME TO x;
ALTER INDEX IF EXISTS nosuch RENAME TO x;
ALTER INDEX posts_t SET TABLESPACE pg_default;
REINDEX INDEX posts_t;
REINDEX TABLE posts;
REINDEX SCHEMA app;
REINDEX TABLE nosuch;
CLUSTER posts USING posts_pkey;
CLUSTER posts;
CLUSTER users;
CLUSTER nosuch;
VACUUM posts;
VACUUM (ANALYZE, VERBOSE false) posts;
VACUUM FULL posts;
VACUUM (NOSUCH) posts;
VACUUM nosuch;
ANALYZE posts (title, nosuch);
ANALYZE posts;
ANALYZE;
COMMENT ON TABLE posts IS 'All posts';
COMMENT ON COLUMN posts.title IS 'The title';
COMMENT ON COLUMN posts.nosuch IS 'x';
COMMENT ON INDEX posts_t IS 'idx';
COMMENT ON CONSTRAINT users_age_check ON users IS 'age';
COMMENT ON CONSTRAINT nosuch ON users IS 'age';
COMMENT ON SEQUENCE users_id_seq IS 'seq';
COMMENT ON SCHEMA app IS 'app';
COMMENT ON SCHEMA nosuch IS 'app';
COMMENT ON TABLE nosuch IS 'x';
COMMENT ON VIEW posts IS 'x';
COMMENT ON TABLE posts IS NULL;
\dd
\d+ posts
\dt+ posts
\di+ posts_t
\ds+ users_id_seq
\dn+ app
SELECT obj_description('posts'::regclass), col_description('posts'::regclass, 3), obj_description('posts_t'::regclass, 'pg_class');
CREATE RECURSIVE VIEW nums (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM nums WHERE n < 5;
SELECT * FROM nums;
\d+ nums
CREATE TEMP VIEW tv AS SELECT 1 AS x;
CREATE VIEW bad AS SELECT nosuch FROM users;
CREATE VIEW dup AS SELECT 1 AS a, 2 AS a;
CREATE MATERIALIZED VIEW mv AS SELECT role, count(*) FROM users GROUP BY role WITH NO DATA;
SELECT * FROM mv;
REFRESH MATERIALIZED VIEW mv;
SELECT * FROM mv;
REFRESH MATERIALIZED VIEW CONCURRENTLY mv;
CREATE UNIQUE INDEX ON mv (role);
REFRESH MATERIALIZED VIEW CONCURRENTLY mv;
REFRESH MATERIALIZED VIEW users;
INSERT INTO mv VALUES ('x', 1);
DROP VIEW mv;
\d+ mv
DROP TABLE users;
DROP TABLE users, posts;
CREATE SEQUENCE s START 5 INCREMENT -1;
CREATE SEQUENCE s START 5 INCREMENT -1 MAXVALUE 10 MINVALUE 1;
SELECT nextval('s'), nextval('s'), currval('s'), lastval();
SELECT setval('s', 1), nextval('s');
SELECT setval('s', 100);
SELECT setval('s', 3, false), nextval('s');
ALTER SEQUENCE s RESTART WITH 7 INCREMENT BY 2;
SELECT * FROM s;
SELECT nextval('nosuch');
SELECT currval('posts_id_seq');
ALTER SEQUENCE s OWNED BY users.age;
ALTER SEQUENCE s OWNED BY NONE;
ALTER SEQUENCE s MAXVALUE 5;
ALTER SEQUENCE s AS smallint;
CREATE SEQUENCE s2 AS text;
CREATE SEQUENCE s2 INCREMENT 0;
CREATE SEQUENCE s2 MINVALUE 5 START 3;
CREATE SEQUENCE s2 CACHE 0;
\d s
SELECT sequencename, data_type, start_value, min_value, max_value, increment_by, cycle, cache_size, last_value FROM pg_sequences WHERE schemaname = 'app' ORDER BY 1;
DROP SEQUENCE users_id_seq;
SELECT pg_get_serial_sequence('users', 'id'), pg_get_serial_sequence('posts', 'id');
CREATE TABLE ll (LIKE users INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES EXCLUDING COMMENTS);
\d ll
CREATE TABLE l2 (LIKE users);
\d l2
CREATE TEMP TABLE tt ON COMMIT DROP AS SELECT 1;
SELECT * FROM tt;
CREATE UNLOGGED TABLE ut (a int) WITH (autovacuum_enabled = off);
\d+ ut
DROP SCHEMA app;
DROP SCHEMA app CASCADE;
