CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, age smallint, tags text[], born date, balance numeric(10,2), info jsonb);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id int REFERENCES users (id), total numeric, placed timestamptz DEFAULT now(), "Odd Name" varchar(20), code char(3));
