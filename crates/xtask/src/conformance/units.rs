//! Cuts a transcript into units.
//!
//! psql echoes each line of the script as it reads it. What follows an echoed line, up to the
//! next one, belongs to the statement that this line completed. Blank lines and blanks at line
//! ends count nowhere.

use std::collections::BTreeMap;

/// What was printed after each echoed line, by the line's place among the script's lines that
/// are not blank, counted from 1; under 0 what was printed before the first.
pub fn cut(source: &str, transcript: &str) -> BTreeMap<usize, String> {
    let source: Vec<&str> = source
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let data = inline_data(&source);
    let mut units: BTreeMap<usize, String> = BTreeMap::new();
    let (mut unit, mut next) = (0, 0);
    for line in transcript.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        // psql echoes no inline data: after a COPY the next echo may be that of the line behind it.
        let beyond = data.get(&next).copied().unwrap_or(next);
        let echoed = [next, beyond]
            .into_iter()
            .find(|place| source.get(*place) == Some(&line));
        match echoed {
            Some(place) => {
                next = place + 1;
                unit = next;
            }
            None => {
                let text = units.entry(unit).or_default();
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    units
}

/// For each line of the data that follows `COPY ... FROM STDIN`: the place behind its `\.`.
fn inline_data(source: &[&str]) -> BTreeMap<usize, usize> {
    let mut data = BTreeMap::new();
    let mut place = 0;
    while let Some(line) = source.get(place) {
        let end = takes_data(line)
            .then(|| source.iter().skip(place + 1).position(|line| *line == "\\."))
            .flatten()
            .map(|length| place + 1 + length);
        if let Some(end) = end {
            data.extend((place + 1..=end).map(|line| (line, end + 1)));
            place = end;
        }
        place += 1;
    }
    data
}

fn takes_data(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches('\\').to_ascii_lowercase();
    let mut words = line.split_whitespace();
    words.next() == Some("copy")
        && words
            .skip_while(|word| *word != "from")
            .nth(1)
            .is_some_and(|word| word.starts_with("stdin") || word.starts_with("pstdin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, transcript: &str, expected: &[(usize, &str)]) {
        let expected: BTreeMap<usize, String> = expected
            .iter()
            .map(|(line, text)| (*line, (*text).to_string()))
            .collect();
        assert_eq!(cut(source, transcript), expected, "{source:?}");
    }

    #[test]
    fn a_unit_is_what_follows_the_last_echoed_line() {
        check("SELECT\n1;\n", "SELECT\n1;\n 1\n(1 row)\n\n", &[(2, " 1\n(1 row)\n")]);
        check("A;\n\nB;\n", "A;\nx \nB;\ny\n", &[(1, "x\n"), (2, "y\n")]);
    }

    #[test]
    fn inline_data_may_be_missing_from_the_echo() {
        let source = "COPY t FROM STDIN;\n1\n2\n\\.\nB;\n";
        check(
            source,
            "COPY t FROM STDIN;\nCOPY 2\nB;\ny\n",
            &[(1, "COPY 2\n"), (5, "y\n")],
        );
    }
}
