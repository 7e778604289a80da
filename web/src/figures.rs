//! Numbers in words.

/// `1204` as `1,204`.
pub fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0.0 { format!("\u{2212}{text}") } else { text }
}

/// `1 row`, `1,204 rows`.
pub fn counted(number: f64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1.0 { one } else { many })
}
