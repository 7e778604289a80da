//! From a lesson file's text to a [`Lesson`].
//!
//! The front matter is TOML between `+++` lines. In the Markdown after it, each `##` heading
//! opens a step, `### Hint` opens a hint, and `---` ends the last step. Code blocks marked
//! `sql run`, `sql solution` and `sql check GOAL` are taken out of the text; other blocks stay.

use std::fs;
use std::path::{Path, PathBuf};

use kumquat_protocol::lesson::{Check, Lesson, Step};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use serde::Deserialize;

use crate::error::{Error, Result};

/// Reads every `.md` file of a directory but `README.md`, in the order of their names.
pub fn read_directory(directory: &Path) -> Result<Vec<Lesson>> {
    let unreadable = |error: std::io::Error| Error::new(error.to_string()).in_file(directory);
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let lesson = path.extension().is_some_and(|extension| extension == "md");
        if lesson && !path.ends_with("README.md") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| read_file(path)).collect()
}

/// Reads one file. The lesson's id is the file's name without the leading number: that of
/// `03-woodgrove.md` is `woodgrove`.
pub fn read_file(path: &Path) -> Result<Lesson> {
    let text = fs::read_to_string(path).map_err(|error| Error::new(error.to_string()).in_file(path))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let id = stem.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
    parse(id, &text).map_err(|error| error.in_file(path))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: String,
    summary: String,
    minutes: u32,
    leaves_out: String,
}

/// Reads a lesson from its text.
pub fn parse(id: &str, text: &str) -> Result<Lesson> {
    let (front, body) = text
        .strip_prefix("+++\n")
        .and_then(|rest| rest.split_once("\n+++\n"))
        .ok_or_else(|| Error::new("the file must begin with TOML between two lines of +++"))?;
    let front: FrontMatter =
        toml::from_str(front).map_err(|error| Error::new(format!("front matter: {}", error.message())))?;
    let mut reader = Reader::default();
    for event in Parser::new_ext(body, Options::ENABLE_TABLES) {
        reader.take(event)?;
    }
    reader.close_part();
    if reader.steps.is_empty() {
        return Err(Error::new("a lesson needs at least one step (a ## heading)"));
    }
    for step in &reader.steps {
        if step.sql.is_empty() {
            return Err(Error::new(format!("step \"{}\" has no block `sql run`", step.title)));
        }
    }
    Ok(Lesson {
        id: id.to_string(),
        title: front.title,
        summary: front.summary,
        minutes: front.minutes,
        leaves_out: front.leaves_out,
        intro: reader.intro,
        steps: reader.steps,
        outro: reader.outro,
    })
}

/// Where text goes at the moment.
#[derive(Default, PartialEq)]
enum Part {
    #[default]
    Intro,
    Step,
    Hint,
    Outro,
}

/// What a code block is for.
enum Block {
    Run,
    Solution,
    Check(String),
}

#[derive(Default)]
struct Reader<'a> {
    part: Part,
    events: Vec<Event<'a>>,
    intro: String,
    steps: Vec<Step>,
    outro: String,
    /// The heading being read, and its words so far.
    heading: Option<(HeadingLevel, String)>,
    /// The block being taken out of the text, and its lines so far.
    block: Option<(Block, String)>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, event: Event<'a>) -> Result<()> {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                self.heading = Some((level, String::new()));
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((level, words)) = self.heading.take() {
                    self.open_part(level, words)?;
                }
            }
            Event::Text(text) | Event::Code(text) if self.heading.is_some() => {
                if let Some((_, words)) = &mut self.heading {
                    words.push_str(&text);
                }
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if block(&info).is_some() => {
                self.block = block(&info).map(|block| (block, String::new()));
            }
            Event::Text(text) if self.block.is_some() => {
                if let Some((_, lines)) = &mut self.block {
                    lines.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) if self.block.is_some() => {
                if let Some((block, lines)) = self.block.take() {
                    self.close_block(block, lines)?;
                }
            }
            Event::Rule => {
                self.close_part();
                self.part = Part::Outro;
            }
            other => self.events.push(other),
        }
        Ok(())
    }

    fn open_part(&mut self, level: HeadingLevel, words: String) -> Result<()> {
        self.close_part();
        match level {
            HeadingLevel::H2 => {
                self.part = Part::Step;
                self.steps.push(Step {
                    title: words,
                    text: String::new(),
                    sql: String::new(),
                    solution: None,
                    hints: Vec::new(),
                    checks: Vec::new(),
                });
            }
            HeadingLevel::H3 if words == "Hint" && !self.steps.is_empty() => {
                self.part = Part::Hint;
            }
            _ => {
                return Err(Error::new(format!(
                    "heading \"{words}\": only ## for a step and ### Hint inside one"
                )));
            }
        }
        Ok(())
    }

    /// Renders the text read since the last heading and puts it where it belongs.
    fn close_part(&mut self) {
        let mut text = String::new();
        html::push_html(&mut text, self.events.drain(..));
        match (&self.part, self.steps.last_mut()) {
            (Part::Intro, _) => self.intro.push_str(&text),
            (Part::Outro, _) => self.outro.push_str(&text),
            (Part::Step, Some(step)) => step.text.push_str(&text),
            (Part::Hint, Some(step)) => step.hints.push(text),
            (Part::Step | Part::Hint, None) => {}
        }
    }

    fn close_block(&mut self, block: Block, lines: String) -> Result<()> {
        let Some(step) = self.steps.last_mut() else {
            return Err(Error::new("SQL to run stands before the first step"));
        };
        let lines = lines.trim_end().to_string();
        match block {
            Block::Run => step.sql = lines,
            Block::Solution => step.solution = Some(lines),
            Block::Check(goal) => step.checks.push(check(goal, &lines)),
        }
        Ok(())
    }
}

fn block(info: &str) -> Option<Block> {
    let rest = info.strip_prefix("sql ")?.trim();
    match rest.split_once(' ').unwrap_or((rest, "")) {
        ("run", "") => Some(Block::Run),
        ("solution", "") => Some(Block::Solution),
        ("check", goal) => Some(Block::Check(goal.trim().to_string())),
        _ => None,
    }
}

/// A check's query, and the rows it must give as comments: `-- 1 | Send Funds`.
fn check(goal: String, lines: &str) -> Check {
    let (rows, query): (Vec<&str>, Vec<&str>) = lines.lines().partition(|line| line.starts_with("--"));
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_string()).collect();
    Check {
        goal,
        sql: query.join("\n"),
        rows: rows.iter().map(|row| cells(row.trim_start_matches('-'))).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const FRONT: &str = "+++\ntitle = \"T\"\nsummary = \"S\"\nminutes = 3\nleaves_out = \"L\"\n+++\n";

    #[test]
    fn a_step_takes_its_blocks_out_of_its_text() {
        let text = "Intro.\n\n## One\n\nText `x`.\n\n```sql run\nSELECT 1;\n```\n\n\
                    ```sql check one row\nSELECT 1, 2\n-- 1 | 2\n```\n\n\
                    ### Hint\n\nLook.\n\n---\n\nBye.\n";
        let lesson = parse("t", &format!("{FRONT}{text}")).unwrap();
        assert_eq!(lesson.intro, "<p>Intro.</p>\n");
        assert_eq!(lesson.outro, "<p>Bye.</p>\n");
        let [step] = lesson.steps.as_slice() else {
            panic!("one step");
        };
        assert_eq!(step.text, "<p>Text <code>x</code>.</p>\n");
        assert_eq!(step.sql, "SELECT 1;");
        assert_eq!(step.hints, ["<p>Look.</p>\n"]);
        let check = step.checks.first().unwrap();
        assert_eq!((check.goal.as_str(), check.sql.as_str()), ("one row", "SELECT 1, 2"));
        assert_eq!(check.rows, [["1", "2"]]);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, message) in [
            ("## One\n", "must begin with TOML"),
            ("+++\ntitle = 3\n+++\n", "front matter"),
            (FRONT, "at least one step"),
            (&format!("{FRONT}## One\n\nText.\n"), "no block `sql run`"),
            (&format!("{FRONT}# One\n"), "only ## for a step"),
            (&format!("{FRONT}```sql run\nSELECT 1;\n```\n"), "before the first step"),
        ] {
            let error = parse("t", text).unwrap_err().to_string();
            assert!(error.contains(message), "{text:?}: {error}");
        }
    }
}
