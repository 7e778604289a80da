//! json_agg, jsonb_agg, json_object_agg, jsonb_object_agg.

use std::sync::Arc;

use kumquat_types::{Column, Datum, Error, Json, Oid, Result, SqlState, io, lookup_procs};

use super::Accumulator;
use super::accumulator::Signature;
use crate::backend::Backend;
use crate::executor::context::Context;
use crate::executor::expr::Function;

/// Turns values into json or jsonb as `to_json` and `to_jsonb` do.
struct Converter {
    function: Function,
    binary: bool,
}

impl Converter {
    fn new(backend: &Backend<'_>, type_oid: Oid, binary: bool) -> Result<Converter> {
        let (name, result) = if binary {
            ("to_jsonb", Oid::JSONB)
        } else {
            ("to_json", Oid::JSON)
        };
        let proc = lookup_procs(name).first();
        let proc = proc.ok_or_else(|| Error::not_modelled(format!("function {name}")))?;
        Ok(Converter {
            function: Function::new(backend, proc.oid, vec![type_oid], result, false)?,
            binary,
        })
    }

    fn text(&self, ctx: &mut Context<'_, '_>, value: Datum) -> Result<String> {
        match self.function.call(ctx, &[value])? {
            Datum::Text(text) => Ok(text.to_string()),
            _ => Ok("null".into()),
        }
    }

    fn json(&self, ctx: &mut Context<'_, '_>, value: Datum) -> Result<Json> {
        match self.function.call(ctx, &[value])? {
            Datum::Jsonb(json) => Ok(Json::clone(&json)),
            _ => Ok(Json::Null),
        }
    }
}

pub struct JsonAgg {
    converter: Converter,
    texts: Vec<Option<String>>,
    values: Vec<Option<Vec<Json>>>,
}

impl JsonAgg {
    pub fn new(backend: &Backend<'_>, signature: &Signature) -> Result<JsonAgg> {
        Ok(JsonAgg {
            converter: Converter::new(backend, signature.arg(), signature.name == "jsonb_agg")?,
            texts: Vec::new(),
            values: Vec::new(),
        })
    }
}

impl Accumulator for JsonAgg {
    fn resize(&mut self, groups: usize) {
        self.texts.resize(groups, None);
        self.values.resize(groups, None);
    }

    fn update(&mut self, ctx: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        for (row, &group) in groups.iter().enumerate() {
            let (group, value) = (group as usize, column.get(row));
            if self.converter.binary {
                let json = self.converter.json(ctx, value)?;
                if let Some(state) = self.values.get_mut(group) {
                    state.get_or_insert_default().push(json);
                }
                continue;
            }
            let structured = matches!(value, Datum::Record(_) | Datum::Array(_));
            let text = self.converter.text(ctx, value)?;
            ctx.memory.grow(text.len())?;
            if let Some(state) = self.texts.get_mut(group) {
                match state {
                    None => *state = Some(format!("[{text}")),
                    Some(list) => {
                        list.push_str(if structured { ", \n " } else { ", " });
                        list.push_str(&text);
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        if self.converter.binary {
            let values = self.values.get(group).cloned().flatten();
            return values.map_or(Ok(Datum::Null), |values| Json::Array(values).into_datum());
        }
        let text = self.texts.get(group).cloned().flatten();
        Ok(text.map_or(Datum::Null, |text| Datum::from(text + "]")))
    }
}

/// Keys and values of one group.
type Pairs = Vec<(Arc<str>, Json)>;

pub struct JsonObjectAgg {
    key_type: Oid,
    /// Quotes the text form of a key.
    keys: Converter,
    converter: Converter,
    texts: Vec<Option<String>>,
    pairs: Vec<Option<Pairs>>,
}

impl JsonObjectAgg {
    pub fn new(backend: &Backend<'_>, signature: &Signature) -> Result<JsonObjectAgg> {
        let value_type = signature.args.get(1).copied().unwrap_or(Oid::TEXT);
        Ok(JsonObjectAgg {
            key_type: signature.arg(),
            keys: Converter::new(backend, Oid::TEXT, false)?,
            converter: Converter::new(backend, value_type, signature.name == "jsonb_object_agg")?,
            texts: Vec::new(),
            pairs: Vec::new(),
        })
    }
}

impl Accumulator for JsonObjectAgg {
    fn resize(&mut self, groups: usize) {
        self.texts.resize(groups, None);
        self.pairs.resize(groups, None);
    }

    fn update(&mut self, ctx: &mut Context<'_, '_>, groups: &[u32], args: &[Arc<Column>]) -> Result<()> {
        let (Some(keys), Some(values)) = (args.first(), args.get(1)) else {
            return Ok(());
        };
        for (row, &group) in groups.iter().enumerate() {
            let (key, value) = (keys.get(row), values.get(row));
            if key.is_null() {
                let message = "field name must not be null";
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
            let key = io::output(&*ctx.backend, self.key_type, &key).into_owned();
            if self.converter.binary {
                let json = self.converter.json(ctx, value)?;
                if let Some(state) = self.pairs.get_mut(group as usize) {
                    state.get_or_insert_default().push((key.into(), json));
                }
                continue;
            }
            let text = self.converter.text(ctx, value)?;
            ctx.memory.grow(text.len() + key.len())?;
            let key = self.keys.text(ctx, Datum::from(key))?;
            if let Some(state) = self.texts.get_mut(group as usize) {
                match state {
                    None => *state = Some(format!("{{ {key} : {text}")),
                    Some(object) => {
                        object.push_str(", ");
                        object.push_str(&format!("{key} : {text}"));
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Context<'_, '_>, group: usize, _: &[Datum]) -> Result<Datum> {
        if self.converter.binary {
            let pairs = self.pairs.get(group).cloned().flatten();
            return pairs.map_or(Ok(Datum::Null), |pairs| object(pairs).into_datum());
        }
        let text = self.texts.get(group).cloned().flatten();
        Ok(text.map_or(Datum::Null, |text| Datum::from(text + " }")))
    }
}

/// An object of these pairs: of equal keys the last one stays.
fn object(mut pairs: Vec<(Arc<str>, Json)>) -> Json {
    pairs.reverse();
    pairs.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
    pairs.dedup_by(|b, a| a.0 == b.0);
    Json::Object(pairs)
}
