//! What tells colocation groups apart: a hue, beyond eight of them a weave, and always a number.

use kumquat_protocol::view::{ColocationGroup, GroupKind, Table, TableKind};

const HUES: u32 = 8;
/// None, hatched, dotted, lined.
const WEAVES: u32 = 4;

/// The class of a group's elements.
pub fn of_group(group: &ColocationGroup) -> String {
    class(group.id, group.kind == GroupKind::Reference)
}

/// The class of a table's elements; that of no group where it has none.
pub fn of_table(table: Option<&Table>) -> String {
    let group = table.and_then(|table| Some((table.colocation_id?, table.kind == TableKind::Reference)));
    group.map_or_else(String::new, |(id, everywhere)| class(id, everywhere))
}

fn class(id: u32, everywhere: bool) -> String {
    if everywhere {
        return "hue-everywhere".into();
    }
    let place = id.saturating_sub(1);
    let hue = place % HUES + 1;
    match place / HUES % WEAVES {
        0 => format!("hue-{hue}"),
        weave => format!("hue-{hue} weave-{weave}"),
    }
}

#[cfg(test)]
mod tests {
    use super::class;

    #[test]
    fn groups_differ_in_hue_or_weave() {
        assert_eq!(class(1, false), "hue-1");
        assert_eq!(class(8, false), "hue-8");
        assert_eq!(class(9, false), "hue-1 weave-1");
        assert_eq!(class(18, false), "hue-2 weave-2");
        assert_eq!(class(9, true), "hue-everywhere");
        let classes: std::collections::BTreeSet<String> = (1..=32).map(|id| class(id, false)).collect();
        assert_eq!(classes.len(), 32);
    }
}
