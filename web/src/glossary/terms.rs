//! Citus's terms, each explained once.

/// A term, the other words for it in a text, and what it means.
pub struct Term {
    pub name: &'static str,
    pub also: &'static [&'static str],
    pub meaning: &'static str,
}

const fn term(name: &'static str, also: &'static [&'static str], meaning: &'static str) -> Term {
    Term { name, also, meaning }
}

/// In the order of the alphabet.
pub const TERMS: &[Term] = &[
    term(
        "Citus local table",
        &["Citus local tables"],
        "A local table that Citus knows of, because a foreign key joins it to a reference table or because you asked \
         for it. Its rows stay on the coordinator, but every node can read and write it.",
    ),
    term(
        "cluster",
        &[],
        "Several PostgreSQL servers with Citus that act as one database: a coordinator and its workers.",
    ),
    term(
        "colocation",
        &["colocated", "colocate", "colocation group", "colocated join"],
        "Tables of one colocation group have the same number of shards with the same hash intervals, and shards of \
         the same interval lie on the same node. Rows with the same distribution value are then neighbours: joins \
         and foreign keys between them never leave their node.",
    ),
    term(
        "coordinator",
        &[],
        "The node that your application connects to. It knows where every shard lies, makes a plan for each query, \
         sends tasks to the workers and puts their answers together.",
    ),
    term(
        "DDL propagation",
        &[],
        "CREATE, ALTER and DROP on the coordinator are carried to every shard and to every node that has to know the \
         object, in one transaction.",
    ),
    term(
        "distributed schema",
        &["schema-based sharding", "schema"],
        "A schema whose tables lie together, whole, on one node. A service or a tenant with a schema of its own can \
         be moved to another node without a distribution column.",
    ),
    term(
        "distributed table",
        &["distributed", "distribute"],
        "A table cut into shards by the hash of its distribution column. To a query it is one table.",
    ),
    term(
        "distribution column",
        &[],
        "The column whose hash decides in which shard a row lies. Every row has exactly one such place, so the column \
         must be in every primary key and unique constraint. What is often joined or filtered on is a good choice.",
    ),
    term(
        "foreign key",
        &["foreign keys"],
        "A promise that the values of some columns occur in another table. A node can only check it if it has both \
         rows: that is so between colocated tables on their distribution columns, and towards reference tables.",
    ),
    term(
        "hash",
        &["hashes", "hash interval"],
        "A number from \u{2212}2,147,483,648 to 2,147,483,647 that PostgreSQL computes from a value. The whole range is cut \
         into one interval for each shard; equal values have equal hashes, and so the same shard.",
    ),
    term(
        "intermediate result",
        &[],
        "Rows of a part of a query that had to be computed first. The coordinator collects them and sends them to \
         the nodes that need them for the rest.",
    ),
    term(
        "local table",
        &["local"],
        "An ordinary PostgreSQL table on the coordinator. Every table begins as one.",
    ),
    term(
        "metadata",
        &[],
        "Tables such as pg_dist_node, pg_dist_partition and pg_dist_shard, in which Citus writes which nodes, tables, \
         shards and placements there are. Every node has a copy.",
    ),
    term(
        "node",
        &["nodes"],
        "A PostgreSQL server of the cluster: the coordinator or a worker.",
    ),
    term(
        "placement",
        &["placements"],
        "A copy of a shard on a node. A shard of a distributed table has one; the shard of a reference table has one \
         on every node.",
    ),
    term(
        "pushdown",
        &["pushdown query"],
        "The coordinator sends the query to all shards at once, as each shard has all it needs to answer its part. \
         What is left to do over all parts, such as adding up sums, is done on the coordinator.",
    ),
    term(
        "rebalance",
        &["rebalancing"],
        "Moving shards, together with those that lie with them, until every node has its fair share.",
    ),
    term(
        "reference table",
        &["reference tables"],
        "A table with one shard and a copy of it on every node, so that any node can join with it or check a foreign \
         key to it. Writes go to all copies. Good for small tables that many others point to.",
    ),
    term(
        "repartition join",
        &[],
        "A join of tables whose rows do not lie together: the workers cut their rows anew by the join column and \
         exchange them. It needs no colocation, and costs much.",
    ),
    term(
        "router query",
        &["router"],
        "A query that one node can answer whole, because its filter names one value of the distribution column. The \
         coordinator sends it there as it is.",
    ),
    term(
        "shard",
        &["shards"],
        "A part of a distributed table: an ordinary PostgreSQL table on a node, named after the table and the shard's \
         number. It holds the rows whose hashes lie in its interval.",
    ),
    term(
        "single-shard table",
        &[],
        "A distributed table without a distribution column: one shard, whole, on one node.",
    ),
    term(
        "skew",
        &[],
        "Some shards hold far more rows than others, because some distribution values are far more common. The node \
         with the fullest shards becomes the bottleneck.",
    ),
    term(
        "task",
        &["tasks"],
        "One query on one shard and those that lie with it, sent to the node that has them.",
    ),
    term(
        "two-phase commit",
        &[],
        "How a transaction over several nodes ends on all of them or on none. First each node promises that it can \
         commit (PREPARE TRANSACTION); once all have, each is told to do so (COMMIT PREPARED).",
    ),
    term(
        "undistribute",
        &[],
        "undistribute_table brings all rows of a table back to the coordinator and makes it a local table again.",
    ),
    term(
        "worker",
        &["workers"],
        "A node that holds shards and answers tasks. More workers hold more rows and answer more tasks at once.",
    ),
];

/// The term that a word stands for, whatever its case.
pub fn find(word: &str) -> Option<&'static Term> {
    TERMS.iter().find(|term| {
        term.name.eq_ignore_ascii_case(word) || term.also.iter().any(|also| also.eq_ignore_ascii_case(word))
    })
}

/// A term's place in a page.
pub fn id(term: &Term) -> String {
    format!("term-{}", term.name.to_lowercase().replace(' ', "-"))
}
