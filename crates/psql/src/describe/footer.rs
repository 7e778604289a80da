//! What stands under the columns in `\d NAME`: keys, indexes, constraints, partitions.

use std::sync::Arc;

use kumquat_postgres::catalog::policy::{Policy, PolicyCommand};
use kumquat_postgres::catalog::{
    Catalog, Constraint, ConstraintKind, PartitionBound, Relation, RelationKind, ReplicaIdentity,
};
use kumquat_postgres::query::Expr;
use kumquat_postgres::ruleutils::deparse_expression;
use kumquat_types::Oid;

use crate::Psql;

impl Psql {
    pub(super) fn table_footers(&mut self, relation: &Relation, verbose: bool) -> Vec<String> {
        let mut lines = Vec::new();
        let is_view = relation.kind == RelationKind::View || relation.is_system_view();
        if relation.is_partition() {
            self.partition_of(relation, verbose, &mut lines);
        }
        if relation.kind == RelationKind::PartitionedTable {
            let key = self.ask_text(&format!("pg_get_partkeydef({})", relation.oid));
            lines.push(format!("Partition key: {key}"));
        }
        if !is_view && relation.kind != RelationKind::CompositeType {
            self.indexes(relation, &mut lines);
            self.check_constraints(relation, &mut lines);
            self.foreign_keys(relation, &mut lines);
            self.referenced_by(relation, &mut lines);
            self.policies(relation, &mut lines);
        }
        if verbose && (is_view || relation.kind == RelationKind::MaterializedView) {
            lines.push("View definition:".into());
            let text = self.ask_text(&format!("pg_get_viewdef({}, true)", relation.oid));
            lines.extend(text.lines().map(str::to_string));
        }
        self.triggers(relation, &mut lines);
        self.inheritance(relation, verbose, &mut lines);
        self.replica_identity(relation, verbose, &mut lines);
        if verbose && relation.has_storage() && !self.variables.is_on("HIDE_TABLEAM") {
            lines.push(format!("Access method: {}", relation.access_method));
        }
        self.options(relation, verbose, &mut lines);
        lines
    }

    pub(super) fn options(&self, relation: &Relation, verbose: bool, lines: &mut Vec<String>) {
        if verbose && !relation.options.is_empty() {
            let options: Vec<String> = relation
                .options
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            lines.push(format!("Options: {}", options.join(", ")));
        }
    }

    fn partition_of(&mut self, relation: &Relation, verbose: bool, lines: &mut Vec<String>) {
        let parent = relation.parents.first().copied().unwrap_or_default();
        let name = self.visible_name(parent);
        let bound = self.bound_text(relation);
        lines.push(format!("Partition of: {name} {bound}"));
        if verbose {
            let constraint = self.ask_text(&format!("pg_get_partition_constraintdef({})", relation.oid));
            lines.push(if constraint.is_empty() {
                "No partition constraint".into()
            } else {
                format!("Partition constraint: {constraint}")
            });
        }
    }

    /// `FOR VALUES ...` or `DEFAULT`.
    fn bound_text(&mut self, relation: &Relation) -> String {
        if matches!(relation.partition_bound.as_deref(), Some(PartitionBound::Default)) {
            return "DEFAULT".into();
        }
        let oid = relation.oid;
        let call = format!("pg_get_expr(relpartbound, oid) FROM pg_catalog.pg_class WHERE oid = {oid}");
        self.ask_text(&call)
    }

    pub(super) fn visible_name(&mut self, oid: Oid) -> String {
        let relation = self.catalog().and_then(|catalog| catalog.relation(oid).cloned());
        relation
            .map(|relation| self.backend().visible_relation_name(&relation))
            .unwrap_or_default()
    }

    fn indexes(&mut self, relation: &Relation, lines: &mut Vec<String>) {
        let Some(catalog) = self.catalog() else { return };
        let mut indexes: Vec<Arc<Relation>> = catalog.indexes_of(relation.oid).cloned().collect();
        indexes.sort_by(|a, b| {
            let primary = |index: &Relation| index.index.as_ref().is_some_and(|definition| definition.primary);
            (!primary(a), &a.name).cmp(&(!primary(b), &b.name))
        });
        if !indexes.is_empty() {
            lines.push("Indexes:".into());
        }
        for index in indexes {
            let Some(definition) = index.index.clone() else {
                continue;
            };
            let constraint = self
                .catalog()
                .and_then(|catalog| constraint_of_index(catalog, relation.oid, index.oid));
            let text = self.ask_text(&format!("pg_get_indexdef({}, 0, true)", index.oid));
            let text = text
                .split_once(" USING ")
                .map_or(text.as_str(), |(_, rest)| rest)
                .to_string();
            let mut line = format!("    \"{}\"", index.name);
            if let (true, Some(constraint)) = (definition.exclusion, &constraint) {
                let text = self.definition(constraint.oid);
                lines.push(format!("{line} {text}"));
                continue;
            }
            if definition.primary {
                line.push_str(" PRIMARY KEY,");
            } else if definition.unique {
                line.push_str(if constraint.is_some() {
                    " UNIQUE CONSTRAINT,"
                } else {
                    " UNIQUE,"
                });
            }
            line.push_str(&format!(" {text}"));
            if let Some(constraint) = &constraint {
                if constraint.deferrable {
                    line.push_str(" DEFERRABLE");
                }
                if constraint.initially_deferred {
                    line.push_str(" INITIALLY DEFERRED");
                }
            }
            if definition.clustered {
                line.push_str(" CLUSTER");
            }
            if !definition.valid {
                line.push_str(" INVALID");
            }
            if relation.replica_identity == ReplicaIdentity::Index(index.oid) {
                line.push_str(" REPLICA IDENTITY");
            }
            lines.push(line);
        }
    }

    fn definition(&mut self, constraint: Oid) -> String {
        self.ask_text(&format!("pg_get_constraintdef({constraint}, true)"))
    }

    fn check_constraints(&mut self, relation: &Relation, lines: &mut Vec<String>) {
        let is_check = |constraint: &Constraint| matches!(constraint.kind, ConstraintKind::Check { .. });
        let found = self.constraints(relation.oid, &is_check);
        if !found.is_empty() {
            lines.push("Check constraints:".into());
        }
        for constraint in found {
            let definition = self.definition(constraint.oid);
            lines.push(format!("    \"{}\" {definition}", constraint.name));
        }
    }

    /// Constraints of a relation, sorted by name.
    fn constraints(&self, relation: Oid, wanted: &dyn Fn(&Constraint) -> bool) -> Vec<Arc<Constraint>> {
        let Some(catalog) = self.catalog() else {
            return Vec::new();
        };
        let mut found: Vec<_> = catalog
            .constraints_of(relation)
            .filter(|constraint| wanted(constraint))
            .cloned()
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// The relation and all it is a partition of, nearest first.
    fn with_ancestors(&self, relation: &Relation) -> Vec<Oid> {
        let mut found = vec![relation.oid];
        let mut current = relation
            .is_partition()
            .then(|| relation.parents.first().copied())
            .flatten();
        while let (Some(oid), true) = (current, found.len() < 100) {
            found.push(oid);
            let parent = self.catalog().and_then(|catalog| catalog.relation(oid));
            current = parent
                .filter(|parent| parent.is_partition())
                .and_then(|parent| parent.parents.first().copied());
        }
        found
    }

    fn foreign_keys(&mut self, relation: &Relation, lines: &mut Vec<String>) {
        let is_key = |constraint: &Constraint| {
            matches!(constraint.kind, ConstraintKind::ForeignKey(_)) && !constraint.parent.is_valid()
        };
        let own = self.constraints(relation.oid, &is_key);
        let mut inherited: Vec<Arc<Constraint>> = self
            .with_ancestors(relation)
            .into_iter()
            .skip(1)
            .flat_map(|oid| self.constraints(oid, &is_key))
            .collect();
        inherited.sort_by(|a, b| a.name.cmp(&b.name));
        if !own.is_empty() || !inherited.is_empty() {
            lines.push("Foreign-key constraints:".into());
        }
        for constraint in own {
            let definition = self.definition(constraint.oid);
            lines.push(format!("    \"{}\" {definition}", constraint.name));
        }
        for constraint in inherited {
            let definition = self.definition(constraint.oid);
            let table = self.visible_name(constraint.relation);
            lines.push(format!(
                "    TABLE \"{table}\" CONSTRAINT \"{}\" {definition}",
                constraint.name
            ));
        }
    }

    fn referenced_by(&mut self, relation: &Relation, lines: &mut Vec<String>) {
        let Some(catalog) = self.catalog() else { return };
        let mut found: Vec<Arc<Constraint>> = self
            .with_ancestors(relation)
            .into_iter()
            .flat_map(|oid| catalog.constraints_referencing(oid).cloned().collect::<Vec<_>>())
            .filter(|constraint| !constraint.parent.is_valid())
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        let mut shown = Vec::new();
        for constraint in found {
            if self.extension.hides_relation(&self.backend(), constraint.relation) {
                continue;
            }
            let definition = self.definition(constraint.oid);
            let table = self.visible_name(constraint.relation);
            shown.push(format!(
                "    TABLE \"{table}\" CONSTRAINT \"{}\" {definition}",
                constraint.name
            ));
        }
        if !shown.is_empty() {
            lines.push("Referenced by:".into());
            lines.extend(shown);
        }
    }

    fn policies(&mut self, relation: &Relation, lines: &mut Vec<String>) {
        let state = match (relation.row_security, relation.force_row_security) {
            (true, true) => " (forced row security enabled)",
            (true, false) if relation.policies.is_empty() => " (row security enabled)",
            (true, false) => "",
            (false, _) if relation.policies.is_empty() => return,
            (false, _) => " (row security disabled)",
        };
        let none = if relation.policies.is_empty() { " (none)" } else { "" };
        lines.push(format!("Policies{state}:{none}"));
        for policy in &relation.policies {
            let kind = if policy.permissive { "" } else { " AS RESTRICTIVE" };
            let command = match policy.command {
                PolicyCommand::All => String::new(),
                command => format!(" FOR {}", command.keyword()),
            };
            lines.push(format!("    POLICY \"{}\"{kind}{command}", policy.name));
            if let Some(roles) = self.policy_roles(policy) {
                lines.push(format!("      TO {}", roles.join(",")));
            }
            let parts = [("USING", &policy.using), ("WITH CHECK", &policy.with_check)];
            for (word, expr) in parts {
                let text = expr.as_ref().map(|expr| self.policy_text(relation, expr));
                lines.extend(text.map(|text| format!("      {word} ({text})")));
            }
        }
    }

    /// The roles a policy is for, in order of name; `None`: all.
    pub(super) fn policy_roles(&mut self, policy: &Policy) -> Option<Vec<String>> {
        if policy.roles.iter().any(|role| !role.is_valid()) {
            return None;
        }
        let backend = self.backend();
        let names = policy.roles.iter().filter_map(|role| backend.name_of_role(*role));
        let mut names: Vec<String> = names.map(|name| name.to_string()).collect();
        names.sort();
        Some(names)
    }

    pub(super) fn policy_text(&mut self, relation: &Relation, expr: &Expr) -> String {
        deparse_expression(&self.backend(), expr, Some(relation), false).unwrap_or_default()
    }

    fn triggers(&mut self, relation: &Relation, lines: &mut Vec<String>) {
        let Some(catalog) = self.catalog() else { return };
        let mut triggers: Vec<_> = catalog
            .triggers
            .values()
            .filter(|trigger| trigger.relation == relation.oid)
            .cloned()
            .collect();
        triggers.sort_by(|a, b| a.name.cmp(&b.name));
        let groups = [
            ('O', "Triggers:"),
            ('D', "Disabled user triggers:"),
            ('A', "Triggers firing always:"),
            ('R', "Triggers firing on replica only:"),
        ];
        for (enabled, title) in groups {
            let group: Vec<_> = triggers.iter().filter(|trigger| trigger.enabled == enabled).collect();
            if !group.is_empty() {
                lines.push(title.into());
            }
            for trigger in group {
                let text = self.ask_text(&format!("pg_get_triggerdef({}, true)", trigger.oid));
                let text = text.split_once(" TRIGGER ").map_or(text.as_str(), |(_, rest)| rest);
                let parent = self.catalog().and_then(|catalog| {
                    let parent = catalog.triggers.get(&trigger.parent)?;
                    Some(parent.relation)
                });
                let of = parent.map(|table| format!(", ON TABLE {}", self.visible_name(table)));
                lines.push(format!("    {text}{}", of.unwrap_or_default()));
            }
        }
    }

    fn inheritance(&mut self, relation: &Relation, verbose: bool, lines: &mut Vec<String>) {
        if !relation.is_partition() {
            for (position, parent) in relation.parents.clone().into_iter().enumerate() {
                let head = if position == 0 { "Inherits: " } else { "          " };
                let comma = if position + 1 < relation.parents.len() { "," } else { "" };
                lines.push(format!("{head}{}{comma}", self.visible_name(parent)));
            }
        }
        let Some(catalog) = self.catalog() else { return };
        let mut children: Vec<Arc<Relation>> = catalog
            .children_of(relation.oid)
            .filter(|child| !matches!(child.kind, RelationKind::Index | RelationKind::PartitionedIndex))
            .cloned()
            .collect();
        children.retain(|child| !self.extension.hides_relation(&self.backend(), child.oid));
        let partitioned = relation.kind == RelationKind::PartitionedTable;
        if partitioned && children.is_empty() {
            lines.push("Number of partitions: 0".into());
        } else if !verbose && !children.is_empty() {
            let what = if partitioned { "partitions" } else { "child tables" };
            lines.push(format!("Number of {what}: {} (Use \\d+ to list them.)", children.len()));
        } else if verbose && !children.is_empty() {
            self.list_children(children, partitioned, lines);
        }
    }

    /// What `\d` says of the partitions of an index.
    pub(super) fn index_partitions(&mut self, index: &Relation, verbose: bool, lines: &mut Vec<String>) {
        let Some(catalog) = self.catalog() else { return };
        if index.kind != RelationKind::PartitionedIndex {
            return;
        }
        let children: Vec<Arc<Relation>> = catalog.children_of(index.oid).cloned().collect();
        if children.is_empty() {
            lines.push("Number of partitions: 0".into());
        } else if verbose {
            let mut names: Vec<String> = children
                .iter()
                .map(|child| {
                    let nested = child.kind == RelationKind::PartitionedIndex;
                    let mark = if nested { ", PARTITIONED" } else { "" };
                    format!("{}{mark}", self.visible_name(child.oid))
                })
                .collect();
            names.sort();
            lines.extend(listed("Partitions", &names));
        } else {
            lines.push(format!(
                "Number of partitions: {} (Use \\d+ to list them.)",
                children.len()
            ));
        }
    }

    fn list_children(&mut self, children: Vec<Arc<Relation>>, partitioned: bool, lines: &mut Vec<String>) {
        let label = if partitioned { "Partitions" } else { "Child tables" };
        let mut shown: Vec<(bool, String)> = Vec::new();
        for child in children {
            let name = self.visible_name(child.oid);
            let is_default = matches!(child.partition_bound.as_deref(), Some(PartitionBound::Default));
            let mut text = name;
            if partitioned {
                text = format!("{text} {}", self.bound_text(&child));
                if child.kind == RelationKind::PartitionedTable {
                    text.push_str(", PARTITIONED");
                }
            }
            shown.push((is_default, text));
        }
        shown.sort();
        let texts: Vec<String> = shown.into_iter().map(|(_, text)| text).collect();
        lines.extend(listed(label, &texts));
    }

    fn replica_identity(&mut self, relation: &Relation, verbose: bool, lines: &mut Vec<String>) {
        if !verbose || !matches!(relation.kind, RelationKind::Table | RelationKind::MaterializedView) {
            return;
        }
        match relation.replica_identity {
            ReplicaIdentity::Full => lines.push("Replica Identity: FULL".into()),
            ReplicaIdentity::Nothing => lines.push("Replica Identity: NOTHING".into()),
            ReplicaIdentity::Default | ReplicaIdentity::Index(_) => {}
        }
    }
}

/// Lines of a list: the label before the first, commas between.
fn listed(label: &str, texts: &[String]) -> Vec<String> {
    texts
        .iter()
        .enumerate()
        .map(|(position, text)| {
            let lead = if position == 0 {
                format!("{label}: ")
            } else {
                " ".repeat(label.len() + 2)
            };
            let comma = if position + 1 < texts.len() { "," } else { "" };
            format!("{lead}{text}{comma}")
        })
        .collect()
}

/// The options of a view but its check option, and that (`LOCAL`, `CASCADED`).
pub(super) fn view_options(view: &Relation) -> (String, Option<String>) {
    let check = view.options.iter().find(|(name, _)| &**name == "check_option");
    let others: Vec<String> = view
        .options
        .iter()
        .filter(|(name, _)| &**name != "check_option")
        .map(|(name, value)| format!("{name}='{value}'"))
        .collect();
    (others.join(", "), check.map(|(_, value)| value.to_ascii_uppercase()))
}

pub(super) fn constraint_of_index(catalog: &Catalog, table: Oid, wanted: Oid) -> Option<Arc<Constraint>> {
    catalog
        .constraints_of(table)
        .find(|constraint| match &constraint.kind {
            ConstraintKind::PrimaryKey { index, .. }
            | ConstraintKind::Unique { index, .. }
            | ConstraintKind::Exclusion { index, .. } => *index == wanted,
            _ => false,
        })
        .cloned()
}
