//! Times the engine beside its peers, in Node.

use anyhow::Result;

use crate::process::run;
use crate::setup::node;
use crate::site;

/// Runs the statements over a million rows with the site's own engine and with sql.js.
pub fn bench() -> Result<()> {
    let site = site::build()?;
    run(node::node(&["tests/bench/million.mjs"]).env("KUMQUAT_SITE", site.directory))
}
