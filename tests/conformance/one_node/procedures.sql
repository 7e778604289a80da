-- procedures: OUT parameters, COMMIT and ROLLBACK, what may not be done
create table test1 (a int, b text);
create procedure add_some(n int, word text) language plpgsql as $$
begin
  for i in 0..n loop
    insert into test1 values (i, word);
    if i % 2 = 0 then commit; else rollback; end if;
  end loop;
end $$;
call add_some(9, 'foo');
select * from test1;
do $$ begin insert into test1 values (100, 'kept'); commit; insert into test1 values (101, 'lost'); raise exception 'stop'; end $$;
select * from test1 where a >= 100;
begin;
call add_some(1, 'bar');
rollback;
create function calls() returns int language plpgsql as $$ begin call add_some(1, 'baz'); return 1; end $$;
select calls();
do $$ begin begin insert into test1 values (7, 'x'); commit; exception when others then raise notice '% %', sqlstate, sqlerrm; end; end $$;
create procedure scale(factor int, inout a int, inout b int) language plpgsql as $$ begin b := b * factor; a := a * factor; end $$;
call scale(2, 3, 4);
do $$ declare x int := 3; y int := 4; begin call scale(2, x, y); raise info 'x = %, y = %', x, y; call scale(2, b => y, a => x); raise info 'x = %, y = %', x, y; end $$;
do $$ declare x int := 3; y int := 4; begin call scale(2, x + 1, y); end $$;
create procedure parts(whole numeric, out i int, out f numeric) language plpgsql as $$ begin i := trunc(whole); f := whole - i; end $$;
call parts(3.25, null, null);
do $$ declare a int; b numeric; begin call parts(-1.5, a, b); raise notice '% %', a, b; end $$;
-- parameters by number
create function twice(int) returns int language plpgsql as $$ begin return $1 * 2; end $$;
select twice(21);
create function both(int, out int, out text) language plpgsql as $$ begin $2 := $1 + 1; $3 := 'n' || $1; end $$;
select * from both(4);
-- INTO takes one row of a change
create function change() returns text language plpgsql as $$
declare got test1;
begin
  update test1 set b = 'new' where a = 2 returning * into got;
  return got::text;
end $$;
select change();
do $$ declare x int; begin delete from test1 returning a into x; end $$;
