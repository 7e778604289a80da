//! Functions and operators that run SQL/JSON paths.

use std::sync::Arc;

use super::Family;
use crate::Datum::{self, Bool, Jsonb, Null, Text};
use crate::json::Json;
use crate::json::path::JsonPath;
use crate::json::path::execute::{Failure, Query};
use crate::{Call, Error, Result, SqlState};

pub static FUNCTIONS: Family = family! { call;
    "jsonb_path_exists" (Jsonb(json), Text(path), Jsonb(vars), Bool(silent)) =>
        Search::new(json, path, vars, *silent, false).exists(call);
    "jsonb_path_exists_tz" (Jsonb(json), Text(path), Jsonb(vars), Bool(silent)) =>
        Search::new(json, path, vars, *silent, true).exists(call);
    "jsonb_path_exists_opr" (Jsonb(json), Text(path)) => Search::operator(json, path).exists(call);
    "jsonb_path_match" (Jsonb(json), Text(path), Jsonb(vars), Bool(silent)) =>
        Search::new(json, path, vars, *silent, false).matches(call);
    "jsonb_path_match_tz" (Jsonb(json), Text(path), Jsonb(vars), Bool(silent)) =>
        Search::new(json, path, vars, *silent, true).matches(call);
    "jsonb_path_match_opr" (Jsonb(json), Text(path)) => Search::operator(json, path).matches(call);
    "jsonb_path_query" set (Jsonb(json), Text(path), Jsonb(vars), Bool(silent)) =>
        Search::new(json, path, vars, *silent, false).rows(call);
    "jsonb_path_query_tz" set (Jsonb(json), Text(path), Jsonb(vars), Bool(silent)) =>
        Search::new(json, path, vars, *silent, true).rows(call);
    "jsonb_path_query_array" (Jsonb(json), Text(path), Jsonb(vars), Bool(silent)) =>
        Search::new(json, path, vars, *silent, false).array(call);
    "jsonb_path_query_array_tz" (Jsonb(json), Text(path), Jsonb(vars), Bool(silent)) =>
        Search::new(json, path, vars, *silent, true).array(call);
    "jsonb_path_query_first" (Jsonb(json), Text(path), Jsonb(vars), Bool(silent)) =>
        Search::new(json, path, vars, *silent, false).first(call);
    "jsonb_path_query_first_tz" (Jsonb(json), Text(path), Jsonb(vars), Bool(silent)) =>
        Search::new(json, path, vars, *silent, true).first(call);
};

/// A path to be run.
struct Search<'a> {
    json: &'a Json,
    path: &'a str,
    variables: Option<&'a Json>,
    silent: bool,
    with_zone: bool,
}

impl<'a> Search<'a> {
    fn new(json: &'a Json, path: &'a str, variables: &'a Json, silent: bool, with_zone: bool) -> Search<'a> {
        Search {
            json,
            path,
            variables: Some(variables),
            silent,
            with_zone,
        }
    }

    /// Operators are silent and have no variables.
    fn operator(json: &'a Json, path: &'a str) -> Search<'a> {
        Search {
            json,
            path,
            variables: None,
            silent: true,
            with_zone: false,
        }
    }

    /// The items that are found; None after an error that is kept silent.
    fn items(&self, call: &Call<'_>, first_only: bool) -> Result<Option<Vec<Json>>> {
        let path = JsonPath::cached(self.path)?;
        let query = Query {
            env: call.env,
            document: self.json,
            variables: self.variables,
            with_zone: self.with_zone,
            first_only,
        };
        match query.items(&path) {
            Ok(items) => {
                let jsons = items.into_iter().map(|item| item.into_json(call.env));
                jsons.collect::<Result<Vec<Json>>>().map(Some)
            }
            Err(Failure::Soft(_)) if self.silent => Ok(None),
            Err(Failure::Soft(error) | Failure::Hard(error)) => Err(error),
        }
    }

    fn exists(&self, call: &Call<'_>) -> Result<Datum> {
        let found = self.items(call, true)?;
        Ok(found.map_or(Null, |items| Bool(!items.is_empty())))
    }

    fn matches(&self, call: &Call<'_>) -> Result<Datum> {
        let items = self.items(call, false)?;
        match items.as_deref() {
            Some([Json::Bool(value)]) => Ok(Bool(*value)),
            Some([Json::Null]) => Ok(Null),
            _ if self.silent => Ok(Null),
            _ => Err(Error::new(
                SqlState::SINGLETON_SQL_JSON_ITEM_REQUIRED,
                "single boolean result is expected",
            )),
        }
    }

    fn rows(&self, call: &Call<'_>) -> Result<Vec<Vec<Datum>>> {
        let items = self.items(call, false)?.unwrap_or_default();
        Ok(items.into_iter().map(|item| vec![Jsonb(Arc::new(item))]).collect())
    }

    fn array(&self, call: &Call<'_>) -> Result<Datum> {
        let items = self.items(call, false)?.unwrap_or_default();
        Ok(Jsonb(Arc::new(Json::Array(items))))
    }

    fn first(&self, call: &Call<'_>) -> Result<Datum> {
        let items = self.items(call, false)?.unwrap_or_default();
        Ok(items.into_iter().next().map_or(Null, |item| Jsonb(Arc::new(item))))
    }
}
