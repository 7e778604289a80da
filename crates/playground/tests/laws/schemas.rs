//! Random tables and rows, as plain tables and as distributed ones.

use crate::random::Random;

/// A type that can be a distribution column, and its values; the first of them are few, so that rows meet.
pub struct Type {
    pub name: &'static str,
    pub values: &'static [&'static str],
    /// Numbers can be summed.
    pub is_number: bool,
}

pub const INTEGER: Type = Type {
    name: "integer",
    values: &["0", "1", "2", "3", "7", "42", "-5", "100000", "2147483647"],
    is_number: true,
};
pub const BIGINT: Type = Type {
    name: "bigint",
    values: &["0", "1", "2", "3", "-1", "5000000000", "-9000000000000000000"],
    is_number: true,
};
pub const TEXT: Type = Type {
    name: "text",
    values: &["''", "'a'", "'b'", "'B'", "'ab'", "'漢字'", "'a''b'", "'10'", "'9'"],
    is_number: false,
};
pub const NUMERIC: Type = Type {
    name: "numeric",
    values: &["0", "1", "1.50", "-2.25", "100", "0.001", "12345678901234567890.5"],
    is_number: true,
};
pub const DATE: Type = Type {
    name: "date",
    values: &["'2024-01-01'", "'2024-02-29'", "'1999-12-31'", "'2030-06-15'"],
    is_number: false,
};
pub const TIMESTAMP: Type = Type {
    name: "timestamp",
    values: &[
        "'2024-01-01 00:00:00'",
        "'2024-01-01 12:30:00.5'",
        "'1970-01-01 00:00:00'",
    ],
    is_number: false,
};
pub const UUID: Type = Type {
    name: "uuid",
    values: &[
        "'00000000-0000-0000-0000-000000000000'",
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
        "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
    ],
    is_number: false,
};
pub const BOOLEAN: Type = Type {
    name: "boolean",
    values: &["true", "false"],
    is_number: false,
};
pub const SMALLINT: Type = Type {
    name: "smallint",
    values: &["0", "1", "2", "-7", "32767"],
    is_number: true,
};

const KEYS: &[&Type] = &[&INTEGER, &BIGINT, &TEXT, &NUMERIC, &DATE, &TIMESTAMP, &UUID, &SMALLINT];

impl Type {
    /// A literal of the type.
    pub fn literal(&self, random: &mut Random) -> String {
        let value = random.pick(self.values);
        format!("{value}::{}", self.name)
    }
}

pub struct Column {
    pub name: &'static str,
    pub column_type: &'static Type,
}

pub struct Table {
    pub name: &'static str,
    /// `k` is the distribution column, `id` is unique within it.
    pub columns: Vec<Column>,
}

pub struct Schema {
    pub tables: Vec<Table>,
    /// Makes the tables and their rows.
    pub create: Vec<String>,
    /// Distributes them.
    pub distribute: Vec<String>,
}

/// Two colocated tables and a partitioned one with them, one that is not colocated, one of a single shard, a
/// reference table, a Citus local table and a local table.
pub fn random(random: &mut Random) -> Schema {
    let key = *random.pick(KEYS);
    let other = if random.one_in(2) { key } else { *random.pick(KEYS) };
    let shards = *random.pick(&[1, 2, 4, 7]);
    let others = *random.pick(&[2, 3, 5]);
    let plan: [(&str, &'static Type, u64); 8] = [
        ("t", key, 40),
        ("u", key, 25),
        ("v", other, 25),
        ("r", key, 8),
        ("l", key, 10),
        ("p", key, 25),
        ("s", key, 15),
        ("m", key, 10),
    ];
    let mut schema = Schema {
        tables: Vec::new(),
        create: Vec::new(),
        distribute: vec![
            format!("SELECT create_distributed_table('t', 'k', colocate_with => 'none', shard_count => {shards})"),
            "SELECT create_distributed_table('u', 'k', colocate_with => 't')".into(),
            format!("SELECT create_distributed_table('v', 'k', colocate_with => 'none', shard_count => {others})"),
            "SELECT create_reference_table('r')".into(),
            "SELECT create_distributed_table('p', 'k', colocate_with => 't')".into(),
            "SELECT create_distributed_table('s', NULL, colocate_with => 'none')".into(),
            "SELECT citus_add_local_table_to_metadata('m')".into(),
        ],
    };
    for (name, key, rows) in plan {
        let columns = vec![
            column("k", key),
            column("id", &INTEGER),
            column("a", &INTEGER),
            column("b", &TEXT),
            column("c", &NUMERIC),
            column("d", &DATE),
            column("e", &BOOLEAN),
        ];
        let table = Table { name, columns };
        schema.create.extend(create(&table));
        if random.below(12) > 0 {
            schema.create.push(insert(&table, 1..=1 + random.next() % rows, random));
        }
        schema.tables.push(table);
    }
    schema
}

fn column(name: &'static str, column_type: &'static Type) -> Column {
    Column { name, column_type }
}

/// `p` is partitioned by its ids.
fn create(table: &Table) -> Vec<String> {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| format!("{} {}", column.name, column.column_type.name))
        .collect();
    let name = table.name;
    let plain = format!("CREATE TABLE {name} ({}, PRIMARY KEY (k, id))", columns.join(", "));
    match name {
        "p" => vec![
            format!("{plain} PARTITION BY RANGE (id)"),
            "CREATE TABLE p_low PARTITION OF p FOR VALUES FROM (MINVALUE) TO (10)".into(),
            "CREATE TABLE p_rest PARTITION OF p DEFAULT".into(),
        ],
        _ => vec![plain],
    }
}

/// INSERT of rows with these ids.
pub fn insert(table: &Table, ids: std::ops::RangeInclusive<u64>, random: &mut Random) -> String {
    let rows: Vec<String> = ids.map(|id| row(table, id, random)).collect();
    format!("INSERT INTO {} VALUES {}", table.name, rows.join(", "))
}

fn row(table: &Table, id: u64, random: &mut Random) -> String {
    let values = table.columns.iter().map(|column| match column.name {
        "id" => id.to_string(),
        "k" => column.column_type.literal(random),
        _ if random.one_in(5) => "NULL".into(),
        _ => column.column_type.literal(random),
    });
    format!("({})", values.collect::<Vec<_>>().join(", "))
}
