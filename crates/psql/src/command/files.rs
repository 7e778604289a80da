//! Commands that write files: `\o`, `\w` and `\g FILE`. Files belong to the session, none reaches the disk.

use super::arguments::Arguments;
use crate::Psql;
use crate::output::{Output, PieceKind};

impl Psql {
    /// `\o [FILE]`: where results go from here on.
    pub(super) fn set_output(&mut self, args: &mut Arguments<'_>, out: &mut Output) {
        let file = args.whole_line().to_string();
        self.redirect = None;
        if !file.is_empty() {
            self.redirect = self.open_file("o", &file, out);
        }
    }

    /// `\w FILE`: the statement that is being typed, or the last one.
    pub(super) fn write_buffer(&mut self, name: &str, args: &mut Arguments<'_>, out: &mut Output) {
        let file = args.whole_line().to_string();
        if file.is_empty() {
            return out.line(PieceKind::Error, format!("\\{name}: missing required argument"));
        }
        let Some(file) = self.open_file(name, &file, out) else {
            return;
        };
        let text = if self.buffer.trim().is_empty() {
            self.previous.clone()
        } else {
            self.buffer.clone()
        };
        self.append(&file, &format!("{}\n", text.trim_end()));
    }

    /// Makes a file empty; none for a program, which does not exist here.
    pub(super) fn open_file(&mut self, command: &str, file: &str, out: &mut Output) -> Option<String> {
        if file.starts_with('|') {
            out.line(
                PieceKind::Error,
                format!("\\{command}: programs are not supported by Kumquat"),
            );
            return None;
        }
        let file = file.trim_matches('\'').to_string();
        self.files.insert(file.as_str().into(), "".into());
        Some(file)
    }

    fn append(&mut self, file: &str, text: &str) {
        let before = self.files.get(file).map(ToString::to_string).unwrap_or_default();
        self.files
            .insert(file.into(), format!("{before}{text}").as_str().into());
    }

    /// Writes what a statement gave, to the output file if there is one.
    pub(crate) fn write_result(&mut self, text: String, out: &mut Output) {
        match self.redirect.clone() {
            Some(file) => self.append(&file, &text),
            None => out.write(PieceKind::Result, text),
        }
    }
}
