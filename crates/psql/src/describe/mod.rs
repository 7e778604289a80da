//! The `\d` family, after psql's `describe.c`, but straight from the catalog: one file a kind of answer.
//!
//! - [`pattern`]: `public.a*`; [`relations`]: lists of relations; [`table`]: `\d NAME`; [`footer`]: what stands
//!   under it; [`index`] and [`sequence`]: `\d` of those.
//! - [`lists`]: what a query over the catalogs gives, such as `\df`; [`lists_of_builtins`]: those of operator families,
//!   conversions, text search, of which [`text_search`] has the details; [`objects`]: schemas, roles, extensions,
//!   privileges, settings; [`partitioned`]: `\dP`; [`source`]: `\sf`, `\sv`.

pub mod footer;
pub mod index;
pub mod lists;
pub mod lists_of_builtins;
pub mod objects;
pub mod partitioned;
pub mod pattern;
pub mod relations;
pub mod sequence;
pub mod source;
pub mod table;
pub mod text_search;

use kumquat_postgres::Backend;
use kumquat_postgres::catalog::{Catalog, Relation};
use kumquat_types::{Datum, Oid};

use crate::Psql;
use crate::command::arguments::Arguments;
use crate::output::{Output, PieceKind};
use crate::print::{Expanded, PrintOptions, Table};
use pattern::Pattern;

/// Whether psql has such a command.
pub fn is_command(name: &str) -> bool {
    let (plain, _) = split_name(name);
    kind_of(plain).is_some()
}

/// The command without `S` and `+`, and whether `+` was there.
fn split_name(name: &str) -> (&str, bool) {
    let verbose = name.contains('+');
    (name.trim_end_matches(['+', 'S']), verbose)
}

/// What a command shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Describe,
    Relations,
    Partitioned,
    Schemas,
    Roles,
    Extensions,
    Privileges,
    Configuration,
    RoleSettings,
    Source,
    /// What a query gives.
    List,
}

fn kind_of(plain: &str) -> Option<Kind> {
    Some(match plain {
        "d" => Kind::Describe,
        "dn" => Kind::Schemas,
        "du" | "dg" => Kind::Roles,
        "dx" => Kind::Extensions,
        "dp" | "z" => Kind::Privileges,
        "dconfig" => Kind::Configuration,
        "drds" => Kind::RoleSettings,
        "sf" | "sv" => Kind::Source,
        _ if lists::is_list(plain) => Kind::List,
        _ if plain.starts_with("dP") && plain[2..].chars().all(|c| "tin".contains(c)) => Kind::Partitioned,
        _ if plain.len() > 1 && plain[1..].chars().all(|c| "tvmisE".contains(c)) => Kind::Relations,
        _ => return None,
    })
}

impl Psql {
    pub(crate) fn describe_command(&mut self, name: &str, args: &mut Arguments<'_>, out: &mut Output) {
        let (plain, verbose) = split_name(name);
        let system = name.contains('S');
        let kind = kind_of(plain);
        let words: Vec<String> = match kind {
            Some(Kind::Source) => vec![args.whole_line().to_string()],
            Some(Kind::List | Kind::RoleSettings) => {
                args.all(&self.variables).into_iter().map(|word| word.text).collect()
            }
            _ => args.next(&self.variables).map(|word| word.text).into_iter().collect(),
        };
        let words: Vec<String> = words
            .into_iter()
            .map(|word| word.trim_end_matches(';').to_string())
            .filter(|word| !word.is_empty())
            .collect();
        let text = words.first().map_or("", String::as_str);
        let parse = match plain {
            "do" => Pattern::parse_operator,
            _ => Pattern::parse,
        };
        let pattern = match words.first().map(|word| parse(word)).transpose() {
            Ok(pattern) => pattern,
            Err(error) => return out.line(PieceKind::Error, format!("ERROR:  {}", error.message)),
        };
        if let Some(complaint) = pattern
            .as_ref()
            .and_then(|pattern| pattern.complaint(&self.session.database))
        {
            return out.line(PieceKind::Error, format!("{complaint}: {text}"));
        }
        let pattern = pattern.as_ref();
        let Some(kind) = kind else { return };
        match kind {
            Kind::Describe if pattern.is_some() => self.describe_relations(pattern, text, verbose, system, out),
            Kind::Describe => self.list_relations("tvmsE", None, "", verbose, system, out),
            Kind::Relations => self.list_relations(&plain[1..], pattern, text, verbose, system, out),
            Kind::Partitioned => self.list_partitioned(pattern, &plain[2..], &words, verbose, out),
            Kind::Schemas => self.list_schemas(pattern, verbose, system, out),
            Kind::Roles => self.list_roles(pattern, verbose, system, out),
            Kind::Extensions if verbose => self.list_extension_objects(pattern, text, out),
            Kind::Extensions => self.list_extensions(pattern, out),
            Kind::Privileges => self.list_privileges(pattern, out),
            Kind::Configuration => self.list_settings(pattern, &words, verbose, out),
            Kind::RoleSettings => self.list_role_settings(pattern, &words, out),
            Kind::Source => self.show_source(plain, text, verbose, out),
            Kind::List if plain == "dF" && verbose => self.describe_configurations(pattern, text, out),
            Kind::List if plain == "dFp" && verbose => self.describe_parsers(pattern, text, out),
            Kind::List if plain == "dRp" && verbose => self.describe_publications(text, out),
            Kind::List => self.show_list(plain, pattern, &words, verbose, system, out),
        }
    }

    pub(crate) fn backend(&mut self) -> Backend<'_> {
        Backend {
            network: &mut self.network,
            session: &mut self.session,
            extension: self.extension,
        }
    }

    pub(crate) fn catalog(&self) -> Option<&Catalog> {
        let server = self.network.servers.get(self.session.server.0)?;
        Some(&server.databases.get(&self.session.database)?.catalog)
    }

    pub(crate) fn format_type(&mut self, type_oid: Oid, modifier: i32) -> String {
        self.backend().format_type_with_modifier(type_oid, modifier)
    }

    /// The value of a function of the catalog such as `pg_get_indexdef(16390)`, empty if it fails.
    pub(crate) fn ask_text(&mut self, call: &str) -> String {
        let Ok(rows) = self.ask_rows(&format!("SELECT pg_catalog.{call}")) else {
            return String::new();
        };
        match rows
            .chunks
            .iter()
            .find(|chunk| chunk.rows > 0)
            .map(|chunk| chunk.get(0, 0))
        {
            Some(Datum::Text(text)) => text.to_string(),
            _ => String::new(),
        }
    }

    fn relation_is_visible(&mut self, relation: &Relation) -> bool {
        self.backend().relation_is_visible(relation)
    }

    fn role_name(&mut self, role: Oid) -> String {
        self.backend()
            .name_of_role(role)
            .map_or_else(|| format!("unknown (OID={role})"), |name| name.to_string())
    }

    /// Comment on an object, empty if none.
    fn comment(&self, class: kumquat_postgres::catalog::ObjectClass, oid: Oid, sub: i32) -> String {
        let address = kumquat_postgres::catalog::ObjectAddress::new(class, oid);
        self.catalog()
            .and_then(|catalog| catalog.descriptions.get(&(address, sub)))
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    /// Prints a list of the family.
    fn print_description(&mut self, table: &Table, out: &mut Output) {
        let options = PrintOptions {
            title: None,
            ..self.print.clone()
        };
        self.write_result(table.print(&options), out);
    }

    /// Prints what `\d NAME` shows; expanded output would only confuse there.
    fn print_relation(&mut self, table: &Table, out: &mut Output) {
        let options = PrintOptions {
            title: None,
            expanded: Expanded::Off,
            ..self.print.clone()
        };
        self.write_result(table.print(&options), out);
    }
}

/// A table of plain text cells.
fn text_table(title: &str, headers: &[&str], rows: Vec<Vec<String>>) -> Table {
    Table {
        title: Some(title.to_string()),
        headers: headers.iter().map(|header| (*header).to_string()).collect(),
        right_aligned: Vec::new(),
        rows: rows
            .into_iter()
            .map(|row| row.into_iter().map(Some).collect())
            .collect(),
        footers: None,
        translated: true,
    }
}
