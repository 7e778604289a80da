//! The LaTeX formats (`print_latex_text`, `print_latex_longtable_text`, `print_latex_vertical`).

use super::{PrintOptions, Table};

pub fn print(table: &Table, options: &PrintOptions) -> String {
    let border = options.border.min(3);
    let mut out = title(table, options);
    let columns: Vec<&str> = (0..table.headers.len()).map(|column| side(table, column)).collect();
    out.push_str(&format!("\\begin{{tabular}}{{{}}}\n", framed(&columns, border)));
    if !options.tuples_only {
        if border >= 2 {
            out.push_str("\\hline\n");
        }
        let headers: Vec<String> = table
            .headers
            .iter()
            .map(|header| format!("\\textit{{{}}}", escaped(header)))
            .collect();
        out.push_str(&format!("{} \\\\\n\\hline\n", headers.join(" & ")));
    }
    for row in table.body() {
        let cells: Vec<String> = table.cells(row, options).map(|cell| escaped(&cell)).collect();
        out.push_str(&format!("{} \\\\\n", cells.join(" & ")));
        if border == 3 {
            out.push_str("\\hline\n");
        }
    }
    end(&mut out, border, &table.footer_lines(options));
    out
}

pub fn longtable(table: &Table, options: &PrintOptions) -> String {
    let border = options.border.min(3);
    // Left-aligned columns take their widths from `\pset tableattr`, the last one for all that follow.
    let attributes = options.table_attributes.as_deref().unwrap_or("");
    let mut widths = attributes.split_whitespace();
    let mut width = None;
    let columns: Vec<String> = (0..table.headers.len())
        .map(|column| {
            if table.is_right_aligned(column) {
                return "r".into();
            }
            width = widths.next().or(width);
            width.map_or("l".into(), |width| format!("p{{{width}\\textwidth}}"))
        })
        .collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut out = format!("\\begin{{longtable}}{{{}}}\n", framed(&columns, border));
    if !options.tuples_only {
        longtable_heads(&mut out, table, options, border);
    }
    for row in table.body() {
        let cells: Vec<String> = table
            .cells(row, options)
            .map(|cell| format!("\\raggedright{{{}}}", escaped(&cell)))
            .collect();
        out.push_str(&format!("{} \\tabularnewline\n", cells.join("\n&\n")));
        if border == 3 {
            out.push_str(" \\hline\n");
        }
    }
    out.push_str("\\end{longtable}\n");
    out
}

/// What stands at the top and the bottom of every page.
fn longtable_heads(out: &mut String, table: &Table, options: &PrintOptions, border: u16) {
    let headers: Vec<String> = table
        .headers
        .iter()
        .map(|header| format!("\\small\\textbf{{\\textit{{{}}}}}", escaped(header)))
        .collect();
    let headers = headers.join(" & ");
    let top = if border >= 2 { "\\toprule\n" } else { "" };
    let under = if border == 3 { "" } else { "\\midrule\n" };
    out.push_str(&format!("{top}{headers} \\\\\n\\midrule\n\\endfirsthead\n"));
    out.push_str(&format!("{top}{headers} \\\\\n{under}\\endhead\n"));
    if let Some(title) = table.shown_title(options) {
        let bottom = if border == 2 { "\\bottomrule\n" } else { "" };
        let title = escaped(title);
        out.push_str(&format!(
            "{bottom}\\caption[{title} (Continued)]{{{title}}}\n\\endfoot\n"
        ));
        out.push_str(&format!("{bottom}\\caption[{title}]{{{title}}}\n\\endlastfoot\n"));
    } else if border >= 2 {
        out.push_str("\\bottomrule\n\\endfoot\n\\bottomrule\n\\endlastfoot\n");
    }
}

pub fn expanded(table: &Table, options: &PrintOptions) -> String {
    let border = options.border.min(2);
    let mut out = title(table, options);
    let columns = match border {
        0 => "cl",
        1 => "c|l",
        _ => "|c|l|",
    };
    out.push_str(&format!("\\begin{{tabular}}{{{columns}}}\n"));
    for (index, row) in table.body().iter().enumerate() {
        if !options.tuples_only {
            let (line, place) = if border == 2 { ("\\hline\n", "|c|") } else { ("", "c") };
            out.push_str(&format!(
                "{line}\\multicolumn{{2}}{{{place}}}{{\\textit{{Record {}}}}} \\\\\n",
                index + 1
            ));
        }
        if border >= 1 {
            out.push_str("\\hline\n");
        }
        for (header, cell) in table.headers.iter().zip(table.cells(row, options)) {
            out.push_str(&format!("{} & {} \\\\\n", escaped(header), escaped(&cell)));
        }
    }
    end(&mut out, border, table.own_footers(options));
    out
}

fn title(table: &Table, options: &PrintOptions) -> String {
    match table.shown_title(options) {
        Some(title) => format!("\\begin{{center}}\n{}\n\\end{{center}}\n\n", escaped(title)),
        None => String::new(),
    }
}

fn side(table: &Table, column: usize) -> &'static str {
    if table.is_right_aligned(column) { "r" } else { "l" }
}

/// Column kinds with the lines that a border asks for.
fn framed(columns: &[&str], border: u16) -> String {
    let joined = columns.join(if border > 0 { " | " } else { "" });
    if border >= 2 { format!("| {joined} |") } else { joined }
}

fn end(out: &mut String, border: u16, footers: &[String]) {
    if border == 2 {
        out.push_str("\\hline\n");
    }
    out.push_str("\\end{tabular}\n\n\\noindent ");
    for footer in footers {
        out.push_str(&format!("{} \\\\\n", escaped(footer)));
    }
    out.push('\n');
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '#' | '$' | '%' | '&' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '\\' => out.push_str("\\textbackslash{}"),
            '^' => out.push_str("\\^{}"),
            '|' => out.push_str("\\textbar{}"),
            '~' => out.push_str("\\~{}"),
            '\n' => out.push_str("\\\\"),
            c => out.push(c),
        }
    }
    out
}
