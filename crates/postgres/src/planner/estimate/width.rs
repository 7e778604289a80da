//! Bytes that values take on average (`get_typavgwidth`).

use kumquat_types::{Oid, builtin_type};

/// Of a type whose values nothing is known of.
pub fn type_width(type_oid: Oid, type_modifier: i32) -> i32 {
    let Some(known) = builtin_type(type_oid) else {
        return user_type_width(type_oid);
    };
    if known.length > 0 {
        return i32::from(known.length);
    }
    match maximum(type_oid, type_modifier) {
        Some(most) if type_oid == Oid::BPCHAR => most,
        Some(most) if most <= 32 => most,
        Some(most) if most < 1000 => 32 + (most - 32) / 2,
        Some(_) => 32 + (1000 - 32) / 2,
        None => 32,
    }
}

/// Enums take four bytes, but only the catalog knows them: what is user-defined is taken to be one unless it is
/// composite, which values show.
fn user_type_width(_: Oid) -> i32 {
    32
}

/// Most bytes that a type modifier permits (`type_maximum_size`).
fn maximum(type_oid: Oid, type_modifier: i32) -> Option<i32> {
    if type_modifier < 0 {
        return None;
    }
    match type_oid {
        Oid::BPCHAR | Oid::VARCHAR => type_modifier
            .checked_sub(4)
            .and_then(|length| length.checked_mul(4))
            .and_then(|bytes| bytes.checked_add(4)),
        Oid::NUMERIC => Some(numeric_maximum((type_modifier - 4) >> 16 & 0xffff)),
        Oid::BIT | Oid::VARBIT => Some((type_modifier + 7) / 8 + 8),
        _ => None,
    }
}

/// `numeric_maximum_size`, by digits before and after the point.
fn numeric_maximum(precision: i32) -> i32 {
    8 + (precision + 6) / 4 * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_follow_types_and_their_modifiers() {
        let cases = [
            (Oid::INT4, -1, 4),
            (Oid::TEXT, -1, 32),
            (Oid::VARCHAR, 4 + 5, 24),
            (Oid::VARCHAR, 4 + 100, 218),
            (Oid::VARCHAR, 4 + 1000, 516),
            (Oid::BPCHAR, 4 + 3, 16),
            (Oid::NUMERIC, -1, 32),
        ];
        for (type_oid, modifier, expected) in cases {
            assert_eq!(type_width(type_oid, modifier), expected, "{type_oid} {modifier}");
        }
    }
}
