-- row and statement triggers, what they see and in which order they fire
create table t (a int primary key, b text);
create function say() returns trigger language plpgsql as $$
begin
  raise notice '% % % % on %.% args %', tg_name, tg_when, tg_op, tg_level, tg_table_schema, tg_table_name, tg_argv;
  if tg_level = 'ROW' then
    raise notice '  old % new %', old, new;
    if tg_op = 'DELETE' then return old; end if;
    return new;
  end if;
  return null;
end $$;
create trigger b_stmt before insert or update or delete or truncate on t for each statement execute function say();
create trigger a_stmt after insert or update or delete or truncate on t execute function say('x', 1);
create trigger b_row before insert or update or delete on t for each row execute function say();
create trigger a_row after insert or update or delete on t for each row execute function say();
insert into t values (1, 'one'), (2, 'two');
update t set b = upper(b) where a = 1;
delete from t where a = 2;
delete from t where a = 77;
insert into t values (1, 'again') on conflict (a) do update set b = excluded.b;
truncate t;
alter table t disable trigger a_row;
alter table t disable trigger b_row;
insert into t values (5, 'five');
alter table t enable trigger a_row;
drop trigger b_stmt on t;
drop trigger a_stmt on t;
update t set b = 'fifth';
drop trigger a_row on t;
drop trigger b_row on t;
-- BEFORE triggers change rows and leave them out
create function guard() returns trigger language plpgsql as $$
begin
  if new.b is null then return null; end if;
  new.b := trim(new.b);
  return new;
end $$;
create trigger guard before insert or update on t for each row execute function guard();
insert into t values (6, '  six '), (7, null), (8, 'eight') returning *;
update t set b = case when a = 6 then null else '  ' || b || ' ' end returning *;
-- UPDATE OF and WHEN
create trigger of_b after update of b on t for each row when (old.b is distinct from new.b) execute function say();
update t set a = a + 100 where a = 6;
update t set b = 'EIGHT' where a = 8;
update t set b = b where a = 8;
select pg_get_triggerdef(oid) from pg_trigger where tgrelid = 't'::regclass order by tgname;
create trigger bad after insert on t for each row when (old.a = 1) execute function say();
create trigger bad after insert on t when (new.a = 1) execute function say();
create trigger guard before insert on t execute function say();
create trigger bad instead of insert on t for each row execute function say();
drop trigger nosuch on t;
-- errors and their context
create function refuse() returns trigger language plpgsql as $$
begin
  raise exception 'no % for you', lower(tg_op) using hint = 'Ask nicely.';
end $$;
create trigger refuse before delete on t for each row execute function refuse();
delete from t;
select count(*) from t;
-- transition tables
create table s (k int, v int);
create function sums() returns trigger language plpgsql as $$
begin
  raise notice '% rows, sum %', (select count(*) from fresh), (select sum(v) from fresh);
  return null;
end $$;
create trigger sums_i after insert on s referencing new table as fresh for each statement execute function sums();
insert into s select g, g * g from generate_series(1, 4) g;
create function diffs() returns trigger language plpgsql as $$
declare r record;
begin
  for r in select o.k, o.v as before, n.v as after from gone o join fresh n using (k) order by k loop
    raise notice '%: % -> %', r.k, r.before, r.after;
  end loop;
  return null;
end $$;
create trigger diffs_u after update on s referencing old table as gone new table as fresh for each statement execute function diffs();
update s set v = v + 1 where k > 2;
-- triggers that write
create table log (at int generated always as identity, what text);
create function audit() returns trigger language plpgsql as $$
begin
  insert into log (what) values (tg_op || ' ' || coalesce(to_jsonb(old)::text, '-') || ' ' || coalesce(to_jsonb(new)::text, '-'));
  return null;
end $$;
create trigger audit after insert or update or delete on s for each row execute function audit();
insert into s values (9, 81);
update s set v = 0 where k = 9;
delete from s where k = 9;
select * from log order by at;
-- cascades fire them as well
create table p (id int primary key);
create table c (id int references p on delete cascade, n int);
create trigger audit after delete on c for each row execute function audit();
insert into p values (1), (2);
insert into c values (1, 10), (1, 11), (2, 20);
delete from p where id = 1;
select what from log order by at desc limit 2;
-- constraint triggers wait for COMMIT
create function late() returns trigger language plpgsql as $$ begin raise notice 'late %', new.id; return null; end $$;
create constraint trigger late after insert on p deferrable initially deferred for each row execute function late();
begin;
insert into p values (5);
select 'before commit';
commit;
begin;
insert into p values (6);
set constraints late immediate;
insert into p values (7);
commit;
-- a view that triggers write through
create temp view tv as select a, b, length(b) as n from t;
create function through() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then insert into t values (new.a, new.b);
  elsif tg_op = 'UPDATE' then update t set b = new.b where a = old.a;
  else raise notice 'kept %', old; return null;
  end if;
  return new;
end $$;
create trigger through instead of insert or update or delete on tv for each row execute function through();
insert into tv values (50, 'fifty', 1) returning *;
update tv set b = b || '!' where a = 50 returning a, b, n;
delete from tv where a = 50;
select * from tv where a = 50;
