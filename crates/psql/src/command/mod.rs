//! Meta-commands: one match, one file a family.
//!
//! - [`arguments`]: how a command's arguments are read; [`condition`]: `\if` and kin.
//! - [`send`]: `\g`, `\gx`, `\gset`, `\gexec`, `\gdesc`, `\i`; [`crosstab`]: `\crosstabview`; [`copy`]: `\copy`.
//! - [`files`]: `\o`, `\w`.
//! - [`settings`]: `\set`, `\x`, `\t`, `\a` and kin; [`pset`]: the options themselves.
//! - [`connect`]: `\c`, `\conninfo`, `\password`.
//!
//! `\?` and `\h` are in [`crate::help`].

pub mod arguments;
pub mod condition;
pub mod connect;
pub mod copy;
pub mod crosstab;
pub mod files;
pub mod pset;
pub mod send;
pub mod settings;

use arguments::Arguments;

use crate::Psql;
use crate::output::{Output, PieceKind};
use crate::script::Lines;

impl Psql {
    /// Carries out the command at the backslash at byte `start` of `line`; gives where the line goes on, or
    /// `None` when the rest of the line is to be dropped.
    pub(crate) fn run_command(
        &mut self,
        line: &str,
        start: usize,
        lines: &mut Lines<'_>,
        out: &mut Output,
    ) -> Option<usize> {
        let after = line.get(start + 1..).unwrap_or("");
        let length = after
            .find(|c: char| c.is_whitespace() || c == '\\')
            .unwrap_or(after.len());
        let name = &after[..length];
        if name.is_empty() && after.starts_with('\\') {
            return Some(start + 2);
        }
        let mut args = Arguments::new(line, start + 1 + length);
        if self.restricted.is_some() && name != "unrestrict" {
            args.all(&self.variables);
            let text = "backslash commands are restricted; only \\unrestrict is allowed";
            out.line(PieceKind::Error, text);
        } else if matches!(name, "if" | "elif" | "else" | "endif") {
            let words: Vec<String> = args.all(&self.variables).into_iter().map(|word| word.text).collect();
            let argument = (!words.is_empty()).then(|| words.join(" "));
            self.condition(name, argument.as_deref(), out);
        } else if !is_known(name) {
            out.line(PieceKind::Error, format!("invalid command \\{name}"));
            self.buffer_after_error();
            return None;
        } else if !self.is_active() {
            args.all(&self.variables);
        } else if args.has_unknown_program() {
            args.whole_line();
            let text = format!("\\{name}: programs in backquotes are not supported by Kumquat");
            out.line(PieceKind::Error, text);
        } else {
            self.dispatch(name, &mut args, lines, out);
        }
        self.complain_of_extra(name, &mut args, out);
        Some(args.at)
    }

    /// Says which arguments were too many.
    pub(super) fn complain_of_extra(&self, name: &str, args: &mut Arguments<'_>, out: &mut Output) {
        let extra = args.finish(&self.variables);
        if !self.is_active() || matches!(name, "if" | "elif" | "else" | "endif") {
            return;
        }
        for argument in extra {
            let text = format!("\\{name}: extra argument \"{}\" ignored", argument.text);
            out.line(PieceKind::Error, text);
        }
    }

    fn dispatch(&mut self, name: &str, args: &mut Arguments<'_>, lines: &mut Lines<'_>, out: &mut Output) {
        match name {
            "q" | "quit" => self.quit = true,
            "g" | "gx" | "gset" | "gexec" | "gdesc" | "crosstabview" | "watch" => {
                self.send_command(name, args, lines, out);
            }
            "o" | "out" => self.set_output(args, out),
            "w" | "write" => self.write_buffer(name, args, out),
            "p" | "print" => self.print_buffer(out),
            "r" | "reset" => {
                self.buffer.clear();
                self.scanner.reset();
                out.line(PieceKind::Info, "Query buffer reset (cleared).");
            }
            "!" | "e" | "edit" | "ef" | "ev" | "s" | "cd" | "lo_import" | "lo_export" | "lo_unlink" => {
                args.whole_line();
                out.line(PieceKind::Error, format!("\\{name}: not supported by Kumquat"));
            }
            "i" | "include" | "ir" | "include_relative" => self.include(name, args, out),
            "copy" => {
                let rest = args.whole_line().to_string();
                self.copy_command(&rest, lines, out);
            }
            "echo" | "qecho" | "warn" => self.echo(name, args, out),
            "set" | "unset" | "pset" | "x" | "t" | "a" | "C" | "f" | "H" | "T" | "timing" | "encoding"
            | "errverbose" | "getenv" | "setenv" => self.setting_command(name, args, out),
            "prompt" => self.prompt_command(args, lines, out),
            "restrict" | "unrestrict" => self.restrict_command(name, args, out),
            "c" | "connect" | "conninfo" | "password" => self.connect_command(name, args, out),
            "?" | "h" | "help" | "copyright" => self.help_command(name, args, out),
            _ => self.describe_command(name, args, out),
        }
    }

    fn print_buffer(&mut self, out: &mut Output) {
        if !self.buffer.trim().is_empty() {
            out.line(PieceKind::Info, self.buffer.trim_end());
        } else if !self.previous.is_empty() {
            out.line(PieceKind::Info, self.previous.as_str());
        } else {
            out.line(PieceKind::Info, "Query buffer is empty.");
        }
    }

    fn echo(&mut self, name: &str, args: &mut Arguments<'_>, out: &mut Output) {
        let mut words = args.all(&self.variables);
        let newline = words.first().is_none_or(|word| word.text != "-n" || word.quoted);
        if !newline {
            words.remove(0);
        }
        let mut text = words.into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
        if newline {
            text.push('\n');
        }
        match name {
            "warn" => out.write(PieceKind::Error, text),
            "qecho" => self.write_result(text, out),
            _ => out.write(PieceKind::Info, text),
        }
    }

    /// An invalid command drops what was typed before it.
    fn buffer_after_error(&mut self) {
        if self.buffer.trim().is_empty() {
            self.buffer.clear();
            self.scanner.reset();
        }
    }
}

/// Commands beside those of the `\d` family.
const NAMES: &str = "! ? C H T a c cd conninfo connect copy copyright crosstabview e echo edit ef elif else encoding \
    endif errverbose ev f g gdesc getenv gexec gset gx h help i if include include_relative ir lo_export lo_import \
    lo_unlink o out p password print prompt pset q qecho quit r reset restrict s set setenv t timing unrestrict unset \
    w warn watch write x";

/// Whether psql has such a command.
fn is_known(name: &str) -> bool {
    NAMES.split_whitespace().any(|known| known == name) || crate::describe::is_command(name)
}
