//! PARTITION BY (`transformPartitionSpec`, `ComputePartitionAttrs`).

use std::sync::Arc;

use kumquat_sql::ast::{self, IndexKey, Location, PartitionElem, PartitionSpec};
use kumquat_types::{Error, Oid, Result, SqlState};

use crate::analyze::{ExprContext, analyze_expression};
use crate::backend::Backend;
use crate::catalog::operator_class;
use crate::catalog::volatility::is_immutable;
use crate::catalog::{
    DependencyKind, IndexColumn, ObjectAddress, ObjectClass, PartitionKey, PartitionStrategy, Relation,
};
use crate::commands::create_table::column::column_collation;
use crate::commands::index::columns::column_type;
use crate::query::Expr;

/// Makes a table partitioned by the key.
pub fn set_key(backend: &mut Backend<'_>, table: Oid, spec: &PartitionSpec) -> Result<()> {
    let relation = backend.relation_by_oid(table)?;
    let strategy = match spec.strategy {
        ast::PartitionStrategy::List => PartitionStrategy::List,
        ast::PartitionStrategy::Range => PartitionStrategy::Range,
        ast::PartitionStrategy::Hash => PartitionStrategy::Hash,
    };
    if strategy == PartitionStrategy::List && spec.params.len() != 1 {
        return Err(Error::new(
            SqlState::INVALID_OBJECT_DEFINITION,
            "cannot use \"list\" partition strategy with more than one column",
        ));
    }
    let columns = spec
        .params
        .iter()
        .map(|element| key_column(backend, &relation, element, strategy))
        .collect::<Result<Vec<_>>>()?;
    let types = columns.iter().map(|column| column_type(&relation, column)).collect();
    let object = ObjectAddress::new(ObjectClass::Relation, table);
    let catalog = backend.catalog_mut()?;
    for expr in columns.iter().filter_map(|column| column.expression.as_ref()) {
        catalog.record_expression(object, expr, table, DependencyKind::Normal);
    }
    backend.update_relation(table, |relation| {
        relation.partition_key = Some(Arc::new(PartitionKey {
            strategy,
            columns,
            types,
        }));
    })
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_OBJECT_DEFINITION, message)
}

fn key_column(
    backend: &Backend<'_>,
    relation: &Relation,
    element: &PartitionElem,
    strategy: PartitionStrategy,
) -> Result<IndexColumn> {
    let (attribute, expression) = match &element.key {
        IndexKey::Column(name) => (plain_column(relation, name, element.location)?, None),
        IndexKey::Expr(expr) => key_expression(backend, relation, expr, element.location)?,
    };
    let mut column = IndexColumn {
        expression,
        ..IndexColumn::plain(attribute)
    };
    let type_oid = column_type(relation, &column);
    if !element.collation.is_empty() {
        let clause = ast::ColumnCollation {
            name: element.collation.clone(),
            location: element.location,
        };
        let collation = column_collation(backend, type_oid, &clause)?;
        column.collation = crate::catalog::collation_name(collation).map(Into::into);
    }
    let (method, hint) = match strategy {
        PartitionStrategy::Hash => (
            "hash",
            "You must specify a hash operator class or define a default hash operator class for the data type.",
        ),
        _ => (
            "btree",
            "You must specify a btree operator class or define a default btree operator class for the data type.",
        ),
    };
    let class = operator_class::resolve(backend, method, &element.opclass, type_oid);
    let class = class.map_err(|error| if error.hint.is_some() { error.hint(hint) } else { error })?;
    if !element.opclass.is_empty() && !class.is_default {
        column.operator_class = Some(class.name.into());
    }
    Ok(column)
}

fn plain_column(relation: &Relation, name: &str, location: Location) -> Result<i16> {
    let Some(attribute) = relation.attribute_by_name(name) else {
        if matches!(name, "tableoid" | "ctid" | "xmin" | "xmax" | "cmin" | "cmax") {
            return Err(invalid(format!("cannot use system column \"{name}\" in partition key")).at(location));
        }
        return Err(Error::new(
            SqlState::UNDEFINED_COLUMN,
            format!("column \"{name}\" named in partition key does not exist"),
        )
        .at(location));
    };
    if attribute.generated.is_some() {
        return Err(invalid("cannot use generated column in partition key")
            .detail(format!("Column \"{name}\" is a generated column."))
            .at(location));
    }
    Ok(attribute.number)
}

fn key_expression(
    backend: &Backend<'_>,
    relation: &Relation,
    expr: &ast::Expr,
    location: Location,
) -> Result<(i16, Option<Arc<Expr>>)> {
    let expr = analyze_expression(backend, Some(relation), expr, ExprContext::PartitionExpression, None)?;
    match &expr {
        Expr::Var(var) if var.attribute > 0 => {
            let name = relation
                .attribute(var.attribute)
                .map_or("", |attribute| &attribute.name);
            return Ok((plain_column(relation, name, location)?, None));
        }
        Expr::Const(_) => return Err(invalid("cannot use constant expression as partition key")),
        _ if !is_immutable(backend, &expr) => {
            return Err(invalid(
                "functions in partition key expression must be marked IMMUTABLE",
            ));
        }
        _ => {}
    }
    Ok((0, Some(Arc::new(expr))))
}
