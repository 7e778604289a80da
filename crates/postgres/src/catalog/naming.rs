//! Names that PostgreSQL chooses: of constraints, indexes and sequences that the user did not name.

use kumquat_types::Oid;

use super::Catalog;

/// `NAMEDATALEN - 1`: the longest identifier in bytes.
pub const MAX_IDENTIFIER: usize = 63;

/// `name1_name2_label`, with the two names cut so that the whole fits an identifier (`makeObjectName`).
pub fn make_object_name(name1: &str, name2: Option<&str>, label: Option<&str>) -> String {
    let joints = usize::from(name2.is_some());
    let overhead = joints + label.map_or(0, |label| label.len() + 1);
    let available = MAX_IDENTIFIER.saturating_sub(overhead);
    let (mut length1, mut length2) = (name1.len(), name2.map_or(0, str::len));
    while length1 + length2 > available {
        if length1 > length2 {
            length1 -= 1;
        } else {
            length2 -= 1;
        }
    }
    let mut name = clip(name1, length1).to_string();
    for (part, length) in [(name2, length2), (label, MAX_IDENTIFIER)] {
        if let Some(part) = part {
            name.push('_');
            name.push_str(clip(part, length));
        }
    }
    name
}

/// The longest beginning of at most `length` bytes that ends between characters.
pub fn clip(text: &str, length: usize) -> &str {
    let mut end = length.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// An identifier as the server keeps it.
pub fn truncate_identifier(name: &str) -> &str {
    clip(name, MAX_IDENTIFIER)
}

impl Catalog {
    /// A name that no relation of the schema has (`ChooseRelationName`), nor, on demand, a constraint.
    pub fn choose_relation_name(
        &self,
        name1: &str,
        name2: Option<&str>,
        label: &str,
        schema: Oid,
        for_constraint: bool,
    ) -> String {
        first_free(name1, name2, label, |name| {
            self.relation_by_name(schema, name).is_some() || for_constraint && self.constraint_name_used(schema, name)
        })
    }

    /// A name that no constraint of the schema has, nor any of `others` (`ChooseConstraintName`).
    pub fn choose_constraint_name(
        &self,
        name1: &str,
        name2: Option<&str>,
        label: &str,
        schema: Oid,
        others: &[String],
    ) -> String {
        first_free(name1, name2, label, |name| {
            others.iter().any(|other| other == name) || self.constraint_name_used(schema, name)
        })
    }

    fn constraint_name_used(&self, schema: Oid, name: &str) -> bool {
        self.constraints
            .values()
            .any(|constraint| constraint.schema == schema && &*constraint.name == name)
    }
}

/// Tries `label`, `label1`, `label2` ... until the name is not used.
fn first_free(name1: &str, name2: Option<&str>, label: &str, used: impl Fn(&str) -> bool) -> String {
    let mut name = make_object_name(name1, name2, Some(label));
    let mut pass = 0_u32;
    while used(&name) {
        pass += 1;
        name = make_object_name(name1, name2, Some(&format!("{label}{pass}")));
    }
    name
}

/// `a_b_c` from columns, no longer than it can matter (`ChooseIndexNameAddition`).
pub fn join_column_names<'a>(columns: impl IntoIterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for column in columns {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.push_str(column);
        if joined.len() > MAX_IDENTIFIER {
            break;
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_evenly() {
        let check = |name1: &str, name2: Option<&str>, label, expect: &str| {
            assert_eq!(make_object_name(name1, name2, Some(label)), expect);
        };
        check("t", Some("a_b"), "key", "t_a_b_key");
        check("t", None, "pkey", "t_pkey");
        let (long, short) = ("x".repeat(60), "y".repeat(10));
        check(&long, Some(&short), "fkey", &format!("{}_{short}_fkey", "x".repeat(47)));
        check(&"é".repeat(31), None, "pkey", &format!("{}_pkey", "é".repeat(29)));
    }
}
