//! pg_views, pg_matviews, pg_rewrite.

use kumquat_types::{Datum, Result};

use super::Rows;
use super::values::{letter, oid, optional_text, role_name, shared, shown_relations, text};
use crate::backend::Backend;
use crate::catalog::RelationKind;
use crate::system::definition::view::view_definition;

pub fn pg_views(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows = Vec::new();
    for view in shown_relations(backend) {
        if view.kind != RelationKind::View && !view.is_system_view() {
            continue;
        }
        rows.push(vec![
            Datum::Text(backend.schema_name(view.schema)),
            shared(&view.name),
            role_name(backend, view.owner),
            optional_text(view_definition(backend, &view, false)?),
        ]);
    }
    Ok(rows)
}

pub fn pg_matviews(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows = Vec::new();
    for view in shown_relations(backend) {
        if view.kind != RelationKind::MaterializedView {
            continue;
        }
        rows.push(vec![
            Datum::Text(backend.schema_name(view.schema)),
            shared(&view.name),
            role_name(backend, view.owner),
            Datum::Null,
            backend.catalog()?.indexes_of(view.oid).next().is_some().into(),
            view.populated.into(),
            optional_text(view_definition(backend, &view, false)?),
        ]);
    }
    Ok(rows)
}

pub fn pg_rewrite(backend: &mut Backend<'_>) -> Result<Rows> {
    let backend = &*backend;
    let mut rows = Vec::new();
    for view in shown_relations(backend) {
        if view.view.is_none() {
            continue;
        }
        rows.push(vec![
            oid(view.oid),
            text("_RETURN"),
            oid(view.oid),
            letter('1'),
            letter('O'),
            true.into(),
            text("<>"),
            optional_text(view_definition(backend, &view, false)?),
        ]);
    }
    Ok(rows)
}
