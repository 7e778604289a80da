//! `\?`, `\h` and `\copyright`, in short.

use super::arguments::Arguments;
use crate::Psql;
use crate::output::{Output, PieceKind};

const COMMANDS: &str = "\
Kumquat's psql knows these meta-commands:
  \\d[S+] [NAME]   describe a table, view, sequence or index, or list them
  \\dt \\di \\ds \\dv \\dm    list tables, indexes, sequences, views, materialized views
  \\dn \\du \\dT \\dD \\df \\dx  list schemas, roles, types, domains, functions, extensions
  \\dp \\z \\l        privileges, databases
  \\sf \\sv NAME     show the source of a function or view
  \\x \\t \\a \\C \\f \\pset   how results are printed
  \\set \\unset \\echo \\if \\elif \\else \\endif   variables and conditions
  \\g \\gx \\gset \\gexec \\gdesc   send the statement and use its result
  \\copy \\i         read and write files given to the session
  \\c [DB [USER [HOST [PORT]]]] \\conninfo   connect to another node
  \\timing \\errverbose \\r \\p \\q
";

impl Psql {
    pub(super) fn help_command(&mut self, name: &str, args: &mut Arguments<'_>, out: &mut Output) {
        match name {
            "h" | "help" => {
                let topic = args.whole_line().trim_end_matches(';');
                let text = if topic.is_empty() {
                    "See the PostgreSQL and Citus documentation for the syntax of statements.\n".to_string()
                } else {
                    format!("No help is kept here for \"{topic}\"; see its page in the PostgreSQL documentation.\n")
                };
                out.write(PieceKind::Info, text);
            }
            "copyright" => out.line(
                PieceKind::Info,
                "Kumquat is licensed under the Apache License, Version 2.0.",
            ),
            _ => {
                args.all(&self.variables);
                out.write(PieceKind::Info, COMMANDS);
            }
        }
    }
}
