//! Terms in a lesson become links to the glossary where they first appear.

use std::collections::BTreeSet;

use kumquat_protocol::lesson::Lesson;

use super::terms;

/// Links the terms that a lesson sets in bold, each the first time.
pub fn link_terms(lesson: &mut Lesson) {
    let mut seen = BTreeSet::new();
    lesson.intro = linked(&lesson.intro, &mut seen);
    for step in &mut lesson.steps {
        step.text = linked(&step.text, &mut seen);
    }
    lesson.outro = linked(&lesson.outro, &mut seen);
}

fn linked(html: &str, seen: &mut BTreeSet<&'static str>) -> String {
    const OPEN: &str = "<strong>";
    const CLOSE: &str = "</strong>";
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once(OPEN) {
        out.push_str(before);
        let Some((word, after)) = after.split_once(CLOSE) else {
            out.push_str(OPEN);
            rest = after;
            break;
        };
        match terms::find(word).filter(|term| seen.insert(term.name)) {
            Some(term) => {
                let name = term.name;
                out.push_str(&format!(
                    "<button type=\"button\" class=\"term\" data-term=\"{name}\">{word}</button>"
                ));
            }
            None => out.push_str(&format!("{OPEN}{word}{CLOSE}")),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_linked_where_it_first_appears() {
        let check = |html: &str, expected: &str| assert_eq!(linked(html, &mut BTreeSet::new()), expected, "{html}");
        let link = |term: &str, word: &str| {
            format!("<button type=\"button\" class=\"term\" data-term=\"{term}\">{word}</button>")
        };
        check("plain", "plain");
        check(
            "a <strong>Shard</strong>, two <strong>shards</strong>",
            &format!("a {}, two <strong>shards</strong>", link("shard", "Shard")),
        );
        check("<strong>loud</strong>", "<strong>loud</strong>");
        check("<strong>open", "<strong>open");
    }

    #[test]
    fn every_word_stands_for_one_term() {
        let words = terms::TERMS
            .iter()
            .flat_map(|term| std::iter::once(&term.name).chain(term.also));
        let mut seen = BTreeSet::new();
        for word in words {
            assert!(seen.insert(word.to_lowercase()), "{word}");
        }
    }
}
