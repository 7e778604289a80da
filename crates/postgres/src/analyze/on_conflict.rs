//! ON CONFLICT: what it looks at and what it does (`transformOnConflictClause`).

use kumquat_sql::ast::{self, IndexKey, InferClause, NullsOrder, OnConflictAction, SortDirection};
use kumquat_types::{Error, Oid, Result, SqlState};

use super::location::position;
use super::relations::new_entry;
use super::state::{Analyzer, ExprKind, NamespaceItem};
use crate::catalog::{ConstraintKind, Relation, RelationKind};
use crate::query::{Expr, OnConflict, OnConflictUpdate, RangeTableKind};

impl Analyzer<'_, '_> {
    pub fn on_conflict(
        &mut self,
        clause: &ast::OnConflictClause,
        relation: &Relation,
        target: &NamespaceItem,
    ) -> Result<OnConflict> {
        let at = position(clause.location);
        let updates = matches!(clause.action, OnConflictAction::Update { .. });
        if updates && clause.infer.is_none() {
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                "ON CONFLICT DO UPDATE requires inference specification or constraint name",
            )
            .hint("For example, ON CONFLICT (column_name).")
            .at(at));
        }
        if relation.kind == RelationKind::System {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "ON CONFLICT is not supported with system catalog tables",
            )
            .at(at));
        }
        let mut conflict = OnConflict {
            arbiter: Vec::new(),
            arbiter_where: None,
            constraint: Oid::INVALID,
            update: None,
        };
        match &clause.infer {
            None => {}
            Some(InferClause::Constraint { name, .. }) => {
                self.arbiter_constraint(name, relation, &mut conflict, updates)?;
            }
            Some(InferClause::Index {
                elems,
                where_clause,
                location,
            }) => {
                for elem in elems {
                    conflict.arbiter.push(self.arbiter_element(elem, *location)?);
                }
                conflict.arbiter_where = self.where_clause(where_clause.as_ref(), ExprKind::IndexPredicate, "WHERE")?;
            }
        }
        if let OnConflictAction::Update { set, where_clause } = &clause.action {
            let excluded = self.add_excluded(relation);
            self.level.namespace = vec![excluded.clone(), target.clone()];
            let set = self.set_list(set, relation)?;
            let quals = self.where_clause(where_clause.as_ref(), ExprKind::Where, "WHERE")?;
            conflict.update = Some(OnConflictUpdate {
                set,
                quals,
                excluded: excluded.index,
            });
        }
        Ok(conflict)
    }

    /// The row that could not be inserted, under the name EXCLUDED.
    fn add_excluded(&mut self, relation: &Relation) -> NamespaceItem {
        let target = self.level.target.and_then(|index| self.entry(index, 0));
        let mut columns = target.map_or_else(Vec::new, |entry| entry.columns.clone());
        // Aliases of the target's columns are not those of EXCLUDED.
        for (column, attribute) in columns.iter_mut().zip(relation.attributes.iter()) {
            column.name = if attribute.dropped {
                "".into()
            } else {
                attribute.name.clone()
            };
        }
        let mut entry = new_entry(RangeTableKind::Result, "excluded".into(), columns);
        entry.in_from = false;
        self.add_item(entry, None)
    }

    fn arbiter_constraint(
        &self,
        name: &str,
        relation: &Relation,
        conflict: &mut OnConflict,
        updates: bool,
    ) -> Result<()> {
        let catalog = self.backend.catalog()?;
        let found = catalog
            .constraints_of(relation.oid)
            .find(|constraint| *constraint.name == *name);
        let Some(constraint) = found else {
            return Err(Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!("constraint \"{name}\" for table \"{}\" does not exist", relation.name),
            ));
        };
        conflict.constraint = constraint.oid;
        if matches!(
            constraint.kind,
            ConstraintKind::Check { .. } | ConstraintKind::ForeignKey(_)
        ) {
            return Err(Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                "constraint in ON CONFLICT clause has no associated index",
            ));
        }
        if constraint.deferrable {
            return Err(Error::new(
                SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters",
            ));
        }
        if matches!(constraint.kind, ConstraintKind::Exclusion { .. }) && updates {
            return Err(Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                "ON CONFLICT DO UPDATE not supported with exclusion constraints",
            ));
        }
        Ok(())
    }

    fn arbiter_element(&mut self, elem: &ast::IndexElem, location: ast::Location) -> Result<Expr> {
        let at = position(location);
        if elem.ordering != SortDirection::Default {
            return Err(Error::new(
                SqlState::INVALID_COLUMN_REFERENCE,
                "ASC/DESC is not allowed in ON CONFLICT clause",
            )
            .at(at));
        }
        if elem.nulls != NullsOrder::Default {
            return Err(Error::new(
                SqlState::INVALID_COLUMN_REFERENCE,
                "NULLS FIRST/LAST is not allowed in ON CONFLICT clause",
            )
            .at(at));
        }
        match &elem.key {
            IndexKey::Column(name) => {
                let reference = ast::ColumnRef {
                    fields: vec![ast::ColumnRefField::Name(name.clone())],
                    location,
                };
                self.expression(&ast::Expr::ColumnRef(reference), ExprKind::IndexExpression)
            }
            IndexKey::Expr(expr) => self.expression(expr, ExprKind::IndexExpression),
        }
    }
}
