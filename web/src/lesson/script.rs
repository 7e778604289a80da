//! A script that came with a link, as a lesson of one step: read it, then run it.

use kumquat_protocol::lesson::{Lesson, Step};

use crate::browser;

const INTRO: &str = "<p>This script came with the link that you opened. It has a cluster of its own; \
    nothing of it runs before you say so.</p>";

/// The lesson around a script.
pub async fn lesson(letters: &str) -> Result<Lesson, String> {
    let text = browser::unpack(letters).await;
    let text = text.map_err(|error| format!("the link holds no script ({})", browser::message(&error)))?;
    let sql = text.as_string().unwrap_or_default().trim_end().to_string();
    Ok(Lesson {
        id: format!("script-{:016x}", hash(letters)),
        title: "A shared script".into(),
        summary: String::new(),
        minutes: 1,
        leaves_out: String::new(),
        intro: INTRO.into(),
        steps: vec![Step {
            title: "The script".into(),
            text: String::new(),
            sql,
            solution: None,
            hints: Vec::new(),
            checks: Vec::new(),
        }],
        outro: String::new(),
    })
}

/// A name for the script's session (FNV-1a): the same link finds it again.
fn hash(letters: &str) -> u64 {
    letters.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
