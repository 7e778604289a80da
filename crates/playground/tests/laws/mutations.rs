//! The law: no text makes the engine panic, run on without end, or lose state.
//!
//! The recorded scripts are run statement by statement. Before each, mutants of it run on a copy of the session:
//! tokens dropped, doubled, swapped, the text cut, literals made huge, negative, NULL or odd, expressions nested,
//! parts of other statements put in. None may panic or take long, one that fails outside a transaction may leave
//! nothing behind, and the session must answer afterwards.
//!
//! `KUMQUAT_MUTANTS` is the number of mutants a statement (a few in CI; hundreds for a hunt) and
//! `KUMQUAT_MUTANT_SEED` chooses others. The text that is being run is kept in `target/tmp/mutant-N.sql`, for the
//! case that the process dies of it, and faults in `target/tmp/mutants.log` as they are found.

use std::fs::{self, File};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kumquat_postgres::session::Transaction;
use kumquat_psql::{Output, PieceKind, Psql};

use crate::lab;
use crate::random::Random;

/// Mutants of each statement, if the environment does not say.
const MUTANTS: usize = 1;
/// Longer than a debug build takes for any statement that is bounded as it should be.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// As the command line program has it.
const STACK_BYTES: usize = 256 << 20;

/// Values that arithmetic, formatting and memory stumble over.
const LITERALS: &[&str] = &[
    "NULL",
    "0",
    "-1",
    "1",
    "2147483647",
    "-2147483648",
    "2147483648",
    "9223372036854775807",
    "(-9223372036854775807-1)",
    "99999999999999999999999999",
    "1e308",
    "-1e-308",
    "1e1000",
    "0.00000000000000000001",
    "'NaN'",
    "'Infinity'",
    "'-Infinity'",
    "''",
    "' '",
    "'é漢\u{1F600}\u{0301}\u{202E}'",
    "E'\\n\\t\\\\'",
    "'{1,{2}}'",
    "'{}'",
    "'[1,2)'",
    "'infinity'::timestamptz",
    "'294276-12-31 23:59:59.999999'::timestamp",
    "'4713-01-01 BC'::date",
    "interval '178000000 years'",
    "interval '-178000000 years 1 mon'",
    "'{\"a\":[1,null,{\"b\":\"\\u0000\"}]}'",
    "ARRAY[1,NULL,3]",
    "ARRAY[]::int[]",
    "ROW(1,NULL)",
    "*",
    "true",
    "$1",
    "repeat('x', 100000)",
    "(SELECT 1)",
    "now()",
];

/// What makes a deep nest of an expression.
const NESTS: &[(&str, &str)] = &[
    ("(", ")"),
    ("-", ""),
    ("NOT ", ""),
    ("coalesce(", ", NULL)"),
    ("(SELECT ", ")"),
    ("CASE WHEN true THEN ", " END"),
    ("ARRAY[", "]"),
    ("ROW(", ")"),
    ("", "::text"),
    ("", " + 1"),
    ("", " || ''"),
    ("abs(", ")"),
];

#[test]
fn no_mutant_of_a_recorded_statement_makes_the_engine_panic_or_lose_state() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
    let mutants = number("KUMQUAT_MUTANTS").unwrap_or(MUTANTS);
    let seed = number("KUMQUAT_MUTANT_SEED").unwrap_or(0);
    let scripts = scripts(&std::env::var("KUMQUAT_MUTANT_SCRIPTS").unwrap_or_default());
    let pool: Vec<String> = scripts.iter().flat_map(|(_, script)| statements(script)).collect();
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let watches: Vec<Watch> = (0..workers).map(|_| Watch::default()).collect();
    let work = &|worker: usize| {
        while let Some((name, script)) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut hunt = Hunt {
                random: Random::new(seed as u64 ^ hash(name)),
                pool: &pool,
                mutants,
                current: temporary(&format!("mutant-{worker}.sql")),
                watch: &watches[worker],
                log: File::options()
                    .create(true)
                    .append(true)
                    .open(temporary("mutants.log"))
                    .unwrap(),
                faults: Vec::new(),
            };
            hunt.script(name, script);
            faults.lock().unwrap().append(&mut hunt.faults);
        }
    };
    thread::scope(|scope| {
        let spawn = |worker| {
            let thread = thread::Builder::new().stack_size(STACK_BYTES);
            thread.spawn_scoped(scope, move || work(worker)).unwrap()
        };
        let running: Vec<_> = (0..workers).map(spawn).collect();
        while running.iter().any(|worker| !worker.is_finished()) {
            thread::sleep(Duration::from_millis(50));
            watches.iter().for_each(Watch::check);
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(
        faults.is_empty(),
        "{} mutants failed:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// What a worker runs, and since when.
#[derive(Default)]
struct Watch(Mutex<Option<(Instant, String)>>);

impl Watch {
    /// Ends the process with a word why when a statement does not end.
    fn check(&self) {
        if let Some((since, text)) = &*self.0.lock().unwrap()
            && since.elapsed() > 4 * TIME_LIMIT
        {
            let _ = writeln!(std::io::stderr(), "this does not end:\n{text}");
            std::process::abort();
        }
    }
}

/// One script's mutants.
struct Hunt<'a> {
    random: Random,
    pool: &'a [String],
    mutants: usize,
    /// Where the text being run is kept.
    current: PathBuf,
    watch: &'a Watch,
    /// Faults as they are found, for a hunt that is broken off.
    log: File,
    faults: Vec<String>,
}

impl Hunt<'_> {
    fn script(&mut self, name: &str, script: &str) {
        let mut psql = lab::psql(2);
        for statement in statements(script) {
            let mut copy = lab::copy(&psql);
            for _ in 0..self.mutants {
                let mutant = self.mutant(&statement);
                if !self.survives(&mut copy, name, &mutant) {
                    copy = lab::copy(&psql);
                }
                // Mutants that succeed pile up a little, so that they meet each other's changes.
                if self.random.one_in(4) {
                    copy = lab::copy(&psql);
                }
            }
            if !self.survives(&mut psql, name, &statement) {
                return;
            }
        }
    }

    /// Runs a text; a panic, too much time and a state lost are put down as faults.
    fn survives(&mut self, psql: &mut Psql, name: &str, text: &str) -> bool {
        fs::write(&self.current, text).unwrap();
        let before = psql.network.clone();
        let idle = matches!(psql.session.transaction, Transaction::Idle);
        let start = Instant::now();
        *self.watch.0.lock().unwrap() = Some((start, text.to_string()));
        let mut out = Output::default();
        let ran = catch_unwind(AssertUnwindSafe(|| psql.run_script(text, &mut out)));
        *self.watch.0.lock().unwrap() = None;
        let mut fault = |what: &str| {
            let fault = format!("{name}: {what}: {text}");
            let _ = writeln!(self.log, "{fault}");
            self.faults.push(fault);
        };
        if ran.is_err() {
            fault("panicked");
            return false;
        }
        if start.elapsed() > TIME_LIMIT {
            fault(&format!("took {:.0} s", start.elapsed().as_secs_f32()));
        }
        let failed = out.pieces.iter().any(|piece| piece.kind == PieceKind::Error);
        let one_statement = !text.contains('\\') && kumquat_sql::parse(text).is_ok();
        // What a procedure has committed stays when it fails after that.
        let commits = text.to_ascii_lowercase().contains("commit");
        if idle && failed && one_statement && !commits && !lab::same_state(&before, &psql.network) {
            fault("failed and left something behind");
        }
        true
    }

    fn mutant(&mut self, statement: &str) -> String {
        let mut tokens: Vec<&str> = tokens(statement);
        for _ in 0..=self.random.below(3) {
            let words: Vec<usize> = (0..tokens.len()).filter(|at| !tokens[*at].trim().is_empty()).collect();
            if words.is_empty() {
                break;
            }
            let (at, other) = (*self.random.pick(&words), *self.random.pick(&words));
            match self.random.below(16) {
                0 => drop(tokens.remove(at)),
                1 => tokens.insert(at, tokens[other]),
                2 => tokens.swap(at, other),
                3 if self.random.one_in(4) => tokens.truncate(at),
                3..=6 => {
                    let literals: Vec<usize> = words.into_iter().filter(|at| is_literal(tokens[*at])).collect();
                    if !literals.is_empty() {
                        let at = *self.random.pick(&literals);
                        tokens[at] = *self.random.pick(LITERALS);
                    }
                }
                7 | 8 => tokens[at] = *self.random.pick(LITERALS),
                9..=11 => {
                    let other = self::tokens(self.random.pick::<String>(self.pool));
                    let from = self.random.below(other.len());
                    let to = (from + 1 + self.random.below(12)).min(other.len());
                    tokens.splice(at..at, other[from..to].iter().copied());
                }
                12..=14 => {
                    let other = self::tokens(self.random.pick::<String>(self.pool));
                    tokens[at] = other[self.random.below(other.len())];
                }
                _ => {
                    let (before, after) = *self.random.pick(NESTS);
                    let levels = [2, 2, 2, 2, 40, 40, 400, 3000][self.random.below(8)];
                    let nested = before.repeat(levels) + tokens[at] + &after.repeat(levels);
                    let (head, tail) = (tokens[..at].concat(), tokens[at + 1..].concat());
                    return head + &nested + &tail + ";\n";
                }
            }
        }
        tokens.concat() + ";\n"
    }
}

fn is_literal(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_digit() || c == '\'')
}

/// The recorded scripts whose path holds `part`.
fn scripts(part: &str) -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance");
    let mut scripts = Vec::new();
    for area in fs::read_dir(directory).unwrap() {
        let area = area.unwrap().path();
        for file in fs::read_dir(&area).into_iter().flatten() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|e| e == "sql") && path.to_string_lossy().contains(part) {
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                scripts.push((path.file_name().unwrap().to_string_lossy().into_owned(), text));
            }
        }
    }
    scripts.sort();
    assert!(!scripts.is_empty());
    scripts
}

/// A script's statements and meta-commands, each with the lines of data that follow it.
fn statements(script: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut current = String::new();
    let mut copying = false;
    for line in script.lines() {
        current.push_str(line);
        current.push('\n');
        let copies = line.to_ascii_lowercase().contains("from stdin");
        copying = (copying || copies) && line != "\\.";
        if !copying && (line.trim_end().ends_with(';') || line.starts_with('\\')) {
            statements.push(std::mem::take(&mut current));
        }
    }
    statements.push(current);
    statements.retain(|statement| !statement.trim().is_empty());
    statements
}

/// Words, numbers, quoted strings, single other characters, and the blanks between them.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_end().trim_end_matches(';');
    while let Some(first) = rest.chars().next() {
        let span = |accept: fn(char) -> bool| rest.find(|c| !accept(c)).unwrap_or(rest.len());
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            c if c.is_alphanumeric() || c == '_' => span(|c| c.is_alphanumeric() || c == '_' || c == '.'),
            c if c.is_whitespace() => span(char::is_whitespace),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after;
    }
    if tokens.is_empty() {
        tokens.push("");
    }
    tokens
}

/// FNV-1a, so that each script's choices are its own.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
