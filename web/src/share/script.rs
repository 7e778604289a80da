//! What ran on a cluster, as one text.

use kumquat_protocol::message::Typed;

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

/// The same for any client: lines that only psql understands become comments.
pub fn plain_sql(log: &[Typed]) -> String {
    let line = |line: &str| {
        let mark = if line.starts_with('\\') { "-- psql: " } else { "" };
        format!("{mark}{line}\n")
    };
    text(log).lines().map(line).collect()
}

/// The same for psql, with what has to be known to run it.
pub fn for_psql(log: &[Typed]) -> String {
    let files: String = files(log)
        .iter()
        .map(|name| format!("-- It reads the file {name}.\n"))
        .collect();
    format!("{HEAD}{files}\n{}", text(log))
}

/// Names of the files that were given to psql, each once.
pub fn files(log: &[Typed]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for file in log.iter().flat_map(|typed| &typed.files) {
        if !names.contains(&file.name) {
            names.push(file.name.clone());
        }
    }
    names
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
    fn other_clients_get_meta_commands_as_comments() {
        assert_eq!(plain_sql(&log()), "SELECT 1;\n-- psql: \\dt\n");
    }
}
