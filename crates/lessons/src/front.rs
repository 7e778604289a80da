//! What stands before a lesson's Markdown: TOML between two lines of `+++`.

use serde::Deserialize;

use crate::error::{Error, Result, line_of};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FrontMatter {
    pub title: String,
    pub summary: String,
    pub minutes: u32,
    pub leaves_out: String,
}

const FENCE: &str = "+++\n";

/// A lesson's Markdown, behind the front matter, and the byte at which it begins.
pub(crate) fn body(text: &str) -> Option<(usize, &str)> {
    let end = text.strip_prefix(FENCE)?.find("\n+++\n")?;
    let start = FENCE.len() + end + 1 + FENCE.len();
    Some((start, text.get(start..)?))
}

/// Reads the front matter of a lesson whose Markdown begins at `body`.
pub(crate) fn front_matter(text: &str, body: usize) -> Result<FrontMatter> {
    let toml = text
        .get(FENCE.len()..body.saturating_sub(FENCE.len()))
        .unwrap_or_default();
    toml::from_str(toml).map_err(|error: toml::de::Error| {
        let offset = error.span().map_or(0, |span| span.start);
        let line = line_of(text, FENCE.len() + offset);
        Error::at(line, format!("front matter: {}", error.message()))
    })
}
