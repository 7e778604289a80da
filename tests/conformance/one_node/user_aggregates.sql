-- CREATE AGGREGATE
create aggregate mysum(int) (sfunc = int4pl, stype = int, initcond = '0');
create aggregate mymax(int) (sfunc = int4larger, stype = int);
create aggregate collect(anycompatible) (sfunc = array_append, stype = anycompatiblearray, initcond = '{}');
select mysum(x), mymax(x), collect(x) from generate_series(1, 5) x;
select x % 2 as odd, mysum(x), collect(x order by x desc), mysum(distinct x % 3) filter (where x > 1) from generate_series(1, 6) x group by 1 order by 1;
select collect(t) from (values ('a'), ('b')) v (t);
select mysum(x), mymax(x), collect(x) from generate_series(1, 0) x;
create function gm_step(s numeric[], v numeric) returns numeric[] language sql as $$ select array[s[1] * v, s[2] + 1] $$;
create function gm_end(s numeric[]) returns numeric language sql as $$ select round(power(s[1], 1.0 / s[2]), 4) $$;
create aggregate geomean(numeric) (sfunc = gm_step, stype = numeric[], finalfunc = gm_end, initcond = '{1,0}');
select geomean(x) from generate_series(1, 5) x;
select x, mysum(x) over (order by x), geomean(x) over (order by x rows 1 preceding) from generate_series(1, 4) x;
create function concat_step(text, variadic text[]) returns text language sql as $$ select $1 || array_to_string($2, ',') || ';' $$;
create aggregate strcat(variadic text[]) (sfunc = concat_step, stype = text, initcond = '');
select strcat(t, 'x', 'y') from (values ('a'), ('b')) v (t);
create aggregate bad(int) (stype = int);
create aggregate bad(int) (sfunc = int4pl);
create aggregate bad(int) (sfunc = nosuch, stype = int);
create aggregate mysum(int) (sfunc = int4pl, stype = int);
create aggregate noted(int) (sfunc = int4pl, stype = int, colour = 3);
drop function gm_end;
drop aggregate mysum(int);
select mysum(1);
-- aggregates in subqueries see each outer row
select s1, s2, sm from generate_series(1, 3) s1, lateral (select s2, sum(s1 + s2) sm from generate_series(1, 3) s2 group by s2) ss order by 1, 2;
select array(select sum(x + y) s from generate_series(1, 3) y group by y order by s) from generate_series(1, 3) x;
-- CTEs in a recursive term are computed in each round
with recursive t(n) as (select 1 union all (with w as (select n + 1 as m from t where n < 5), v as (select * from w) select m from v)) select * from t;
with recursive t(n) as (select 1 union all select n + 1 from t order by 1) select * from t;
with recursive t(n) as (select 1 union all select n + 1 from t limit 3) select * from t;
