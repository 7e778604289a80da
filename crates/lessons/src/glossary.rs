//! Terms and what they mean, from `glossary.md`.
//!
//! Each `##` heading names a term, and behind commas the other forms in which lessons write it;
//! the paragraph under it is the definition. In a lesson, a term in bold becomes a button that
//! opens its definition; the browser does this without a script.

use std::fs;
use std::path::Path;

use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd, html};

use kumquat_protocol::lesson::Term;

use crate::error::{Error, Result, line_of};
use crate::write::escape;

/// The glossary's file, beside the lessons.
pub const FILE: &str = "glossary.md";

#[derive(Debug, Default)]
pub struct Glossary {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// The term as its heading has it.
    name: String,
    /// The term and its other forms, in lower case.
    forms: Vec<String>,
    /// The definition as HTML that may stand inside a paragraph.
    definition: String,
}

impl Glossary {
    /// Reads the glossary of a directory; it is empty if there is none.
    pub fn read(directory: &Path) -> Result<Glossary> {
        let path = directory.join(FILE);
        if !path.exists() {
            return Ok(Glossary::default());
        }
        let text = fs::read_to_string(&path).map_err(|error| Error::new(error.to_string()).in_file(&path))?;
        Glossary::parse(&text).map_err(|error| error.in_file(&path))
    }

    /// Reads a glossary from its text; what stands before the first `##` heading is for authors.
    pub fn parse(text: &str) -> Result<Glossary> {
        let mut glossary = Glossary::default();
        let (mut events, mut heading) = (Vec::new(), None);
        for (event, range) in Parser::new(text).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { .. }) => {
                    glossary.close_entry(&mut events);
                    heading = Some(String::new());
                }
                Event::End(TagEnd::Heading(_)) => {
                    let forms = heading.take().unwrap_or_default();
                    glossary.open_entry(&forms, line_of(text, range.start))?;
                }
                Event::Text(words) if heading.is_some() => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                }
                Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
                other => events.push(other),
            }
        }
        glossary.close_entry(&mut events);
        Ok(glossary)
    }

    fn open_entry(&mut self, name: &str, line: usize) -> Result<()> {
        let forms: Vec<String> = name.split(',').map(|form| form.trim().to_lowercase()).collect();
        if let Some(twice) = forms.iter().find(|form| self.definition(form).is_some()) {
            return Err(Error::at(line, format!("\"{twice}\" is explained twice")));
        }
        let name = name.split(',').next().unwrap_or_default().trim().to_string();
        self.entries.push(Entry {
            name,
            forms,
            definition: String::new(),
        });
        Ok(())
    }

    fn close_entry(&mut self, events: &mut Vec<Event>) {
        let events = events.drain(..);
        if let Some(entry) = self.entries.last_mut() {
            html::push_html(&mut entry.definition, events);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All terms, in the order of the file.
    pub fn terms(&self) -> impl Iterator<Item = Term> {
        self.entries.iter().map(|entry| Term {
            name: entry.name.clone(),
            forms: entry.forms.clone(),
            meaning: entry.definition.trim().to_string(),
        })
    }

    /// What a term means, as HTML; the words may be any of its forms.
    pub fn definition(&self, words: &str) -> Option<&str> {
        let words = words.to_lowercase();
        let entry = self.entries.iter().find(|entry| entry.forms.contains(&words))?;
        Some(entry.definition.trim())
    }

    /// Puts buttons in the place of bold terms; `count` numbers them over a whole lesson.
    pub(crate) fn link<'a>(&self, events: Vec<Event<'a>>, count: &mut usize) -> Vec<Event<'a>> {
        let mut linked = Vec::with_capacity(events.len());
        let mut rest = events.as_slice();
        while let Some((first, behind)) = rest.split_first() {
            rest = behind;
            if let (Event::Start(Tag::Strong), Some((words, after))) = (first, bold(behind))
                && let Some(definition) = self.definition(&words)
            {
                *count += 1;
                linked.push(Event::InlineHtml(button(*count, &words, definition)));
                rest = after;
            } else {
                linked.push(first.clone());
            }
        }
        linked
    }
}

/// The words up to the end of what is bold, which may run over a line's end, and what follows.
fn bold<'e, 'a>(events: &'e [Event<'a>]) -> Option<(String, &'e [Event<'a>])> {
    let mut words = String::new();
    for (index, event) in events.iter().enumerate() {
        match event {
            Event::Text(text) => words.push_str(text),
            Event::SoftBreak => words.push(' '),
            Event::End(TagEnd::Strong) => return Some((words, events.get(index + 1..)?)),
            _ => return None,
        }
    }
    None
}

fn button<'a>(number: usize, words: &str, definition: &str) -> CowStr<'a> {
    let words = escape(words);
    format!(
        "<button type=\"button\" class=\"term\" popovertarget=\"term-{number}\">{words}</button>\
         <span popover id=\"term-{number}\" class=\"definition\">{definition}</span>"
    )
    .into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_term_is_known_in_all_its_forms() {
        let glossary = Glossary::parse("For authors.\n\n## shard, Shards\n\nA piece of a `table`.\n").unwrap();
        for words in ["shard", "Shard", "shards"] {
            assert_eq!(glossary.definition(words), Some("A piece of a <code>table</code>."));
        }
        assert_eq!(glossary.definition("node"), None);
    }

    #[test]
    fn a_term_is_explained_once() {
        let error = Glossary::parse("## node\n\nA.\n\n## shard, node\n\nB.\n").unwrap_err();
        assert_eq!(error.to_string(), "line 5: \"node\" is explained twice");
    }
}
