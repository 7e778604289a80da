//! What psql does: scripts, meta-commands, variables, aligned tables.
//!
//! - [`Psql`] is one psql: its connection, variables and print settings. [`Psql::run_script`] does what
//!   `psql -X -a < FILE 2>&1` does; [`script`] is its main loop.
//! - [`scan`] cuts lines into statements and meta-commands; [`variables`] puts in `:name`.
//! - `transaction`: AUTOCOMMIT and ON_ERROR_ROLLBACK.
//! - [`query`] sends a statement and prints what comes back; [`message`] prints errors.
//! - [`command`] has the meta-commands, [`describe`] those of the `\d` family.
//! - [`help`]: `\?` and `\h`.
//! - [`print`] makes tables; [`output`] is what was written.

pub mod command;
pub mod describe;
pub mod help;
pub mod message;
pub mod output;
pub mod print;
pub mod query;
pub mod scan;
pub mod script;
mod transaction;
pub mod variables;

use kumquat_postgres::catalog::Name;
use kumquat_postgres::extension::Extension;
use kumquat_postgres::server::Network;
use kumquat_postgres::session::Session;

pub use output::{Output, Piece, PieceKind};
pub use print::PrintOptions;

/// The version of psql and of the server.
const VERSION_NUMBER: &str = "150020";
const VERSION_NAME: &str = "15.20 (Debian 15.20-0+deb12u1)";

/// One psql, connected. A copy is a snapshot of everything, the network included.
#[derive(Clone)]
pub struct Psql {
    pub network: Network,
    pub session: Session,
    pub extension: &'static dyn Extension,
    pub variables: variables::Variables,
    pub print: PrintOptions,
    /// Files that \i, \copy and COPY may read, by name.
    pub files: imbl::OrdMap<Name, Name>,
    /// Where else files may come from: the disk, for a terminal.
    pub load_file: Option<fn(&str) -> Option<String>>,
    scanner: scan::Scanner,
    /// The statement being typed.
    buffer: String,
    /// The last statement sent, for \g and \errverbose.
    previous: String,
    last_error: Option<(kumquat_types::Error, String)>,
    conditions: Vec<command::condition::Branch>,
    timing: bool,
    /// The file that `\o` sends results to.
    redirect: Option<String>,
    /// What `\setenv` has set.
    environment: std::collections::BTreeMap<String, String>,
    /// The key of `\restrict`, while it holds.
    restricted: Option<String>,
    quit: bool,
    /// Depth of \i.
    depth: u32,
}

impl Psql {
    pub fn new(network: Network, session: Session, extension: &'static dyn Extension) -> Psql {
        let mut psql = Psql {
            network,
            session,
            extension,
            variables: variables::Variables::default(),
            print: PrintOptions::default(),
            files: imbl::OrdMap::new(),
            load_file: None,
            scanner: scan::Scanner::default(),
            buffer: String::new(),
            previous: String::new(),
            last_error: None,
            conditions: Vec::new(),
            timing: false,
            redirect: None,
            environment: std::collections::BTreeMap::new(),
            restricted: None,
            quit: false,
            depth: 0,
        };
        psql.follow_connection();
        psql
    }

    /// The last error and the statement that raised it.
    pub fn last_error(&self) -> Option<(&kumquat_types::Error, &str)> {
        self.last_error.as_ref().map(|(error, text)| (error, text.as_str()))
    }

    /// The statement begun and not ended yet.
    pub fn pending(&self) -> &str {
        &self.buffer
    }

    /// Forgets the statement begun.
    pub fn discard_pending(&mut self) {
        self.buffer.clear();
        self.scanner.reset();
    }

    /// What psql shows before the next line: `lab=#`, `lab-#` inside a statement, `lab=*#` inside a transaction.
    pub fn prompt(&self) -> String {
        use kumquat_postgres::session::Transaction;
        let inside = if self.buffer.is_empty() {
            "="
        } else {
            self.scanner.prompt_mark()
        };
        let transaction = match self.session.transaction {
            Transaction::Idle => "",
            Transaction::Open(_) => "*",
            Transaction::Failed(_) => "!",
        };
        let server = self.network.servers.get(self.session.server.0);
        let superuser = server
            .and_then(|server| server.roles.get(&self.session.session_user))
            .is_some_and(|r| r.superuser);
        format!(
            "{}{inside}{transaction}{} ",
            self.session.database,
            if superuser { "#" } else { ">" }
        )
    }

    /// The text of a file given to the session or on disk.
    pub(crate) fn file(&self, name: &str) -> Option<String> {
        let given = self.files.get(name).map(ToString::to_string);
        given.or_else(|| self.load_file.and_then(|load| load(name)))
    }

    /// `\q` was given.
    pub fn has_quit(&self) -> bool {
        self.quit
    }

    /// Goes on after `\q` or an error that stopped a script, as where the text of a page is run next.
    pub fn resume(&mut self) {
        self.quit = false;
    }

    /// Sets the variables that tell of the connection.
    pub(crate) fn follow_connection(&mut self) {
        let Some(server) = self.network.servers.get(self.session.server.0) else {
            return;
        };
        let user = server
            .roles
            .get(&self.session.authenticated_user)
            .map(|role| role.name.to_string());
        let values = [
            ("DBNAME", self.session.database.to_string()),
            ("HOST", server.host.to_string()),
            ("PORT", server.port.to_string()),
            ("USER", user.unwrap_or_default()),
            ("SERVER_VERSION_NUM", VERSION_NUMBER.into()),
            ("SERVER_VERSION_NAME", VERSION_NAME.into()),
            ("VERSION_NUM", VERSION_NUMBER.into()),
            ("VERSION_NAME", VERSION_NAME.into()),
            ("VERSION", kumquat_types::functions::misc::VERSION.into()),
        ];
        for (name, value) in values {
            self.variables.set(name, value);
        }
    }
}
