//! Meta-commands: one match, one file a family.
//!
//! - [`arguments`]: how a command's arguments are read; [`condition`]: `\if` and kin.
//! - [`send`]: `\g`, `\gx`, `\gset`, `\gexec`, `\gdesc`, `\i`; [`crosstab`]: `\crosstabview`; [`copy`]: `\copy`.
//! - [`files`]: `\o`, `\w`.
//! - [`settings`]: `\set`, `\x`, `\t`, `\a` and kin; [`pset`]: the options themselves.
//! - [`connect`]: `\c`, `\conninfo`, `\password`.
//! - [`help`]: `\?`, `\h`.

pub mod arguments;
pub mod condition;
pub mod connect;
pub mod copy;
pub mod crosstab;
pub mod files;
pub mod help;
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
        if matches!(name, "if" | "elif" | "else" | "endif") {
            let words: Vec<String> = args.all(&self.variables).into_iter().map(|word| word.text).collect();
            let argument = (!words.is_empty()).then(|| words.join(" "));
            self.condition(name, argument.as_deref(), out);
        } else if !self.is_active() {
            args.all(&self.variables);
        } else if !self.dispatch(name, &mut args, lines, out) {
            out.line(PieceKind::Error, format!("invalid command \\{name}"));
            self.buffer_after_error();
            return None;
        }
        let extra = args.finish(&self.variables);
        if self.is_active() && !matches!(name, "if" | "elif" | "else" | "endif") {
            for argument in extra {
                out.line(
                    PieceKind::Error,
                    format!("\\{name}: extra argument \"{}\" ignored", argument.text),
                );
            }
        }
        Some(args.at)
    }

    /// False: no such command.
    fn dispatch(&mut self, name: &str, args: &mut Arguments<'_>, lines: &mut Lines<'_>, out: &mut Output) -> bool {
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
            | "errverbose" | "getenv" | "setenv" | "prompt" => self.setting_command(name, args, out),
            "c" | "connect" | "conninfo" | "password" => self.connect_command(name, args, out),
            "?" | "h" | "help" | "copyright" => self.help_command(name, args, out),
            "l" | "list" | "l+" | "list+" | "z" | "sf" | "sf+" | "sv" | "sv+" | "lo_list" => {
                self.describe_command(name, args, out)
            }
            name if name.starts_with('d') => return self.describe_command_if_known(name, args, out),
            _ => return false,
        }
        true
    }

    fn describe_command_if_known(&mut self, name: &str, args: &mut Arguments<'_>, out: &mut Output) -> bool {
        let known = crate::describe::is_command(name);
        if known {
            self.describe_command(name, args, out);
        }
        known
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
        out.write(
            if name == "warn" {
                PieceKind::Error
            } else {
                PieceKind::Info
            },
            text,
        );
    }

    /// An invalid command drops what was typed before it.
    fn buffer_after_error(&mut self) {
        if self.buffer.trim().is_empty() {
            self.buffer.clear();
            self.scanner.reset();
        }
    }
}
