//! `\c` and `\conninfo`.

use kumquat_postgres::connect::{ConnectionTarget, connect};

use super::arguments::Arguments;
use crate::Psql;
use crate::output::{Output, PieceKind};

impl Psql {
    pub(super) fn connect_command(&mut self, name: &str, args: &mut Arguments<'_>, out: &mut Output) {
        match name {
            "conninfo" => {
                let target = self.current_target();
                out.line(
                    PieceKind::Info,
                    format!("You are connected to database {}.", describe(&target)),
                );
            }
            "password" => {
                args.all(&self.variables);
                out.line(PieceKind::Error, "\\password: not supported by Kumquat");
            }
            _ => self.reconnect(args, out),
        }
    }

    fn current_target(&self) -> ConnectionTarget {
        let server = self.network.servers.get(self.session.server.0);
        let user = server.and_then(|server| server.roles.get(&self.session.authenticated_user));
        ConnectionTarget {
            database: self.session.database.to_string(),
            user: user.map(|role| role.name.to_string()).unwrap_or_default(),
            host: server.map(|server| server.host.to_string()).unwrap_or_default(),
            port: server.map(|server| server.port.to_string()).unwrap_or_default(),
        }
    }

    /// `\c [database [user [host [port]]]]`, where `-` keeps what there is.
    fn reconnect(&mut self, args: &mut Arguments<'_>, out: &mut Output) {
        let mut words = args.all(&self.variables);
        for word in &mut words {
            word.text = word.text.replace('"', "");
        }
        let old = self.current_target();
        let pick = |index: usize, old: &str| match words.get(index) {
            Some(word) if word.text != "-" => word.text.clone(),
            _ => old.to_string(),
        };
        let target = ConnectionTarget {
            database: pick(0, &old.database),
            user: pick(1, &old.user),
            host: pick(2, &old.host),
            port: pick(3, &old.port),
        };
        match connect(&self.network, &target, &self.session, self.extension) {
            Ok(session) => {
                let moved = target.host != old.host || target.port != old.port;
                self.session = session;
                self.follow_connection();
                let place = if moved {
                    describe(&target)
                } else {
                    format!("\"{}\" as user \"{}\"", target.database, target.user)
                };
                if !self.variables.is_on("QUIET") {
                    out.line(PieceKind::Info, format!("You are now connected to database {place}."));
                }
            }
            Err(message) => {
                out.line(PieceKind::Error, format!("\\connect: {message}"));
                // A psql that reads from a script has no use without its connection.
                self.quit = self.variables.get("ECHO") == Some("all");
                if !self.quit {
                    out.line(PieceKind::Info, "Previous connection kept");
                }
            }
        }
    }
}

fn describe(target: &ConnectionTarget) -> String {
    format!(
        "\"{}\" as user \"{}\" on host \"{}\" (address \"127.0.0.1\") at port \"{}\"",
        target.database, target.user, target.host, target.port
    )
}
