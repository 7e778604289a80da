//! `@>` and `?` on jsonb.

use super::Json;

/// `@>`: whether all of `part` is found in `whole`. At the top, an array also contains a bare scalar.
pub fn contains(whole: &Json, part: &Json) -> bool {
    match (whole, part) {
        (Json::Array(_), scalar) if scalar.is_scalar() => contains_value(whole, &Json::Array(vec![scalar.clone()])),
        _ => contains_value(whole, part),
    }
}

fn contains_value(whole: &Json, part: &Json) -> bool {
    match (whole, part) {
        (Json::Object(_), Json::Object(members)) => members
            .iter()
            .all(|(key, wanted)| whole.get(key).is_some_and(|value| contains_value(value, wanted))),
        (Json::Array(elements), Json::Array(wanted)) => wanted
            .iter()
            .all(|wanted| elements.iter().any(|element| contains_value(element, wanted))),
        (whole, part) => equal(whole, part),
    }
}

/// Equal scalars; numbers whatever their scale.
fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.compare(b).is_eq(),
        (Json::Array(_) | Json::Object(_), _) | (_, Json::Array(_) | Json::Object(_)) => false,
        (a, b) => a == b,
    }
}

/// `?`: a key of an object, a string in an array, or the string itself.
pub fn has_key(json: &Json, key: &str) -> bool {
    let is_key = |value: &Json| matches!(value, Json::String(text) if **text == *key);
    match json {
        Json::Object(_) => json.get(key).is_some(),
        Json::Array(elements) => elements.iter().any(is_key),
        scalar => is_key(scalar),
    }
}
