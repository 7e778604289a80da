//! `\dP`: partitioned tables and indexes (`listPartitionedTables`).

use super::lists::List;
use super::pattern::Pattern;
use crate::Psql;
use crate::output::Output;

impl Psql {
    /// `letters` behind `\dP`: t tables, i indexes, n also those that are partitions themselves.
    pub(super) fn list_partitioned(
        &mut self,
        pattern: Option<&Pattern>,
        letters: &str,
        words: &[String],
        verbose: bool,
        out: &mut Output,
    ) {
        let tables = letters.contains('t') || !letters.contains('i');
        let indexes = letters.contains('i') || !letters.contains('t');
        let nested = letters.contains('n') || !words.is_empty();
        let with_leaves = letters.contains('n');
        let mixed = tables && indexes;
        let title = match (tables, indexes) {
            (true, true) => "List of partitioned relations",
            (true, false) => "List of partitioned tables",
            _ => "List of partitioned indexes",
        };
        let mut columns = vec![
            "n.nspname AS \"Schema\"",
            "c.relname AS \"Name\"",
            "pg_get_userbyid(c.relowner) AS \"Owner\"",
        ];
        let mut order = vec!["5"];
        if mixed {
            columns.push("CASE c.relkind WHEN 'p' THEN 'partitioned table' ELSE 'partitioned index' END AS \"Type\"");
            order.push("c.relkind DESC");
        }
        if nested {
            columns.push(
                "(SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = c.oid) AS \"Parent name\"",
            );
            order.push("c.relispartition");
        }
        order.push("6");
        if indexes {
            columns.push("(SELECT i.indrelid::regclass::text FROM pg_index i WHERE i.indexrelid = c.oid) AS \"Table\"");
        }
        let size = "(SELECT pg_size_pretty(COALESCE(sum(pg_table_size(t.relid)), 0)::bigint) \
                    FROM pg_partition_tree(c.oid) t";
        let leaves = format!("{size} WHERE t.isleaf AND t.parentrelid = c.oid) AS \"+Leaf partition size\"");
        let total = format!("{size}) AS \"+Total size\"");
        if with_leaves {
            columns.push(&leaves);
        }
        columns.extend([&*total, "obj_description(c.oid, 'pg_class') AS \"+Description\""]);
        let kinds = match (tables, indexes) {
            (true, true) => "'p', 'I'",
            (true, false) => "'p'",
            _ => "'I'",
        };
        let query = format!(
            "SELECT n.nspname, c.relname, pg_table_is_visible(c.oid), NULL, {} FROM pg_class c \
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ({kinds}){} ORDER BY {}",
            columns.join(", "),
            if nested { "" } else { " AND NOT c.relispartition" },
            order.join(", "),
        );
        let list = List {
            title,
            query: &query,
            hides_system: true,
        };
        self.show(&list, pattern, words, (verbose, false), out);
    }
}
