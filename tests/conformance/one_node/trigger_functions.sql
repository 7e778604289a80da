-- audit trigger, the tutorial kind
CREATE TABLE employees(id serial PRIMARY KEY, name text NOT NULL, salary numeric(10,2), updated_at timestamptz);
CREATE TABLE audit_log(id bigserial PRIMARY KEY, tbl text, op char(1), old_row jsonb, new_row jsonb, who text DEFAULT current_user);
CREATE OR REPLACE FUNCTION audit_it() RETURNS trigger AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO audit_log(tbl, op, new_row) VALUES (TG_TABLE_NAME, 'I', to_jsonb(NEW));
    RETURN NEW;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO audit_log(tbl, op, old_row, new_row) VALUES (TG_TABLE_NAME, 'U', to_jsonb(OLD), to_jsonb(NEW));
    RETURN NEW;
  ELSE
    INSERT INTO audit_log(tbl, op, old_row) VALUES (TG_TABLE_NAME, 'D', to_jsonb(OLD));
    RETURN OLD;
  END IF;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER emp_audit AFTER INSERT OR UPDATE OR DELETE ON employees FOR EACH ROW EXECUTE FUNCTION audit_it();
INSERT INTO employees(name, salary) VALUES ('Ann', 100), ('Bob', 200.555);
UPDATE employees SET salary = salary * 1.1 WHERE name = 'Ann';
DELETE FROM employees WHERE name = 'Bob';
SELECT id, tbl, op, old_row, new_row, who FROM audit_log ORDER BY id;
SELECT tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal;
ALTER TABLE employees DISABLE TRIGGER emp_audit;
\d employees
INSERT INTO employees(name) VALUES ('Cy');
SELECT count(*) FROM audit_log;
ALTER TABLE employees ENABLE ALWAYS TRIGGER emp_audit;
SET session_replication_role = replica;
INSERT INTO employees(name) VALUES ('Di');
SELECT count(*) FROM audit_log;
ALTER TABLE employees ENABLE TRIGGER emp_audit;
INSERT INTO employees(name) VALUES ('Ed');
SELECT count(*) FROM audit_log;
RESET session_replication_role;
ALTER TRIGGER emp_audit ON employees RENAME TO emp_log;
\d employees
CREATE TRIGGER emp_log BEFORE INSERT ON employees FOR EACH ROW EXECUTE FUNCTION audit_it();
CREATE OR REPLACE TRIGGER emp_log AFTER INSERT ON employees FOR EACH ROW EXECUTE FUNCTION audit_it();
DROP FUNCTION audit_it();
DROP TRIGGER nosuch ON employees;
DROP TRIGGER IF EXISTS nosuch ON employees;
DROP TRIGGER emp_log ON nosuch;
DROP TRIGGER IF EXISTS emp_log ON nosuch;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.salary < 0 THEN
    RAISE EXCEPTION 'salary of % cannot be negative', NEW.name USING ERRCODE = 'check_violation', HINT = 'Give them a raise.';
  END IF;
  NEW.name := initcap(NEW.name);
  RETURN NEW;
END $$;
CREATE TRIGGER touch BEFORE INSERT OR UPDATE OF name, salary ON employees FOR EACH ROW WHEN (NEW.name IS NOT NULL) EXECUTE FUNCTION touch('a', 2);
INSERT INTO employees(name, salary) VALUES ('fred flint', -1);
INSERT INTO employees(name, salary) VALUES ('fred flint', 1) RETURNING name;
\sf touch
\sf+ touch
CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER a_skip BEFORE DELETE ON employees FOR EACH ROW EXECUTE FUNCTION skip();
DELETE FROM employees;
CREATE FUNCTION st() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '% % % % rows', TG_NAME, TG_WHEN, TG_LEVEL, (SELECT count(*) FROM newtab); RETURN NULL; END $$;
CREATE TRIGGER st AFTER UPDATE ON employees REFERENCING NEW TABLE AS newtab OLD TABLE AS oldtab FOR EACH STATEMENT EXECUTE FUNCTION st();
UPDATE employees SET salary = 5;
UPDATE employees SET salary = 5 WHERE false;
CREATE TRIGGER bad AFTER INSERT ON employees EXECUTE FUNCTION now();
CREATE TRIGGER bad BEFORE TRUNCATE ON employees FOR EACH ROW EXECUTE FUNCTION skip();
CREATE TRIGGER bad INSTEAD OF INSERT ON employees FOR EACH ROW EXECUTE FUNCTION skip();
CREATE TRIGGER bad AFTER INSERT ON employees FOR EACH ROW WHEN (OLD.id = 1) EXECUTE FUNCTION skip();
CREATE TRIGGER bad AFTER INSERT ON employees FOR EACH STATEMENT WHEN (NEW.id = 1) EXECUTE FUNCTION skip();
SELECT touch();
CREATE FUNCTION tr_bad() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.nosuch := 1; RETURN NEW; END $$;
CREATE TRIGGER tr_bad BEFORE INSERT ON employees FOR EACH ROW EXECUTE FUNCTION tr_bad();
INSERT INTO employees(name) VALUES ('x');
CREATE OR REPLACE FUNCTION tr_bad() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id = 1 THEN RETURN NULL; END IF; RETURN NEW; END $$;
INSERT INTO employees(name) VALUES ('x');
CREATE OR REPLACE FUNCTION tr_bad() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
INSERT INTO employees(name) VALUES ('x');
CREATE OR REPLACE FUNCTION tr_bad() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN 5; END $$;
INSERT INTO employees(name) VALUES ('x');
CREATE FUNCTION tr_sql() RETURNS trigger LANGUAGE sql AS 'select 1';
CREATE FUNCTION tr_arg(a int) RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end';
