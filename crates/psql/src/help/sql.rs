//! The syntax of SQL statements, after psql's `helpSQL`.
//!
//! `sql.txt` has for each command a line `= NAME`, description and, where it is not made from the name, the page of
//! the documentation, separated by tabs; then the synopsis.

const TEXT: &str = include_str!("sql.txt");
/// Columns that the list of commands may take.
const SCREEN: usize = 80;

struct Command {
    name: &'static str,
    description: &'static str,
    synopsis: &'static str,
    page: Option<&'static str>,
}

fn commands() -> impl Iterator<Item = Command> {
    TEXT.split("\n= ").filter_map(|entry| {
        let (first, synopsis) = entry.split_once('\n')?;
        let mut fields = first.trim_start_matches("= ").split('\t');
        Some(Command {
            name: fields.next()?,
            description: fields.next()?,
            page: fields.next(),
            synopsis: synopsis.trim_end_matches('\n'),
        })
    })
}

/// What `\h TOPIC` prints; the list of commands without one.
pub fn help(topic: &str) -> String {
    if topic.is_empty() {
        return list();
    }
    // The whole topic first, then its first two words, then the first.
    let starts = [Some(topic), words(topic, 2), words(topic, 1)];
    for start in starts.into_iter().flatten() {
        let shown: String = chosen(topic, start).iter().map(entry).collect();
        if !shown.is_empty() {
            return shown;
        }
    }
    format!("No help available for \"{topic}\".\nTry \\h with no arguments to see available help.\n")
}

/// The first `count` words of a topic that has more.
fn words(topic: &str, count: usize) -> Option<&str> {
    topic.match_indices(' ').nth(count - 1).map(|(at, _)| &topic[..at])
}

/// The commands that begin with `start`, up to one whose whole name is the topic.
fn chosen(topic: &str, start: &str) -> Vec<Command> {
    let begins = |name: &str| {
        name.get(..start.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(start))
    };
    let mut found = Vec::new();
    for command in commands().filter(|command| topic == "*" || begins(command.name)) {
        let exact = command.name.eq_ignore_ascii_case(topic);
        found.push(command);
        if exact {
            break;
        }
    }
    found
}

fn entry(command: &Command) -> String {
    let page = match command.page {
        Some(page) => page.to_string(),
        None => format!("sql-{}", command.name.to_ascii_lowercase().replace(' ', "")),
    };
    format!(
        "Command:     {}\nDescription: {}\nSyntax:\n{}\n\nURL: https://www.postgresql.org/docs/15/{page}.html\n\n",
        command.name, command.description, command.synopsis
    )
}

/// All names, in as many columns as fit.
fn list() -> String {
    let names: Vec<&str> = commands().map(|command| command.name).collect();
    let widest = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let columns = (SCREEN.saturating_sub(3) / (widest + 1)).max(1);
    let lines = names.len().div_ceil(columns);
    let mut text = String::from("Available help:\n");
    for line in 0..lines {
        text.push_str("  ");
        for column in 0..columns {
            let name = names.get(line + column * lines).copied().unwrap_or("");
            if column + 1 < columns {
                text.push_str(&format!("{name:<width$}", width = widest + 1));
            } else {
                text.push_str(name);
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn check(topic: &str, expect: &[&str]) {
        let text = help(topic);
        let names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("Command:     "))
            .collect();
        assert_eq!(names, expect, "{topic}");
    }

    #[test]
    fn a_topic_chooses_by_its_whole_then_by_its_first_words() {
        check("select", &["SELECT"]);
        check("create tab", &["CREATE TABLE", "CREATE TABLE AS", "CREATE TABLESPACE"]);
        check("create table", &["CREATE TABLE"]);
        check("alter table only", &["ALTER TABLE", "ALTER TABLESPACE"]);
        check("merge into", &["MERGE"]);
        check("nothing", &[]);
    }

    #[test]
    fn every_command_is_described() {
        assert_eq!(commands().count(), 185);
        assert!(help("*").ends_with("URL: https://www.postgresql.org/docs/15/sql-select.html\n\n"));
    }
}
