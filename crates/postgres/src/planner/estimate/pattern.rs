//! Selectivity of LIKE and regular expressions (`patternsel`).

use super::clamp;
use super::comparison::{equal, inequality};
use super::variable::Variable;
use kumquat_types::Datum;

/// `DEFAULT_MATCH_SEL`.
pub const DEFAULT_MATCH: f64 = 0.005;

/// `column LIKE pattern`.
pub fn like(variable: &Variable<'_>, pattern: Option<&Datum>) -> f64 {
    let Some(Datum::Text(pattern)) = pattern else {
        return DEFAULT_MATCH;
    };
    let (prefix, rest) = split(pattern);
    if rest.is_empty() {
        return equal(variable, Some(&Datum::text(prefix)));
    }
    let rest = rest_selectivity(rest);
    let by_prefix = match prefix.is_empty() {
        true => 1.0,
        false => prefix_selectivity(variable, &prefix),
    };
    let guessed = clamp(by_prefix * rest).clamp(0.0001, 0.9999);
    let Some(statistics) = &variable.statistics else {
        return guessed;
    };
    let total: f64 = statistics.common.iter().map(|(_, frequency)| frequency).sum();
    let matched = statistics.common.iter().filter(|(value, _)| match value {
        Datum::Text(text) => matches(text, pattern),
        _ => false,
    });
    let among: f64 = matched.map(|(_, frequency)| frequency).sum();
    clamp(among + guessed * (1.0 - statistics.null_fraction - total))
}

/// The text before the first wildcard, and what follows.
fn split(pattern: &str) -> (String, &str) {
    let mut prefix = String::new();
    let mut chars = pattern.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '%' | '_' => return (prefix, pattern.get(at..).unwrap_or_default()),
            '\\' => prefix.extend(chars.next().map(|(_, c)| c)),
            c => prefix.push(c),
        }
    }
    (prefix, "")
}

/// Each character of the rest makes matches rarer, wildcards the opposite (`like_selectivity`).
fn rest_selectivity(rest: &str) -> f64 {
    let mut selectivity: f64 = 1.0;
    let mut leading = true;
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        if leading && (c == '%' || c == '_') {
            continue;
        }
        leading = false;
        selectivity *= match c {
            '%' => 5.0,
            '_' => 0.9,
            '\\' => {
                chars.next();
                0.2
            }
            _ => 0.2,
        };
    }
    selectivity.min(1.0)
}

/// Values from the prefix up to the next greater text.
fn prefix_selectivity(variable: &Variable<'_>, prefix: &str) -> f64 {
    let exact = equal(variable, Some(&Datum::text(prefix)));
    if variable
        .statistics
        .as_ref()
        .is_none_or(|found| found.histogram.is_empty())
    {
        return DEFAULT_MATCH.max(exact);
    }
    let from = inequality(variable, Some(&Datum::text(prefix)), |ordering| ordering.is_ge());
    let mut next = prefix.to_string();
    let last = next.pop().and_then(|c| char::from_u32(u32::from(c) + 1));
    next.extend(last);
    let below = inequality(variable, Some(&Datum::text(next)), |ordering| ordering.is_lt());
    (from + below - 1.0).max(exact).max(0.0)
}

fn matches(text: &str, pattern: &str) -> bool {
    fn step(text: &[char], pattern: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('%', rest)) => (0..=text.len()).any(|at| text.get(at..).is_some_and(|tail| step(tail, rest))),
            Some((wanted, rest)) => text
                .split_first()
                .is_some_and(|(c, tail)| (*wanted == '_' || c == wanted) && step(tail, rest)),
        }
    }
    // A pattern with many wildcards would take long to follow.
    if pattern.matches('%').count() > 3 || text.len() > 200 {
        return false;
    }
    let chars = |text: &str| text.chars().collect::<Vec<char>>();
    step(&chars(text), &chars(pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_split_at_their_first_wildcard() {
        for (pattern, prefix, rest) in [
            ("abc%", "abc", "%"),
            ("%x%", "", "%x%"),
            (r"a\%b", "a%b", ""),
            ("a_c", "a", "_c"),
        ] {
            assert_eq!(split(pattern), (prefix.to_string(), rest), "{pattern}");
        }
    }

    #[test]
    fn each_fixed_character_makes_a_match_rarer() {
        assert!((rest_selectivity("%foo%") - 0.04).abs() < 1e-9);
        assert_eq!(rest_selectivity("%"), 1.0);
    }
}
