//! From a lesson file's text to a [`Lesson`].
//!
//! The front matter is TOML between `+++` lines. In the Markdown after it, each `##` heading
//! opens a step, `### Hint` opens a hint, and `---` ends the last step. Code blocks marked
//! `sql run`, `sql solution`, `sql check GOAL`, `sql also` and `sql wrong` are taken out of the
//! text; other blocks stay.

use kumquat_protocol::lesson::{Check, Lesson, Step};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::error::{Error, Result, line_of};
use crate::front::{body, front_matter};
use crate::glossary::Glossary;
use crate::review::{Remark, review};

/// What a lesson file holds: the lesson, and what only its author sees.
#[derive(Debug)]
pub struct Draft {
    pub lesson: Lesson,
    pub trials: Vec<Trial>,
    /// What the author should look at again.
    pub remarks: Vec<Remark>,
}

/// Another answer to a step's task, with which an author tries the step's checks. It is run after
/// what stands in the editor.
#[derive(Debug, PartialEq)]
pub struct Trial {
    /// The step's index.
    pub step: usize,
    /// Whether it reaches the goal.
    pub right: bool,
    pub sql: String,
}

/// Reads a lesson from its text; bold terms get the glossary's definitions.
pub fn parse(id: &str, text: &str, glossary: &Glossary) -> Result<Draft> {
    let (start, body) =
        body(text).ok_or_else(|| Error::at(1, "the file must begin with TOML between two lines of +++"))?;
    let front = front_matter(text, start)?;
    let mut reader = Reader::new(glossary);
    for (event, range) in Parser::new_ext(body, Options::ENABLE_TABLES).into_offset_iter() {
        reader.line = line_of(text, start + range.start);
        reader.take(event)?;
    }
    reader.close_part();
    reader.close_step()?;
    if reader.steps.is_empty() {
        return Err(Error::new("a lesson needs at least one step (a ## heading)"));
    }
    let lesson = Lesson {
        id: id.to_string(),
        title: front.title,
        summary: front.summary,
        minutes: front.minutes,
        leaves_out: front.leaves_out,
        intro: reader.intro,
        steps: reader.steps,
        outro: reader.outro,
    };
    Ok(Draft {
        remarks: review(text, &lesson, glossary),
        trials: reader.trials,
        lesson,
    })
}

/// Where text goes at the moment.
#[derive(PartialEq)]
enum Part {
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
    Also,
    Wrong,
}

struct Reader<'a> {
    glossary: &'a Glossary,
    /// How many terms have got their definition so far.
    terms: usize,
    /// The line at which the reader is.
    line: usize,
    /// The line of the present step's heading.
    step_line: usize,
    part: Part,
    events: Vec<Event<'a>>,
    intro: String,
    steps: Vec<Step>,
    trials: Vec<Trial>,
    outro: String,
    /// The heading being read, and its words so far.
    heading: Option<(HeadingLevel, String)>,
    /// The block being taken out of the text, and its lines so far.
    block: Option<(Block, String)>,
}

impl<'a> Reader<'a> {
    fn new(glossary: &'a Glossary) -> Reader<'a> {
        Reader {
            glossary,
            terms: 0,
            line: 1,
            step_line: 1,
            part: Part::Intro,
            events: Vec::new(),
            intro: String::new(),
            steps: Vec::new(),
            trials: Vec::new(),
            outro: String::new(),
            heading: None,
            block: None,
        }
    }

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
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if info.starts_with("sql ") => {
                let block = block(&info).map_err(|why| self.wrong(why))?;
                self.block = Some((block, String::new()));
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

    fn wrong(&self, message: impl Into<String>) -> Error {
        Error::at(self.line, message)
    }

    fn open_part(&mut self, level: HeadingLevel, words: String) -> Result<()> {
        self.close_part();
        match level {
            HeadingLevel::H2 => {
                self.close_step()?;
                self.part = Part::Step;
                self.step_line = self.line;
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
                return Err(self.wrong(format!(
                    "heading \"{words}\": only ## for a step and ### Hint inside one"
                )));
            }
        }
        Ok(())
    }

    /// Renders the text read since the last heading and puts it where it belongs.
    fn close_part(&mut self) {
        let mut text = String::new();
        let events = self.glossary.link(std::mem::take(&mut self.events), &mut self.terms);
        html::push_html(&mut text, events.into_iter());
        match (&self.part, self.steps.last_mut()) {
            (Part::Intro, _) => self.intro.push_str(&text),
            (Part::Outro, _) => self.outro.push_str(&text),
            (Part::Step, Some(step)) => step.text.push_str(&text),
            (Part::Hint, Some(step)) => step.hints.push(text),
            (Part::Step | Part::Hint, None) => {}
        }
    }

    fn close_step(&self) -> Result<()> {
        match self.steps.last() {
            Some(step) if step.sql.is_empty() => {
                let message = format!("step \"{}\" has no block `sql run`", step.title);
                Err(Error::at(self.step_line, message))
            }
            _ => Ok(()),
        }
    }

    fn close_block(&mut self, block: Block, lines: String) -> Result<()> {
        let lines = lines.trim_end().to_string();
        if self.part == Part::Outro {
            return Err(self.wrong("SQL to run stands behind the last step (below ---)"));
        }
        let Some(step) = self.steps.last_mut() else {
            return Err(self.wrong("SQL to run stands before the first step"));
        };
        match block {
            Block::Run if !step.sql.is_empty() => {
                return Err(self.wrong("a step has one block `sql run`; this is the second"));
            }
            Block::Solution if step.solution.is_some() => {
                return Err(self.wrong("a step has one block `sql solution`; this is the second"));
            }
            Block::Run => step.sql = lines,
            Block::Solution => step.solution = Some(lines),
            Block::Check(goal) => step.checks.push(check(goal, &lines)),
            Block::Also => self.trial(true, lines),
            Block::Wrong => self.trial(false, lines),
        }
        Ok(())
    }

    fn trial(&mut self, right: bool, sql: String) {
        let step = self.steps.len().saturating_sub(1);
        self.trials.push(Trial { step, right, sql });
    }
}

/// What a code block that begins with `sql` and a blank is for, or why it can't be told.
fn block(info: &str) -> std::result::Result<Block, String> {
    let rest = info.strip_prefix("sql ").unwrap_or(info).trim();
    match rest.split_once(' ').unwrap_or((rest, "")) {
        ("run", "") => Ok(Block::Run),
        ("solution", "") => Ok(Block::Solution),
        ("also", "") => Ok(Block::Also),
        ("wrong", "") => Ok(Block::Wrong),
        ("check", "") => Err("`sql check` needs a goal behind it, in words for the learner".into()),
        ("check", goal) => Ok(Block::Check(goal.trim().to_string())),
        _ => Err(format!(
            "a block is marked `sql {rest}`; it can be run, solution, check GOAL, also or wrong"
        )),
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

    fn read(text: &str) -> Result<Lesson> {
        Ok(parse("t", text, &Glossary::default())?.lesson)
    }

    const FRONT: &str = "+++\ntitle = \"T\"\nsummary = \"S\"\nminutes = 3\nleaves_out = \"L\"\n+++\n";

    #[test]
    fn a_step_takes_its_blocks_out_of_its_text() {
        let text = "Intro.\n\n## One\n\nText `x`.\n\n```sql run\nSELECT 1;\n```\n\n\
                    ```sql check one row\nSELECT 1, 2\n-- 1 | 2\n```\n\n\
                    ### Hint\n\nLook.\n\n---\n\nBye.\n";
        let lesson = read(&format!("{FRONT}{text}")).unwrap();
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
    fn other_answers_are_kept_for_the_author() {
        let text = format!(
            "{FRONT}## One\n\n```sql run\nSELECT;\n```\n\n```sql also\nSELECT 1;\n```\n\n```sql wrong\nSELECT 2;\n```\n"
        );
        let draft = parse("t", &text, &Glossary::default()).unwrap();
        let trials: Vec<_> = draft.trials.iter().map(|t| (t.step, t.right, t.sql.as_str())).collect();
        assert_eq!(trials, [(0, true, "SELECT 1;"), (0, false, "SELECT 2;")]);
    }

    #[test]
    fn a_bold_term_gets_its_definition() {
        let glossary = Glossary::parse("## shard, shards, big shard\n\nA piece.\n").unwrap();
        let text =
            format!("{FRONT}Two **shards** and **more**, a **big\nshard**.\n\n## One\n\n```sql run\nSELECT;\n```\n");
        let lesson = parse("t", &text, &glossary).unwrap().lesson;
        assert_eq!(
            lesson.intro,
            "<p>Two <button type=\"button\" class=\"term\" popovertarget=\"term-1\">shards</button>\
             <span popover id=\"term-1\" class=\"definition\">A piece.</span> and <strong>more</strong>, a \
             <button type=\"button\" class=\"term\" popovertarget=\"term-2\">big shard</button>\
             <span popover id=\"term-2\" class=\"definition\">A piece.</span>.</p>\n"
        );
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let run = "```sql run\nSELECT 1;\n```\n";
        for (text, message) in [
            ("## One\n".to_string(), "line 1: the file must begin with TOML"),
            ("+++\ntitle = 3\n+++\n".to_string(), "line 2: front matter"),
            (FRONT.to_string(), "at least one step"),
            (
                format!("{FRONT}## One\n\nText.\n"),
                "line 7: step \"One\" has no block `sql run`",
            ),
            (format!("{FRONT}# One\n"), "line 7: heading \"One\""),
            (format!("{FRONT}{run}"), "line 7: SQL to run stands before"),
            (
                format!("{FRONT}## One\n{run}---\n\n{run}"),
                "line 13: SQL to run stands behind",
            ),
            (
                format!("{FRONT}## One\n{run}{run}"),
                "line 11: a step has one block `sql run`",
            ),
            (
                format!("{FRONT}## One\n{run}\n```sql chek\n```\n"),
                "line 12: a block is marked `sql chek`",
            ),
            (
                format!("{FRONT}## One\n{run}\n```sql check\n```\n"),
                "line 12: `sql check` needs a goal",
            ),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(message), "{text:?}: {error}");
        }
    }
}
