//! What a visitor downloads, by file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::site::Site;

/// Prints each file of the site with its size, and its size under brotli.
pub fn print(site: &Site) {
    let mut files = Vec::new();
    list(&site.directory, &mut files);
    files.sort();
    let (mut raw_sum, mut small_sum) = (0, 0);
    println!("{:<28} {:>12} {:>12}", "file", "bytes", "brotli");
    for path in files {
        let Ok(contents) = fs::read(&path) else {
            continue;
        };
        let small = brotli_size(&contents);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!("{name:<28} {:>12} {small:>12}", contents.len());
        raw_sum += contents.len();
        small_sum += small;
    }
    println!("{:<28} {raw_sum:>12} {small_sum:>12}", "together");
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
