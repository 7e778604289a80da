//! From names to objects by way of the search path, after PostgreSQL's `namespace.c`.

use std::sync::Arc;

use kumquat_sql::ast::{self, RangeVar};
use kumquat_types::{Error, Oid, Result, SqlState, builtin_type_by_name};

use super::quote::{quote_identifier, quote_qualified};
use super::well_known::PG_CATALOG;
use super::{Function, Name, Relation, Schema, UserDefinedType};
use crate::backend::Backend;

/// Cuts `a, "B c", d` into names, folded unless quoted (`SplitIdentifierString`).
pub fn split_identifiers(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut current = String::new();
    let mut in_quotes = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if in_quotes && chars.peek() == Some(&'"') => {
                chars.next();
                current.push('"');
            }
            '"' => in_quotes = !in_quotes,
            ',' if !in_quotes => names.push(std::mem::take(&mut current)),
            c if in_quotes => current.push(c),
            c if c.is_whitespace() => {}
            c => current.push(c.to_ascii_lowercase()),
        }
    }
    names.push(current);
    names.retain(|name| !name.is_empty());
    names
}

/// The parts of `schema.name` or `"A schema".name`, folded unless quoted (`stringToQualifiedNameList`).
pub fn qualified_name(text: &str) -> Result<Vec<String>> {
    let invalid = || Error::new(SqlState::INVALID_NAME, "invalid name syntax");
    let mut names = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_identifier(quoted).ok_or_else(invalid)?,
            None => {
                let end = rest.find(|c: char| c == '.' || c.is_whitespace()).unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                (name.to_ascii_lowercase(), after)
            }
        };
        let after = after.trim_start();
        if name.is_empty() {
            return Err(invalid());
        }
        names.push(crate::catalog::naming::truncate_identifier(&name).to_string());
        match after.strip_prefix('.') {
            Some(next) => rest = next.trim_start(),
            None if after.is_empty() => return Ok(names),
            None => return Err(invalid()),
        }
    }
}

/// An identifier behind its opening quote, and what comes after the closing one.
fn quoted_identifier(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                name.push('"');
                rest = next;
            }
            None => return Some((name, after)),
        }
    }
}

/// `schema.name` or `name`, as messages write it.
pub fn range_var_name(range: &RangeVar) -> String {
    match (&range.catalog, &range.schema) {
        (Some(catalog), Some(schema)) => format!("{catalog}.{schema}.{}", range.name),
        (None, Some(schema)) => format!("{schema}.{}", range.name),
        _ => range.name.clone(),
    }
}

/// Splits a qualified name into schema and name; a database in front must be the current one
/// (`DeconstructQualifiedName`).
pub fn split_qualified<'a>(backend: &Backend<'_>, names: &'a [String]) -> Result<(Option<&'a str>, &'a str)> {
    match names {
        [name] => Ok((None, name)),
        [schema, name] => Ok((Some(schema), name)),
        [database, schema, name] => {
            if **database != *backend.session.database {
                return Err(cross_database(&names.join(".")));
            }
            Ok((Some(schema), name))
        }
        _ => Err(Error::new(
            SqlState::SYNTAX_ERROR,
            format!("improper qualified name (too many dotted names): {}", names.join(".")),
        )),
    }
}

fn cross_database(name: &str) -> Error {
    Error::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        format!("cross-database references are not implemented: {name}"),
    )
}

pub fn undefined_schema(name: &str) -> Error {
    Error::new(
        SqlState::INVALID_SCHEMA_NAME,
        format!("schema \"{name}\" does not exist"),
    )
}

/// The name under which temporary objects are in their session's schema.
pub const TEMPORARY_SCHEMA: &str = "pg_temp_3";

impl Backend<'_> {
    /// Schemas of the setting `search_path` that exist and that the current role may use, in order.
    pub fn explicit_search_path(&self) -> Vec<Oid> {
        let Ok(catalog) = self.catalog() else {
            return Vec::new();
        };
        let setting = self.session.settings.values.get("search_path");
        let setting = setting.map_or("\"$user\", public", |value| value);
        let mut path = Vec::new();
        for name in split_identifiers(setting) {
            let schema = match name.as_str() {
                "$user" => self
                    .name_of_role(self.session.current_user)
                    .and_then(|role| catalog.schema_names.get(&role).copied()),
                "pg_temp" => self.session.temporary_schema,
                name => catalog.schema_names.get(&Name::from(name)).copied(),
            };
            if let Some(schema) = schema
                && !path.contains(&schema)
                && self.may_use_schema(schema)
            {
                path.push(schema);
            }
        }
        path
    }

    /// All schemas searched, in order: with `pg_catalog` and the temporary schema before those named.
    pub fn search_path(&self) -> Vec<Oid> {
        let mut path = self.explicit_search_path();
        if !path.contains(&PG_CATALOG) {
            path.insert(0, PG_CATALOG);
        }
        if let Some(temporary) = self.session.temporary_schema
            && !path.contains(&temporary)
        {
            path.insert(0, temporary);
        }
        path
    }

    pub fn name_of_role(&self, role: Oid) -> Option<Name> {
        Some(self.server().ok()?.roles.get(&role)?.name.clone())
    }

    /// The schema in which an unqualified new object goes (`GetOverrideSearchPath`'s first).
    pub fn creation_schema(&self) -> Result<Oid> {
        self.explicit_search_path().first().copied().ok_or_else(|| {
            Error::new(
                SqlState::INVALID_SCHEMA_NAME,
                "no schema has been selected to create in",
            )
        })
    }

    pub fn find_schema(&self, name: &str) -> Result<Option<&Arc<Schema>>> {
        let catalog = self.catalog()?;
        let oid = match name {
            "pg_temp" => self.session.temporary_schema,
            name => catalog.schema_names.get(&Name::from(name)).copied(),
        };
        Ok(oid.and_then(|oid| catalog.schemas.get(&oid)))
    }

    /// The schema of that name, which the current role must be allowed to use (`LookupExplicitNamespace`).
    pub fn schema(&self, name: &str) -> Result<Oid> {
        let schema = self.find_schema(name)?.ok_or_else(|| undefined_schema(name))?.oid;
        self.check_schema_usage(schema)?;
        Ok(schema)
    }

    pub fn schema_name(&self, schema: Oid) -> Name {
        let name = |backend: &Self| Some(backend.catalog().ok()?.schemas.get(&schema)?.name.clone());
        name(self).unwrap_or_else(|| "".into())
    }

    /// Where CREATE puts an object of this name (`QualifiedNameGetCreationNamespace`).
    pub fn creation_target<'a>(&self, names: &'a [String]) -> Result<(Oid, &'a str)> {
        let (schema, name) = split_qualified(self, names)?;
        let schema = match schema {
            Some(schema) => self.find_schema(schema)?.ok_or_else(|| undefined_schema(schema))?.oid,
            None => self.creation_schema()?,
        };
        Ok((schema, name))
    }

    /// The relation a name means, if there is one (`RangeVarGetRelid`).
    pub fn find_relation(&self, range: &RangeVar) -> Result<Option<Arc<Relation>>> {
        if let Some(database) = &range.catalog
            && **database != *self.session.database
        {
            return Err(cross_database(&format!("\"{}\"", range_var_name(range))));
        }
        self.find_relation_named(range.schema.as_deref(), &range.name)
    }

    pub fn find_relation_named(&self, schema: Option<&str>, name: &str) -> Result<Option<Arc<Relation>>> {
        let catalog = self.catalog()?;
        let Some(schema) = schema else {
            if let Some(transition) = self.session.transition_tables.get(name) {
                return Ok(catalog.relation(*transition).cloned());
            }
            let found = self
                .search_path()
                .into_iter()
                .find_map(|schema| catalog.relation_by_name(schema, name));
            return Ok(found.cloned());
        };
        match self.find_schema(schema)? {
            Some(found) => {
                self.check_schema_usage(found.oid)?;
                Ok(catalog.relation_by_name(found.oid, name).cloned())
            }
            None => self.extension.refuse_schema(self, schema).map(|()| None),
        }
    }

    /// The relation a name means; a missing one is an error, and so is a missing schema, by its name.
    pub fn relation(&self, range: &RangeVar) -> Result<Arc<Relation>> {
        if let Some(found) = self.find_relation(range)? {
            return Ok(found);
        }
        if let Some(schema) = &range.schema
            && self.find_schema(schema)?.is_none()
        {
            return Err(undefined_schema(schema));
        }
        Err(Error::new(
            SqlState::UNDEFINED_TABLE,
            format!("relation \"{}\" does not exist", range_var_name(range)),
        ))
    }

    /// The relation of this oid; that there is none is a broken invariant.
    pub fn relation_by_oid(&self, oid: Oid) -> Result<Arc<Relation>> {
        let found = self.catalog()?.relation(oid).cloned();
        found.ok_or_else(|| Error::internal(format!("could not open relation with OID {oid}")))
    }

    /// The oid of a type by its name, user-defined or built in; `None` if there is none.
    pub fn find_type(&self, names: &[String]) -> Result<Option<Oid>> {
        let (schema, name) = split_qualified(self, names)?;
        let Some(schema) = schema else {
            let path = self.search_path();
            return Ok(path.into_iter().find_map(|schema| self.type_in_schema(schema, name)));
        };
        Ok(match self.find_schema(schema)? {
            Some(schema) => self.type_in_schema(schema.oid, name),
            None => return Err(undefined_schema(schema)),
        })
    }

    pub fn type_in_schema(&self, schema: Oid, name: &str) -> Option<Oid> {
        if schema == PG_CATALOG
            && let Some(builtin) = builtin_type_by_name(name)
        {
            return Some(builtin.oid);
        }
        let catalog = self.catalog().ok()?;
        catalog.type_names.get(&(schema, Name::from(name))).copied()
    }

    pub fn user_type(&self, oid: Oid) -> Option<&Arc<UserDefinedType>> {
        self.catalog().ok()?.types.get(&oid)
    }

    /// User-defined functions of a name, in the order of the search path.
    pub fn find_functions(&self, names: &[String]) -> Result<Vec<Arc<Function>>> {
        let (schema, name) = split_qualified(self, names)?;
        let schemas = match schema {
            Some(schema) => vec![self.find_schema(schema)?.ok_or_else(|| undefined_schema(schema))?.oid],
            None => self.search_path(),
        };
        let catalog = self.catalog()?;
        let functions = schemas
            .into_iter()
            .flat_map(|schema| catalog.functions_named(schema, name));
        Ok(functions.cloned().collect())
    }

    /// Found by its bare name (`RelationIsVisible`).
    pub fn relation_is_visible(&self, relation: &Relation) -> bool {
        self.search_path()
            .into_iter()
            .find_map(|schema| self.catalog().ok()?.relation_by_name(schema, &relation.name))
            .is_some_and(|found| found.oid == relation.oid)
    }

    /// Found by its bare name (`TypeIsVisible`).
    pub fn type_is_visible(&self, oid: Oid) -> bool {
        let Some(user) = self.user_type(oid) else {
            return true;
        };
        self.search_path()
            .into_iter()
            .find_map(|schema| self.type_in_schema(schema, &user.name))
            == Some(oid)
    }

    /// Found by its bare name and arguments (`FunctionIsVisible`).
    pub fn function_is_visible(&self, function: &Function) -> bool {
        let Ok(catalog) = self.catalog() else { return false };
        self.search_path()
            .into_iter()
            .flat_map(|schema| catalog.functions_named(schema, &function.name))
            .find(|other| other.input_types().eq(function.input_types()))
            .is_some_and(|found| found.oid == function.oid)
    }

    /// The relation's name, qualified unless visible, quoted where needed (`generate_relation_name`).
    pub fn visible_relation_name(&self, relation: &Relation) -> String {
        if self.relation_is_visible(relation) {
            quote_identifier(&relation.name)
        } else {
            self.qualified_relation_name(relation)
        }
    }

    pub fn qualified_relation_name(&self, relation: &Relation) -> String {
        quote_qualified(&self.schema_name(relation.schema), &relation.name)
    }

    /// The temporary schema of the session, made at first use.
    pub fn temporary_schema(&mut self) -> Result<Oid> {
        if let Some(schema) = self.session.temporary_schema {
            return Ok(schema);
        }
        let oid = self.new_oid();
        let name: Name = TEMPORARY_SCHEMA.into();
        let owner = super::well_known::BOOTSTRAP_SUPERUSER;
        let catalog = self.catalog_mut()?;
        catalog.schema_names.insert(name.clone(), oid);
        let schema = Schema {
            oid,
            name,
            owner,
            acl: None,
        };
        catalog.schemas.insert(oid, Arc::new(schema));
        self.session.temporary_schema = Some(oid);
        Ok(oid)
    }

    /// The schema a new relation goes to; its name must be free (`RangeVarGetAndCheckCreationNamespace`).
    pub fn relation_creation_schema(&mut self, range: &RangeVar) -> Result<Oid> {
        if let Some(database) = &range.catalog
            && **database != *self.session.database
        {
            return Err(cross_database(&format!("\"{}\"", range_var_name(range))));
        }
        let temporary = range.persistence == ast::Persistence::Temporary;
        let schema = match range.schema.as_deref() {
            Some("pg_temp") => return self.temporary_schema(),
            Some(_) if temporary => {
                return Err(Error::new(
                    SqlState::INVALID_TABLE_DEFINITION,
                    "cannot create temporary relation in non-temporary schema",
                ));
            }
            Some(name) => {
                let schema = self.find_schema(name)?.map(|schema| schema.oid);
                schema.ok_or_else(|| undefined_schema(name))?
            }
            None if temporary => return self.temporary_schema(),
            None => self.creation_schema()?,
        };
        self.check_schema_create(schema)?;
        Ok(schema)
    }
}

impl super::Catalog {
    /// All functions of a schema with that name, in order of oid.
    pub fn functions_named<'a>(&'a self, schema: Oid, name: &str) -> impl Iterator<Item = &'a Arc<Function>> + use<'a> {
        let name = Name::from(name);
        self.function_names
            .range((schema, name.clone(), Oid(0))..=(schema, name, Oid(u32::MAX)))
            .filter_map(|(_, _, oid)| self.functions.get(oid))
    }
}

impl Function {
    pub fn input_types(&self) -> impl Iterator<Item = Oid> + '_ {
        self.args.iter().map(|argument| argument.type_oid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_names_is_cut_and_folded() {
        for (text, expect) in [
            ("\"$user\", public", vec!["$user", "public"]),
            ("A,\"B c\" ,d", vec!["a", "B c", "d"]),
            ("\"x\"\"y\"", vec!["x\"y"]),
            ("", vec![]),
        ] {
            assert_eq!(split_identifiers(text), expect);
        }
    }
}
