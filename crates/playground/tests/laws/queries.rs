//! Random statements over the tables of [`crate::schemas`], whose answers are the same in whatever order rows
//! come.

use crate::random::Random;
use crate::schemas::{self, BOOLEAN, DATE, INTEGER, NUMERIC, Schema, TEXT, Table, Type};

/// A table or subquery in FROM, under an alias, with its columns.
struct Source {
    text: String,
    alias: String,
    columns: Vec<(String, &'static Type)>,
}

pub struct Writer<'a> {
    pub random: &'a mut Random,
    pub schema: &'a Schema,
    aliases: usize,
}

impl<'a> Writer<'a> {
    pub fn new(random: &'a mut Random, schema: &'a Schema) -> Writer<'a> {
        Writer {
            random,
            schema,
            aliases: 0,
        }
    }

    /// A query whose rows, sorted, are the same in whatever order it finds rows.
    pub fn query(&mut self) -> String {
        match self.random.below(14) {
            0 => self.set_operation(),
            1 => self.chained(),
            2 => self.grouping_sets(),
            3 => self.prepared(),
            4 => {
                let inner = self.select(true);
                let (name, columns) = ("w", inner.columns);
                let source = Source {
                    text: name.into(),
                    alias: "w".into(),
                    columns,
                };
                let other = self.table_source();
                let text = match self.random.below(2) {
                    0 => self.select_from(vec![source], false).text,
                    _ => self.select_from(vec![source, other], false).text,
                };
                format!("WITH w AS ({}) {text}", inner.text)
            }
            _ => self.select(false).text,
        }
    }

    fn set_operation(&mut self) -> String {
        let operator = *self.random.pick(&[
            "UNION",
            "UNION ALL",
            "INTERSECT",
            "EXCEPT",
            "INTERSECT ALL",
            "EXCEPT ALL",
        ]);
        let mut branch = || {
            let source = self.table_source();
            let filter = self.filter(&[&source]);
            format!("SELECT {0}.a, {0}.b FROM {1}{filter}", source.alias, source.text)
        };
        format!("({}) {operator} ({})", branch(), branch())
    }

    /// CTEs that read each other.
    fn chained(&mut self) -> String {
        let first = self.select(true);
        let name = first.columns[0].0.clone();
        let materialized = *self.random.pick(&["", "MATERIALIZED ", "NOT MATERIALIZED "]);
        let twice = match self.random.below(2) {
            0 => String::new(),
            _ => format!(" UNION ALL SELECT {name} FROM w1"),
        };
        format!(
            "WITH w1 AS {materialized}({}), w2 AS (SELECT {name} AS x FROM w1{twice}) SELECT x, count(*) FROM w2 \
             GROUP BY x",
            first.text
        )
    }

    fn grouping_sets(&mut self) -> String {
        let source = self.table_source();
        let (alias, key) = (&source.alias, source.columns[0].1);
        let filter = match self.random.below(2) {
            0 => format!(" WHERE {alias}.k = {}", key.literal(self.random)),
            _ => String::new(),
        };
        let sets = *self
            .random
            .pick(&["GROUPING SETS ((e), (a), ())", "ROLLUP (e, a)", "CUBE (e, a)"]);
        format!(
            "SELECT e, a, count(*), grouping(e, a) FROM {}{filter} GROUP BY {sets}",
            source.text
        )
    }

    /// The same statement with two values of the distribution column.
    fn prepared(&mut self) -> String {
        let source = self.table_source();
        let (alias, key) = (&source.alias, source.columns[0].1);
        let name = format!("q{}", self.random.next());
        let filter = format!("{alias}.k = $1 AND {}", self.predicate(&[&source]));
        let (first, second) = (key.literal(self.random), key.literal(self.random));
        format!(
            "PREPARE {name}({}) AS SELECT count(*), min({alias}.a), max({alias}.b) FROM {} WHERE {filter}; \
             EXECUTE {name}({first}); EXECUTE {name}({second})",
            key.name, source.text
        )
    }

    /// A whole SELECT over one, two or three sources.
    fn select(&mut self, is_inner: bool) -> Source {
        let mut sources = Vec::new();
        for _ in 0..[1, 1, 2, 2, 3][self.random.below(5)] {
            let source = match self.random.below(6) {
                0 if !is_inner => self.subquery(),
                _ => self.table_source(),
            };
            sources.push(source);
        }
        self.select_from(sources, is_inner)
    }

    fn subquery(&mut self) -> Source {
        let inner = self.select(true);
        let alias = self.alias();
        Source {
            text: format!("({}) {alias}", inner.text),
            alias,
            columns: inner.columns,
        }
    }

    fn select_from(&mut self, sources: Vec<Source>, is_inner: bool) -> Source {
        let from = self.from(&sources);
        let all: Vec<&Source> = sources.iter().collect();
        let filter = self.filter(&all);
        let (targets, grouping, columns) = match self.random.below(5) {
            0 | 1 => self.aggregates(&all),
            2 if !is_inner => self.windows(&all),
            _ => self.plain(&all),
        };
        let distinct = if self.random.one_in(6) && grouping.is_empty() {
            "DISTINCT "
        } else {
            ""
        };
        let order: Vec<String> = (1..=columns.len()).map(|at| at.to_string()).collect();
        let tail = match self.random.below(4) {
            0 => format!(
                " ORDER BY {} LIMIT {} OFFSET {}",
                order.join(", "),
                self.random.below(9),
                self.random.below(3)
            ),
            1 if !is_inner => format!(" ORDER BY {}", order.join(", ")),
            _ => String::new(),
        };
        Source {
            text: format!("SELECT {distinct}{targets} FROM {from}{filter}{grouping}{tail}"),
            alias: String::new(),
            columns,
        }
    }

    fn from(&mut self, sources: &[Source]) -> String {
        let mut text = sources[0].text.clone();
        for (at, source) in sources.iter().enumerate().skip(1) {
            let previous = self.random.below(at);
            let left = &sources[previous];
            let condition = self.join_condition(left, source);
            let kind = *self.random.pick(&[
                "JOIN",
                "JOIN",
                "JOIN",
                "LEFT JOIN",
                "LEFT JOIN",
                "RIGHT JOIN",
                "FULL JOIN",
            ]);
            text = format!("{text} {kind} {} ON {condition}", source.text);
        }
        text
    }

    /// Equality of two columns, that of the distribution columns more often than others.
    fn join_condition(&mut self, left: &Source, right: &Source) -> String {
        let mut pairs = Vec::new();
        for (l, l_type) in &left.columns {
            for (r, r_type) in &right.columns {
                if l_type.name == r_type.name && l_type.name != "boolean" {
                    pairs.push((l, r));
                }
            }
        }
        if pairs.is_empty() {
            return "true".into();
        }
        let keys: Vec<_> = pairs.iter().filter(|(l, r)| *l == "k" && *r == "k").copied().collect();
        let pool = if keys.is_empty() || self.random.one_in(3) {
            &pairs
        } else {
            &keys
        };
        let (l, r) = *self.random.pick(pool);
        format!("{}.{l} = {}.{r}", left.alias, right.alias)
    }

    fn table(&mut self) -> &'a Table {
        self.random.pick(&self.schema.tables)
    }

    fn table_source(&mut self) -> Source {
        let table = self.table();
        let alias = self.alias();
        Source {
            text: format!("{} {alias}", table.name),
            alias,
            columns: table
                .columns
                .iter()
                .map(|column| (column.name.to_string(), column.column_type))
                .collect(),
        }
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("x{}", self.aliases)
    }

    fn column(&mut self, sources: &[&Source]) -> (String, &'static Type) {
        let source = sources[self.random.below(sources.len())];
        let (name, column_type) = &source.columns[self.random.below(source.columns.len())];
        (format!("{}.{name}", source.alias), column_type)
    }

    /// A column of a type, if there is one.
    fn column_of(&mut self, sources: &[&Source], wanted: fn(&Type) -> bool) -> Option<String> {
        let mut found = Vec::new();
        for source in sources {
            for (name, column_type) in &source.columns {
                if wanted(column_type) {
                    found.push(format!("{}.{name}", source.alias));
                }
            }
        }
        (!found.is_empty()).then(|| self.random.pick(&found).clone())
    }

    fn filter(&mut self, sources: &[&Source]) -> String {
        match self.random.below(5) {
            0 | 1 => String::new(),
            2 => format!(" WHERE {}", self.predicate(sources)),
            3 => format!(" WHERE {} AND {}", self.predicate(sources), self.predicate(sources)),
            _ => format!(
                " WHERE {} OR NOT ({})",
                self.predicate(sources),
                self.predicate(sources)
            ),
        }
    }

    fn predicate(&mut self, sources: &[&Source]) -> String {
        let (column, column_type) = self.column(sources);
        match self.random.below(10) {
            0 => format!("{column} IS NULL"),
            1 => format!("{column} IS NOT NULL"),
            2 => {
                let values: Vec<String> = (0..3).map(|_| column_type.literal(self.random)).collect();
                format!("{column} IN ({})", values.join(", "))
            }
            3 => format!("{column} IS DISTINCT FROM {}", column_type.literal(self.random)),
            4 if sources.len() == 1 => self.subquery_predicate(&column, column_type),
            5 => {
                let key = sources[0].columns.iter().find(|(name, _)| name == "k");
                match key {
                    Some((name, key)) => format!("{}.{name} = {}", sources[0].alias, key.literal(self.random)),
                    None => format!("{column} = {}", column_type.literal(self.random)),
                }
            }
            _ => {
                let operator = *self.random.pick(&["=", "<>", "<", "<=", ">", ">="]);
                format!("{column} {operator} {}", column_type.literal(self.random))
            }
        }
    }

    /// IN, EXISTS or a comparison with a subquery, correlated or not.
    fn subquery_predicate(&mut self, column: &str, column_type: &'static Type) -> String {
        let inner = self.table_source();
        let other = inner.columns.iter().find(|(_, other)| other.name == column_type.name);
        let Some((other, _)) = other.cloned() else {
            return format!("(SELECT count(*) FROM {}) > 3", inner.text);
        };
        let other = format!("{}.{other}", inner.alias);
        let not = if self.random.one_in(3) { "NOT " } else { "" };
        let where_clause = self.filter(&[&inner]);
        match self.random.below(3) {
            0 => format!("{column} {not}IN (SELECT {other} FROM {}{where_clause})", inner.text),
            1 => format!("{not}EXISTS (SELECT 1 FROM {} WHERE {other} = {column})", inner.text),
            _ if column_type.name == "boolean" || column_type.name == "uuid" => {
                format!("(SELECT count(*) FROM {}{where_clause}) > 5", inner.text)
            }
            _ => format!("{column} <= (SELECT max({other}) FROM {}{where_clause})", inner.text),
        }
    }

    /// Columns and expressions of one row.
    fn plain(&mut self, sources: &[&Source]) -> (String, String, Vec<(String, &'static Type)>) {
        let mut targets = Vec::new();
        let mut columns = Vec::new();
        for at in 0..1 + self.random.below(4) {
            let (column, column_type) = self.column(sources);
            let name = if column.ends_with(".k") && !columns.iter().any(|(name, _)| name == "k") {
                "k".to_string()
            } else {
                format!("c{at}")
            };
            let (expression, result) = self.expression(column, column_type);
            targets.push(format!("{expression} AS {name}"));
            columns.push((name, result));
        }
        (targets.join(", "), String::new(), columns)
    }

    fn expression(&mut self, column: String, column_type: &'static Type) -> (String, &'static Type) {
        match (self.random.below(6), column_type.name) {
            (0, "integer") => (format!("coalesce({column}, -1)"), &INTEGER),
            (0, "text") => (format!("upper({column}) || '!'"), &TEXT),
            (0, "numeric") => (format!("round({column} * 2, 1)"), &NUMERIC),
            (0, "date") => (format!("{column} + 1"), &DATE),
            (0, "boolean") => (format!("NOT {column}"), &BOOLEAN),
            (1, _) => (format!("{column} IS NULL"), &BOOLEAN),
            (2, _) => (format!("CASE WHEN {column} IS NULL THEN 'none' ELSE 'some' END"), &TEXT),
            _ => (column, column_type),
        }
    }

    /// Aggregates, grouped or not. The columns are named so that a query around them can use them.
    fn aggregates(&mut self, sources: &[&Source]) -> (String, String, Vec<(String, &'static Type)>) {
        let mut targets = Vec::new();
        let mut columns: Vec<(String, &'static Type)> = Vec::new();
        let mut grouping = Vec::new();
        for at in 0..self.random.below(3) {
            let (column, column_type) = self.column(sources);
            let name = if column.ends_with(".k") && at == 0 {
                "k".to_string()
            } else {
                format!("g{at}")
            };
            targets.push(format!("{column} AS {name}"));
            columns.push((name, column_type));
            grouping.push(column);
        }
        for at in 0..1 + self.random.below(3) {
            let (aggregate, result) = self.aggregate(sources);
            let filter = if self.random.one_in(5) {
                format!(" FILTER (WHERE {})", self.predicate_without_subquery(sources))
            } else {
                String::new()
            };
            targets.push(format!("{aggregate}{filter} AS n{at}"));
            columns.push((format!("n{at}"), result));
        }
        let mut tail = String::new();
        if !grouping.is_empty() {
            tail = format!(" GROUP BY {}", grouping.join(", "));
            if self.random.one_in(4) {
                tail += " HAVING count(*) > 1";
            }
        }
        (targets.join(", "), tail, columns)
    }

    fn predicate_without_subquery(&mut self, sources: &[&Source]) -> String {
        let (column, column_type) = self.column(sources);
        format!("{column} = {}", column_type.literal(self.random))
    }

    fn aggregate(&mut self, sources: &[&Source]) -> (String, &'static Type) {
        let (column, column_type) = self.column(sources);
        let number = self.column_of(sources, |column| column.is_number);
        let boolean = self.column_of(sources, |column| column.name == "boolean");
        let text = self.column_of(sources, |column| column.name == "text");
        match (self.random.below(10), number, boolean, text) {
            (0, ..) => ("count(*)".into(), &schemas::BIGINT),
            (1, ..) => (format!("count({column})"), &schemas::BIGINT),
            (2, ..) => (format!("count(DISTINCT {column})"), &schemas::BIGINT),
            (3, Some(number), ..) => (format!("sum({number})::numeric"), &NUMERIC),
            (4, Some(number), ..) => (format!("round(avg({number}), 4)"), &NUMERIC),
            (5, _, Some(boolean), _) => (format!("bool_and({boolean})"), &BOOLEAN),
            (6, .., Some(text)) => (format!("string_agg({text}, ',' ORDER BY {text})"), &TEXT),
            (7, Some(number), ..) => (format!("array_agg({number} ORDER BY {number})::text"), &TEXT),
            _ if matches!(column_type.name, "boolean" | "uuid") => (format!("count({column})"), &schemas::BIGINT),
            (8, ..) => (format!("max({column})"), column_type),
            _ => (format!("min({column})"), column_type),
        }
    }

    fn windows(&mut self, sources: &[&Source]) -> (String, String, Vec<(String, &'static Type)>) {
        let (column, column_type) = self.column(sources);
        let partition = match self.random.below(3) {
            0 => String::new(),
            _ => format!("PARTITION BY {}", self.column(sources).0),
        };
        let window = *self.random.pick(&["rank()", "dense_rank()", "count(*)", "cume_dist()"]);
        let targets = format!("{column} AS p, {window} OVER ({partition} ORDER BY {column}) AS w");
        let columns = vec![("p".to_string(), column_type), ("w".to_string(), &schemas::BIGINT)];
        (targets, String::new(), columns)
    }

    /// A statement that changes rows, the same ones in whatever order it finds them.
    pub fn modification(&mut self, id: u64) -> String {
        let table = self.table();
        let name = table.name;
        let source = Source {
            text: name.into(),
            alias: name.into(),
            columns: table
                .columns
                .iter()
                .map(|c| (c.name.to_string(), c.column_type))
                .collect(),
        };
        let returning = if self.random.one_in(3) {
            " RETURNING id, a, b"
        } else {
            ""
        };
        match self.random.below(12) {
            9 => self.merge(table, id),
            10 | 11 => self.modifying_cte(table, &source),
            0 => schemas::insert(table, id..=id + self.random.next() % 4, self.random) + returning,
            1 => {
                let conflict = *self.random.pick(&[
                    "ON CONFLICT DO NOTHING",
                    "ON CONFLICT (k, id) DO NOTHING",
                    "ON CONFLICT (k, id) DO UPDATE SET a = excluded.a, b = 'new'",
                ]);
                format!("{} {conflict}{returning}", schemas::insert(table, 1..=3, self.random))
            }
            2 | 3 => self.insert_select(table, id),
            4 => {
                let filter = self.filter(&[&source]);
                format!("DELETE FROM {name}{filter}{returning}")
            }
            5 => {
                let other = self.table_source();
                let condition = self.join_condition(&source, &other);
                format!("DELETE FROM {name} USING {} WHERE {condition}", other.text)
            }
            6 => {
                // The other table's rows for one of this are all alike in what is taken from them.
                let other = self.table_source();
                let condition = self.join_condition(&source, &other);
                format!(
                    "UPDATE {name} SET b = 'joined', a = {name}.a FROM {} WHERE {condition}",
                    other.text
                )
            }
            _ => {
                let filter = self.filter(&[&source]);
                let set = *self.random.pick(&[
                    "a = a % 1000 + 1",
                    "b = coalesce(b, '') || 'x'",
                    "c = NULL",
                    "e = NOT e, d = d + 1",
                ]);
                format!("UPDATE {name} SET {set}{filter}{returning}")
            }
        }
    }

    /// A table whose distribution column has the same type.
    fn like(&mut self, table: &Table) -> &'static str {
        let key = table.columns[0].column_type.name;
        let tables = self.schema.tables.iter();
        let like: Vec<&Table> = tables
            .filter(|other| other.columns[0].column_type.name == key)
            .collect();
        self.random.pick(&like).name
    }

    /// Rows of the source match one of the target at most.
    fn merge(&mut self, table: &Table, id: u64) -> String {
        let (name, from) = (table.name, self.like(table));
        let source = *self.random.pick(&[
            "@",
            "(SELECT * FROM @ WHERE a > 0)",
            "(SELECT k, id, max(a) AS a FROM @ GROUP BY k, id)",
        ]);
        let source = source.replace('@', from);
        let matched = *self
            .random
            .pick(&["UPDATE SET b = 'merged', a = y.a", "DELETE", "DO NOTHING"]);
        let unmatched = match self.random.below(3) {
            0 => String::new(),
            _ => format!(" WHEN NOT MATCHED THEN INSERT (k, id, a) VALUES (y.k, y.id + {id}, y.a)"),
        };
        format!(
            "MERGE INTO {name} z USING {source} y ON z.k = y.k AND z.id = y.id WHEN MATCHED THEN {matched}{unmatched}"
        )
    }

    fn modifying_cte(&mut self, table: &Table, source: &Source) -> String {
        let name = table.name;
        let filter = self.filter(&[source]);
        match self.random.below(3) {
            0 => format!("WITH d AS (DELETE FROM {name}{filter} RETURNING *) SELECT count(*), sum(a) FROM d"),
            1 => format!(
                "WITH d AS (UPDATE {name} SET a = 5{filter} RETURNING id, a) SELECT id, sum(a) FROM d GROUP BY id"
            ),
            _ => {
                let into = self.like(table);
                format!(
                    "WITH d AS (DELETE FROM {name}{filter} RETURNING *) INSERT INTO {into} SELECT * FROM d ON CONFLICT DO NOTHING"
                )
            }
        }
    }

    fn insert_select(&mut self, table: &Table, id: u64) -> String {
        let from = self.like(table);
        let name = table.name;
        match self.random.below(4) {
            0 => format!(
                "INSERT INTO {name} (k, id, a, c) SELECT k, {id} + max(id), count(*), sum(a) FROM {from} GROUP BY k"
            ),
            1 => format!("INSERT INTO {name} SELECT * FROM {from} ON CONFLICT (k, id) DO UPDATE SET a = excluded.a"),
            2 => format!(
                "INSERT INTO {name} (k, id, b) SELECT k, id + {id}, b FROM {from} ORDER BY k, id LIMIT {}",
                1 + self.random.below(6)
            ),
            _ => format!("INSERT INTO {name} SELECT k, id + {id}, a, b, c, d, e FROM {from} WHERE a > 0"),
        }
    }
}
