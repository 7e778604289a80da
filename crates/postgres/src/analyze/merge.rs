//! MERGE (`transformMergeStmt`).

use kumquat_sql::ast::{self, MergeWhenClause};
use kumquat_types::{Error, Result, SqlState};

use super::insert::override_kind;
use super::state::{Analyzer, ExprKind, NamespaceItem};
use crate::catalog::{Relation, RelationKind};
use crate::query::{CommandType, MergeAction, MergeActionKind, Query};

impl Analyzer<'_, '_> {
    /// The source is what the query reads, the join condition its `quals`; the target is not in `from`.
    pub fn merge(&mut self, merge: &ast::MergeStmt) -> Result<Query> {
        if let Some(with) = &merge.with {
            if with.recursive {
                return Err(Error::new(
                    SqlState::SYNTAX_ERROR,
                    "WITH RECURSIVE is not supported for MERGE statement",
                ));
            }
            self.with_clause(with)?;
        }
        check_reachable(&merge.when_clauses)?;
        let (relation, target) = self.target_table(&merge.relation, 'r')?;
        self.check_merge_target(&relation)?;
        for when in &merge.when_clauses {
            match when.action {
                ast::MergeAction::Insert { .. } => self.require(target.index, 'a'),
                ast::MergeAction::Update { .. } => self.require(target.index, 'w'),
                ast::MergeAction::Delete => self.require(target.index, 'd'),
                ast::MergeAction::Nothing => {}
            }
        }
        self.tables(std::slice::from_ref(&merge.source))?;
        let source = std::mem::take(&mut self.level.namespace);
        if source.iter().any(|item| item.named && item.name == target.name) {
            return Err(Error::new(
                SqlState::DUPLICATE_ALIAS,
                format!("name \"{}\" specified more than once", target.name),
            )
            .detail("The name is used both as MERGE target table and data source."));
        }
        let mut both = vec![target.clone()];
        both.extend(source.iter().cloned());
        self.level.namespace = both;
        let quals = self.expression(&merge.join_condition, ExprKind::JoinOn)?;
        let quals = self.coerce_to_boolean(quals, "JOIN/ON")?;
        let mut actions = Vec::with_capacity(merge.when_clauses.len());
        for when in &merge.when_clauses {
            actions.push(self.merge_action(when, &relation, &target, &source)?);
        }
        let mut query = self.finish(CommandType::Merge);
        query.quals = Some(quals);
        query.merge_actions = actions;
        Ok(query)
    }

    fn merge_action(
        &mut self,
        when: &MergeWhenClause,
        relation: &Relation,
        target: &NamespaceItem,
        source: &[NamespaceItem],
    ) -> Result<MergeAction> {
        // A row without match has no target row to look at.
        let visible = match when.matched {
            true => std::iter::once(target).chain(source).cloned().collect(),
            false => source.to_vec(),
        };
        self.level.namespace = visible;
        let condition = self.where_clause(when.condition.as_ref(), ExprKind::MergeWhen, "WHEN")?;
        let action = match &when.action {
            ast::MergeAction::Nothing => MergeActionKind::DoNothing,
            ast::MergeAction::Delete => MergeActionKind::Delete,
            ast::MergeAction::Update { set } => MergeActionKind::Update(self.set_list(set, relation)?),
            ast::MergeAction::Insert {
                columns,
                overriding,
                values,
            } => {
                let assigned = self.insert_columns(columns, relation)?;
                let list = self.with_kind(ExprKind::ValuesSingle, |analyzer| analyzer.value_list(values))?;
                let targets = match values.is_empty() {
                    true => Vec::new(),
                    false => self.insert_row(list, &assigned, !columns.is_empty(), false)?,
                };
                MergeActionKind::Insert {
                    override_kind: override_kind(*overriding),
                    targets,
                    default_values: values.is_empty(),
                }
            }
        };
        Ok(MergeAction {
            matched: when.matched,
            condition,
            action,
        })
    }

    fn check_merge_target(&self, relation: &Relation) -> Result<()> {
        if matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable) {
            return Ok(());
        }
        let kinds = match relation.kind {
            RelationKind::View => "views",
            RelationKind::MaterializedView => "materialized views",
            RelationKind::Sequence => "sequences",
            RelationKind::ForeignTable => "foreign tables",
            _ => "this kind of relation",
        };
        Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("cannot execute MERGE on relation \"{}\"", relation.name),
        )
        .detail(format!("This operation is not supported for {kinds}.")))
    }
}

/// A clause without condition must be the last of its kind.
fn check_reachable(clauses: &[MergeWhenClause]) -> Result<()> {
    let mut closed = (false, false);
    for when in clauses {
        let closed = if when.matched { &mut closed.0 } else { &mut closed.1 };
        if *closed {
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                "unreachable WHEN clause specified after unconditional WHEN clause",
            ));
        }
        *closed = when.condition.is_none();
    }
    Ok(())
}
