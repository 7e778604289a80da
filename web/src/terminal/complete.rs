//! Whether Enter ends what was typed.

/// True where the text ends a statement, or is a meta-command: where psql would act on it.
pub fn is_complete(text: &str) -> bool {
    let text = text.trim();
    let meta_command = text.starts_with('\\') && !text.contains('\n');
    meta_command || ends_statement(text) || sends_by_command(text)
}

/// A semicolon outside quotes, comments and parentheses, with nothing behind it but comments.
fn ends_statement(text: &str) -> bool {
    let (mut ended, mut depth, mut rest) = (false, 0_usize, text);
    while let Some(letter) = rest.chars().next() {
        let length = token(rest);
        match letter {
            _ if length == 0 => return false,
            '-' | '/' if length > 1 => {}
            ';' => ended = depth == 0,
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            letter if letter.is_whitespace() => {}
            _ => ended = false,
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    ended
}

/// Bytes of the comment, quoted text or letter that a text begins with; 0 if it is not closed.
fn token(text: &str) -> usize {
    let closed_by = |open: usize, close: &str| {
        let inside = text.get(open..).unwrap_or_default();
        inside.find(close).map_or(0, |at| open + at + close.len())
    };
    match text.chars().next() {
        _ if text.starts_with("--") => text.find('\n').unwrap_or(text.len()),
        _ if text.starts_with("/*") => closed_by(2, "*/"),
        Some('\'') => closed_by(1, "'"),
        Some('"') => closed_by(1, "\""),
        Some('$') => dollar_tag(text).map_or(1, |tag| closed_by(tag.len(), tag)),
        Some(letter) => letter.len_utf8(),
        None => 0,
    }
}

/// The `$tag$` that opens a dollar-quoted text.
fn dollar_tag(text: &str) -> Option<&str> {
    let end = text.get(1..)?.find('$')?.checked_add(2)?;
    let tag = text.get(..end)?;
    let name = tag.trim_matches('$');
    let plain = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    (plain && !name.starts_with(|letter: char| letter.is_ascii_digit())).then_some(tag)
}

/// `SELECT 1 \gx`: a last line whose meta-command sends the statement.
fn sends_by_command(text: &str) -> bool {
    let last = text.lines().next_back().unwrap_or_default();
    let command = last.rsplit_once('\\').map(|(_, command)| command);
    let name = command.and_then(|command| command.split_whitespace().next());
    matches!(name, Some("g" | "gx" | "gset" | "gexec" | "gdesc"))
}

#[cfg(test)]
mod tests {
    use super::is_complete;

    #[test]
    fn enter_runs_what_psql_would_act_on() {
        for text in [
            "SELECT 1;",
            "SELECT ';' ; -- done",
            "SELECT 'it''s';",
            "\\dt",
            "SELECT 1 \\gx",
            "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql;",
            "SELECT $1;",
        ] {
            assert!(is_complete(text), "{text}");
        }
    }

    #[test]
    fn enter_opens_a_line_in_what_is_not_ended() {
        for text in [
            "SELECT 1",
            "SELECT 'a;",
            "SELECT 1; SELECT",
            "-- only;",
            "CREATE FUNCTION f() AS $x$ BEGIN; ",
            "CREATE RULE r AS ON INSERT TO t DO (SELECT 1;",
            "/* ;",
        ] {
            assert!(!is_complete(text), "{text}");
        }
    }
}
