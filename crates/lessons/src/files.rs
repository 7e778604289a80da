//! Lessons from the files of a directory.

use std::fs;
use std::path::{Path, PathBuf};

use kumquat_protocol::lesson::Lesson;

use crate::error::{Error, Result};
use crate::glossary::{self, Glossary};
use crate::read::{Draft, parse};

/// The lesson files of a directory in the order of their names: every `.md` file but the
/// glossary and `README.md`.
pub fn lesson_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| Error::new(error.to_string()).in_file(directory);
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let markdown = path.extension().is_some_and(|extension| extension == "md");
        if markdown && !path.ends_with("README.md") && !path.ends_with(glossary::FILE) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Reads every lesson of a directory.
pub fn read_directory(directory: &Path) -> Result<Vec<Lesson>> {
    lesson_files(directory)?.iter().map(|path| read_file(path)).collect()
}

/// Reads one lesson.
pub fn read_file(path: &Path) -> Result<Lesson> {
    Ok(read_draft(path)?.lesson)
}

/// Reads one file, with the glossary beside it. The lesson's id is the file's name without the
/// leading number: that of `03-woodgrove.md` is `woodgrove`.
pub fn read_draft(path: &Path) -> Result<Draft> {
    let text = fs::read_to_string(path).map_err(|error| Error::new(error.to_string()).in_file(path))?;
    let glossary = Glossary::read(path.parent().unwrap_or(Path::new("")))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let id = stem.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
    parse(id, &text, &glossary).map_err(|error| error.in_file(path))
}
