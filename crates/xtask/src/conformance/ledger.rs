//! Which units are known to differ. The list only shrinks: a unit that came out exactly once
//! may not differ again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process::root;

const HEADING: &str = "\
# Units that do not yet come out as on a real cluster: script, then places of the lines they follow.
# `cargo xtask conformance` takes off what has been mended; nothing is added by hand.
";

/// Known differences by script.
pub struct Ledger {
    known: BTreeMap<String, BTreeSet<usize>>,
}

impl Ledger {
    fn path() -> PathBuf {
        root().join("tests/conformance/differences.txt")
    }

    pub fn read() -> Result<Ledger> {
        let text = fs::read_to_string(Ledger::path()).unwrap_or_default();
        let mut known = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            if let Some(script) = words.next() {
                let lines = words.map(|word| word.parse().with_context(|| line.to_string()));
                known.insert(script.to_string(), lines.collect::<Result<_>>()?);
            }
        }
        Ok(Ledger { known })
    }

    /// Those of `differing` that are not on the list.
    pub fn unknown(&self, script: &str, differing: &BTreeSet<usize>) -> Vec<usize> {
        let known = self.known.get(script);
        let unknown = |line: &&usize| known.is_none_or(|known| !known.contains(line));
        differing.iter().filter(unknown).copied().collect()
    }

    /// Takes off what differs no more; a script that is new is taken as it stands.
    pub fn shrink(&mut self, script: &str, differing: &BTreeSet<usize>) {
        let known = self
            .known
            .entry(script.to_string())
            .or_insert_with(|| differing.clone());
        known.retain(|line| differing.contains(line));
    }

    pub fn write(&self) -> Result<()> {
        let mut text = HEADING.to_string();
        for (script, lines) in &self.known {
            let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
            text.push_str(format!("{script} {}", lines.join(" ")).trim_end());
            text.push('\n');
        }
        Ok(fs::write(Ledger::path(), text)?)
    }
}
