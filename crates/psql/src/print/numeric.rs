//! Digits in groups of three (`\pset numericlocale`).

use std::borrow::Cow;

/// `1234567.5` as `1,234,567.5`; what is not written as a plain number stays as it is.
pub fn grouped(text: &str) -> Cow<'_, str> {
    if !text.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c)) {
        return text.into();
    }
    let sign = text.len() - text.trim_start_matches(['+', '-']).len();
    let (sign, rest) = text.split_at(sign);
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at(digits);
    let mut shown = sign.to_string();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown.push_str(rest);
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        for (text, expect) in [
            ("1", "1"),
            ("1234", "1,234"),
            ("-1234567.8912", "-1,234,567.8912"),
            ("1e+30", "1e+30"),
            ("NaN", "NaN"),
        ] {
            assert_eq!(grouped(text), expect);
        }
    }
}
