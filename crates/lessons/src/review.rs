//! What an author should look at again: nothing is wrong, but learners will be the worse for it.

use kumquat_protocol::lesson::Lesson;
use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

use crate::error::line_of;
use crate::front::body;
use crate::glossary::Glossary;

/// Words that help nobody.
const EMPTY_WORDS: [&str; 3] = ["simply", "just", "obviously"];
const STEPS: std::ops::RangeInclusive<usize> = 5..=12;
/// What a list of lessons can show in one line.
const LINE: usize = 130;

/// A piece of advice and the line it is about; the first is 1.
#[derive(Debug, PartialEq)]
pub struct Remark {
    pub line: usize,
    pub message: String,
}

/// Reviews a lesson and the text from which it was read.
pub fn review(text: &str, lesson: &Lesson, glossary: &Glossary) -> Vec<Remark> {
    let mut review = Review {
        glossary,
        remarks: Vec::new(),
    };
    review.whole(lesson);
    let headings = review.prose(text);
    for (step, line) in lesson.steps.iter().zip(headings) {
        let task = step.solution.is_some();
        if task && step.hints.is_empty() {
            review.remark(line, "the learner has something to find here, but there is no ### Hint");
        }
        if task && step.checks.is_empty() {
            review.remark(line, "there is a solution but no `sql check`: anything passes");
        }
    }
    review.remarks.sort_by_key(|remark| remark.line);
    review.remarks
}

struct Review<'a> {
    glossary: &'a Glossary,
    remarks: Vec<Remark>,
}

impl Review<'_> {
    fn remark(&mut self, line: usize, message: impl Into<String>) {
        self.remarks.push(Remark {
            line,
            message: message.into(),
        });
    }

    fn whole(&mut self, lesson: &Lesson) {
        let steps = lesson.steps.len();
        if !STEPS.contains(&steps) {
            let (least, most) = (STEPS.start(), STEPS.end());
            self.remark(1, format!("a lesson has {least} to {most} steps, this one has {steps}"));
        }
        for (name, value) in [("summary", &lesson.summary), ("leaves_out", &lesson.leaves_out)] {
            let length = value.chars().count();
            if length > LINE {
                self.remark(1, format!("{name} is to be one line; it has {length} characters"));
            }
        }
    }

    /// Looks at the text between code, and gives the lines of the steps' headings.
    fn prose(&mut self, text: &str) -> Vec<usize> {
        let mut headings = Vec::new();
        let (mut code, mut bold) = (false, None::<String>);
        let Some((start, body)) = body(text) else {
            return headings;
        };
        for (event, range) in Parser::new(body).into_offset_iter() {
            let line = line_of(text, start + range.start);
            match event {
                Event::Start(Tag::Heading {
                    level: HeadingLevel::H2,
                    ..
                }) => headings.push(line),
                Event::Start(Tag::CodeBlock(_)) => code = true,
                Event::End(TagEnd::CodeBlock) => code = false,
                Event::Start(Tag::Strong) => bold = Some(String::new()),
                Event::End(TagEnd::Strong) => self.term(line, &bold.take().unwrap_or_default()),
                Event::SoftBreak => bold.iter_mut().for_each(|bold| bold.push(' ')),
                Event::Text(words) if !code => {
                    bold.iter_mut().for_each(|bold| bold.push_str(&words));
                    self.words(line, &words);
                }
                _ => {}
            }
        }
        headings
    }

    fn term(&mut self, line: usize, words: &str) {
        if !self.glossary.is_empty() && self.glossary.definition(words).is_none() {
            self.remark(line, format!("**{words}** is not in the glossary; bold is for terms"));
        }
    }

    fn words(&mut self, line: usize, words: &str) {
        for word in words.split(|c: char| !c.is_alphanumeric()) {
            if EMPTY_WORDS.contains(&word.to_lowercase().as_str()) {
                self.remark(line, format!("\"{word}\" helps nobody; leave it out"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::read::parse;

    #[test]
    fn advice_names_its_line() {
        let text = "+++\ntitle = \"T\"\nsummary = \"S\"\nminutes = 3\nleaves_out = \"L\"\n+++\n\
                    Simply **that**.\n\n## One\n\nIt is `just` code.\n\n```sql run\nSELECT;\n```\n\n\
                    ```sql solution\nSELECT 1;\n```\n";
        let glossary = Glossary::parse("## this\n\nIt.\n").unwrap();
        let remarks = parse("t", text, &glossary).unwrap().remarks;
        let found: Vec<_> = remarks
            .into_iter()
            .map(|remark| (remark.line, remark.message))
            .collect();
        for (line, message) in [
            (1, "5 to 12 steps, this one has 1"),
            (7, "\"Simply\" helps nobody"),
            (7, "**that** is not in the glossary"),
            (9, "no ### Hint"),
            (9, "anything passes"),
        ] {
            assert!(
                found.iter().any(|(at, text)| *at == line && text.contains(message)),
                "{message}: {found:?}"
            );
        }
        assert_eq!(found.len(), 5, "{found:?}");
    }
}
