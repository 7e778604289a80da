//! What a visitor downloads, by file, in the order it is needed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::site::Site;

/// When a file is needed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    /// Before the lesson can be read.
    Reading,
    /// Before the first statement can be run.
    FirstUse,
    /// Behind the page's back or on request.
    Later,
}

const WHENS: [(When, &str); 3] = [
    (When::Reading, "to read the lesson"),
    (When::FirstUse, "to run the first statement"),
    (When::Later, "later"),
];

/// Prints each file of the site with its size, and its size under brotli.
pub fn print(site: &Site) {
    let mut paths = Vec::new();
    list(&site.directory, &mut paths);
    let mut files: Vec<_> = paths.iter().filter_map(|path| size(path)).collect();
    files.sort();
    let mut all = (0, 0);
    println!("{:<32} {:>12} {:>12}", "file", "bytes", "brotli");
    for (when, title) in WHENS {
        let mut sum = (0, 0);
        for (_, name, raw, small) in files.iter().filter(|(needed, ..)| *needed == when) {
            println!("{name:<32} {raw:>12} {small:>12}");
            sum = (sum.0 + raw, sum.1 + small);
        }
        println!("  {title:<30} {:>12} {:>12}\n", sum.0, sum.1);
        all = (all.0 + sum.0, all.1 + sum.1);
    }
    println!("  {:<30} {:>12} {:>12}", "together", all.0, all.1);
}

fn size(path: &Path) -> Option<(When, String, usize, usize)> {
    let contents = fs::read(path).ok()?;
    let name = path.file_name()?.to_string_lossy().into_owned();
    Some((when(&name), name, contents.len(), brotli_size(&contents)))
}

fn when(name: &str) -> When {
    match name {
        "index.html" | "page.css" => When::Reading,
        "editor.js" | "service-worker.js" => When::Later,
        name if name.starts_with("lesson-") => When::Later,
        _ => When::FirstUse,
    }
}

fn list(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            list(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn brotli_size(contents: &[u8]) -> usize {
    let mut small = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut small, 64 * 1024, 11, 22);
    // Writing into memory does not fail.
    let _ = writer.write_all(contents);
    drop(writer);
    small.len()
}
