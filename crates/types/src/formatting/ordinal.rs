//! `1st`, `2nd`, `3rd`, `11th`.

/// The ending of a number that is given by its digits.
pub fn ending(digits: &str, upper: bool) -> &'static str {
    let mut last = digits.bytes().rev();
    let units = last.next();
    let teens = last.next() == Some(b'1');
    let (up, low) = match units {
        Some(b'1') if !teens => ("ST", "st"),
        Some(b'2') if !teens => ("ND", "nd"),
        Some(b'3') if !teens => ("RD", "rd"),
        _ => ("TH", "th"),
    };
    if upper { up } else { low }
}
