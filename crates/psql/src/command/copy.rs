//! `\copy`: COPY whose files are those of the session.

use kumquat_postgres::result::Message;

use crate::Psql;
use crate::output::{Output, PieceKind};
use crate::query::Answer;
use crate::script::Lines;

impl Psql {
    /// `\copy`: the same as COPY, but files are those of the client.
    pub(super) fn copy_command(&mut self, rest: &str, lines: &mut Lines<'_>, out: &mut Output) {
        let rest = rest.trim_end_matches(';');
        let Some(parts) = CopyParts::parse(rest) else {
            let text = if rest.is_empty() {
                "arguments required"
            } else {
                "parse error at end of line"
            };
            return out.line(PieceKind::Error, format!("\\copy: {text}"));
        };
        let standard = matches!(
            parts.file.to_ascii_lowercase().as_str(),
            "stdin" | "stdout" | "pstdin" | "pstdout"
        );
        let direction = if parts.from { "FROM STDIN" } else { "TO STDOUT" };
        let statement = format!("COPY {} {direction}{}", parts.source, parts.options);
        if standard {
            self.send_query(&statement, lines, out);
            return;
        }
        let file = parts.file.trim_matches('\'').replace("''", "'");
        if parts.from {
            let Some(data) = self.file(&file) else {
                return out.line(PieceKind::Error, format!("{file}: No such file or directory"));
            };
            let answer = self.ask(&statement, lines, Some(data));
            self.print_answer(&statement, answer, out);
            return;
        }
        let mut written = String::new();
        let mut rest = Answer::default();
        for message in self.ask(&statement, lines, None).messages {
            match message {
                Message::CopyOut(data) => data.iter().for_each(|line| {
                    written.push_str(line);
                    written.push('\n');
                }),
                message => rest.messages.push(message),
            }
        }
        self.files.insert(file.as_str().into(), written.as_str().into());
        self.print_answer(&statement, rest, out);
    }
}

/// The pieces of `\copy SOURCE {from|to} FILE [options]`.
struct CopyParts<'t> {
    source: &'t str,
    from: bool,
    file: &'t str,
    options: String,
}

impl<'t> CopyParts<'t> {
    fn parse(rest: &'t str) -> Option<CopyParts<'t>> {
        let (mut depth, mut quote) = (0_u32, None);
        let bytes = rest.as_bytes();
        for (at, c) in rest.char_indices() {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, '(') => depth += 1,
                (None, ')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            let boundary = at > 0 && bytes.get(at - 1).is_some_and(|b| b.is_ascii_whitespace() || *b == b')');
            if depth > 0 || quote.is_some() || !boundary {
                continue;
            }
            let after = &rest[at..];
            for (word, from) in [("from", true), ("to", false)] {
                let matches_word = after
                    .get(..word.len())
                    .is_some_and(|text| text.eq_ignore_ascii_case(word));
                if matches_word && after[word.len()..].starts_with(char::is_whitespace) {
                    let target = after[word.len()..].trim_start();
                    let end = file_end(target);
                    let options = target[end..].trim();
                    let options = if options.is_empty() {
                        String::new()
                    } else {
                        format!(" {options}")
                    };
                    return Some(CopyParts {
                        source: rest[..at].trim(),
                        from,
                        file: &target[..end],
                        options,
                    });
                }
            }
        }
        None
    }
}

fn file_end(target: &str) -> usize {
    if let Some(quoted) = target.strip_prefix('\'') {
        return quoted.find('\'').map_or(target.len(), |end| end + 2);
    }
    target.find(char::is_whitespace).unwrap_or(target.len())
}
