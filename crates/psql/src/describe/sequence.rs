//! `\d` of a sequence.

use kumquat_postgres::catalog::Relation;

use super::text_table;
use crate::Psql;
use crate::output::Output;

impl Psql {
    pub(super) fn describe_sequence(&mut self, relation: &Relation, schema: &str, out: &mut Output) {
        let Some(definition) = relation.sequence else { return };
        let row = vec![
            self.format_type(definition.type_oid, -1),
            definition.start.to_string(),
            definition.min.to_string(),
            definition.max.to_string(),
            definition.increment.to_string(),
            if definition.cycle { "yes" } else { "no" }.to_string(),
            definition.cache.to_string(),
        ];
        let title = format!("Sequence \"{schema}.{}\"", relation.name);
        let headers = ["Type", "Start", "Minimum", "Maximum", "Increment", "Cycles?", "Cache"];
        let mut table = text_table(&title, &headers, vec![row]);
        table.right_aligned = vec![false, true, true, true, true, false, true];
        table.footers = Some(self.owned_by(relation));
        self.print_relation(&table, out);
    }

    fn owned_by(&mut self, sequence: &Relation) -> Vec<String> {
        use kumquat_postgres::catalog::DependencyKind;
        let Some((owner, kind)) = self.catalog().and_then(|catalog| catalog.sequence_owner(sequence.oid)) else {
            return Vec::new();
        };
        let Some(table) = self.catalog().and_then(|catalog| catalog.relation(owner.oid).cloned()) else {
            return Vec::new();
        };
        let Some(column) = table.attribute(owner.sub) else {
            return Vec::new();
        };
        let place = format!("{}.{}.{}", self.schema_name_of(&table), table.name, column.name);
        vec![match kind {
            DependencyKind::Internal => format!("Sequence for identity column: {place}"),
            _ => format!("Owned by: {place}"),
        }]
    }
}
