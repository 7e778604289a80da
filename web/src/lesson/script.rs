//! A script that came with a link, as a lesson of one step: read it, then run it.

use kumquat_protocol::lesson::{Lesson, Step};
use kumquat_protocol::message::File;

use crate::browser;
use crate::figures::bytes;
use crate::share::carried::{Carried, read};

const INTRO: &str = "<p>This script came with the link that you opened. It has a cluster of its own; \
    nothing of it runs before you say so.</p>";

/// The lesson around a script, and the files that the link holds.
pub async fn lesson(letters: &str) -> Result<(Lesson, Vec<File>), String> {
    let (script, parts) = letters.split_once('&').unwrap_or((letters, ""));
    let text = browser::unpack(script).await;
    let text = text.map_err(|error| format!("the link holds no script ({})", browser::message(&error)))?;
    let sql = text.as_string().unwrap_or_default().trim_end().to_string();
    let carried = read(parts).await;
    let intro = format!("{INTRO}{}", about(&carried));
    let lesson = Lesson {
        id: format!("script-{:016x}", hash(letters)),
        title: "A shared script".into(),
        summary: String::new(),
        minutes: 1,
        leaves_out: String::new(),
        intro,
        steps: vec![Step {
            title: "The script".into(),
            text: String::new(),
            sql,
            solution: None,
            hints: Vec::new(),
            checks: Vec::new(),
        }],
        outro: String::new(),
    };
    Ok((lesson, carried.files))
}

/// What there is to know of the script's files, as HTML.
fn about(carried: &Carried) -> String {
    let named = |file: &File| {
        let size = bytes(file.text.len() as f64);
        format!("<code>{}</code> ({size})", escaped(&file.name))
    };
    let files: Vec<String> = carried.files.iter().map(named).collect();
    let mut html = String::new();
    if !files.is_empty() {
        html.push_str(&format!(
            "<p>With it came files that psql can read: {}.</p>",
            files.join(", ")
        ));
    }
    let without: Vec<String> = carried
        .without
        .iter()
        .map(|name| format!("<code>{}</code>", escaped(name)))
        .collect();
    if !without.is_empty() {
        html.push_str(&format!(
            "<p><strong>Not in the link: {}.</strong> Ask whoever sent you the link, and give the file to psql \
             with the button <em>File</em> before you run the script.</p>",
            without.join(", ")
        ));
    }
    html
}

/// A text that may come from anyone, as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A name for the script's session (FNV-1a): the same link finds it again.
fn hash(letters: &str) -> u64 {
    letters.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
