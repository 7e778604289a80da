//! `\?`, `\h` and `\copyright`: what psql 15 prints, from texts beside this file (see NOTICE).
//!
//! - [`sql`]: the synopses that `\h` shows.
//! - `commands.txt`, `options.txt`, `variables.txt`: the pages of `\?`; names in braces stand for what is current.

pub mod sql;

use crate::Psql;
use crate::command::arguments::Arguments;
use crate::output::{Output, PieceKind};
use crate::print::{Expanded, Format};

const COMMANDS: &str = include_str!("commands.txt");
const OPTIONS: &str = include_str!("options.txt");
const VARIABLES: &str = include_str!("variables.txt");
const COPYRIGHT: &str = include_str!("copyright.txt");

impl Psql {
    pub(crate) fn help_command(&mut self, name: &str, args: &mut Arguments<'_>, out: &mut Output) {
        let text = match name {
            "h" | "help" => sql::help(args.whole_line().trim_end_matches([';', ' ', '\t'])),
            "copyright" => COPYRIGHT.to_string(),
            _ => {
                let topic = args.next(&self.variables).map(|word| word.text);
                match topic.as_deref() {
                    Some("options") => OPTIONS.replace("{user}", self.variables.get("USER").unwrap_or_default()),
                    Some("variables") => VARIABLES.to_string(),
                    _ => self.commands_page(),
                }
            }
        };
        out.write(PieceKind::Info, text);
    }

    fn commands_page(&self) -> String {
        let on_off = |on| if on { "on" } else { "off" };
        let expanded = match self.print.expanded {
            Expanded::Auto => "auto",
            expanded => on_off(expanded == Expanded::On),
        };
        COMMANDS
            .replace("{html}", on_off(self.print.format == Format::Html))
            .replace("{tuples}", on_off(self.print.tuples_only))
            .replace("{expanded}", expanded)
            .replace("{database}", &self.session.database)
            .replace("{timing}", on_off(self.timing))
    }
}
