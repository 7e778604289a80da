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

/// `8192` as `8 kB`, in units of 1,024 as PostgreSQL's `pg_size_pretty` has them.
pub fn bytes(count: f64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"];
    let mut size = count;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < units.len() {
        size /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && size < 10.0 && size.fract() > 0.05);
    format!("{size:.digits$} {}", units.get(unit).copied().unwrap_or_default())
}
