//! `kumquat lesson new`: a lesson file to begin with.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

const TEMPLATE: &str = "\
+++
title = \"TITLE\"
summary = \"What the learner does, in one line.\"
minutes = 15
leaves_out = \"What the simulation leaves out of this subject, in one line.\"
+++

Whom this is about, and what the learner can do at the end.

This lesson begins with an empty cluster.

## Do the first thing

Why it is done, in two to six sentences. Explain a term at its first use, in bold.

Look at the Cluster tab: what is to be seen there.

```sql run
CREATE TABLE things (thing_id bigint, name text);
```

```sql check There is a table things
SELECT relname FROM pg_class WHERE relname = 'things'
-- things
```

## Find something out

> Your turn: what the learner has to find. The editor holds a start, the solution stays hidden.

```sql run
SELECT create_distributed_table('things', '');
```

```sql solution
SELECT create_distributed_table('things', 'thing_id');
```

```sql check things is distributed
SELECT citus_table_type FROM citus_tables WHERE table_name = 'things'::regclass
-- distributed
```

```sql also
SELECT create_distributed_table('things', 'name');
```

```sql wrong
SELECT create_reference_table('things');
```

### Hint

A gentle one.

### Hint

All but the answer.

---

What the learner knows now.
";

/// Writes a new file and never over one that is there; false if it could not.
pub fn write(path: &Path) -> bool {
    let text = TEMPLATE.replace("TITLE", &title(path));
    match create(path, &text) {
        Ok(()) => println!("{}: written; `kumquat lesson check` runs it", path.display()),
        Err(ref error) => eprintln!("{}: {error}", path.display()),
    }
    path.exists()
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    File::create_new(path)?.write_all(text.as_bytes())
}

/// A title from the file's name: that of `09-many-tenants.md` is "Many tenants".
fn title(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let words = stem
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '-')
        .replace('-', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_new_lesson_is_a_lesson() {
        let draft = kumquat_lessons::parse("t", TEMPLATE, &kumquat_lessons::Glossary::default()).unwrap();
        assert_eq!(draft.lesson.steps.len(), 2);
        assert_eq!(title(Path::new("lessons/09-many-tenants.md")), "Many tenants");
    }
}
