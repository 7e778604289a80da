//! What ran on a cluster, as one text.

use kumquat_protocol::message::{File, Typed};

const HEAD: &str = "\
-- A session of Kumquat, for psql 15 on the coordinator of a Citus 13.2 cluster:
--   psql -X -a -f kumquat.psql
-- Statements that failed there fail here, too; psql goes on after them.
";

/// The texts one after the other, as they were typed.
pub fn text(log: &[Typed]) -> String {
    log.iter()
        .map(|typed| typed.text.trim_end())
        .filter(|text| !text.is_empty())
        .map(|text| format!("{text}\n"))
        .collect()
}

/// The same for any client: lines that only psql understands become comments, and the files that
/// they read are named.
pub fn plain_sql(log: &[Typed]) -> String {
    let line = |line: &str| {
        let mark = if line.starts_with('\\') { "-- psql: " } else { "" };
        format!("{mark}{line}\n")
    };
    let script: String = text(log).lines().map(line).collect();
    format!("{}{script}", reads(log))
}

/// The same for psql, with what has to be known to run it.
pub fn for_psql(log: &[Typed]) -> String {
    format!("{HEAD}{}\n{}", reads(log), text(log))
}

/// A line for each file that psql read.
fn reads(log: &[Typed]) -> String {
    let line = |file: &File| format!("-- It reads the file {}.\n", file.name.replace('\n', " "));
    files(log).iter().map(line).collect()
}

/// The files that were given to psql, each once, as it was given last.
pub fn files(log: &[Typed]) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for file in log.iter().flat_map(|typed| &typed.files) {
        match files.iter_mut().find(|known| known.name == file.name) {
            Some(known) => known.clone_from(file),
            None => files.push(file.clone()),
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Vec<Typed> {
        let typed = |text: &str| Typed {
            text: text.into(),
            ..Typed::default()
        };
        vec![typed("SELECT 1;\n\n"), typed("\\dt"), typed("")]
    }

    #[test]
    fn a_session_is_its_texts() {
        assert_eq!(text(&log()), "SELECT 1;\n\\dt\n");
        assert!(for_psql(&log()).ends_with("\n\nSELECT 1;\n\\dt\n"));
    }

    #[test]
    fn files_that_were_read_are_named_each_once_as_given_last() {
        let file = |name: &str, text: &str| File {
            name: name.into(),
            text: text.into(),
        };
        let typed = |files: Vec<File>| Typed {
            text: "\\i a.sql".into(),
            files,
            ..Typed::default()
        };
        let log = [typed(vec![file("a", "1"), file("b", "2")]), typed(vec![file("a", "3")])];
        assert_eq!(files(&log), [file("a", "3"), file("b", "2")]);
        let named = "-- It reads the file a.\n-- It reads the file b.\n";
        assert!(plain_sql(&log).starts_with(named));
        assert!(for_psql(&log).contains(named));
    }

    #[test]
    fn other_clients_get_meta_commands_as_comments() {
        assert_eq!(plain_sql(&log()), "SELECT 1;\n-- psql: \\dt\n");
    }
}
