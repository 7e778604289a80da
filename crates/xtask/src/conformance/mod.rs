//! Compares what `kumquat run` prints with recordings of a real cluster.
//!
//! `tests/conformance/AREA/NAME.sql` was run on a real cluster, and `NAME.out` beside it is what
//! psql printed. A unit is what one statement of it prints.
//!
//! - `units`: cuts a transcript into units
//! - `ledger`: which units are known to differ; the list only shrinks

mod ledger;
mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::{cargo, root, run, say};
use ledger::Ledger;

/// A script that takes longer counts as wrong from where it hung.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// How a script came out.
struct Outcome {
    units: usize,
    /// Source lines whose unit differs.
    differing: BTreeSet<usize>,
    /// A crash or a hang.
    fault: Option<String>,
}

/// Prints, for each area, how many of its units come out exactly, and takes units off the
/// ledger that came out exactly for the first time.
pub fn print_table() -> Result<()> {
    let outcomes = outcomes()?;
    table(&outcomes);
    let mut ledger = Ledger::read()?;
    for (script, outcome) in &outcomes {
        ledger.shrink(script, &outcome.differing);
    }
    ledger.write()
}

/// Fails on a unit that differs and is not on the ledger, on a crash, and on a hang.
pub fn test() -> Result<()> {
    let outcomes = outcomes()?;
    table(&outcomes);
    let ledger = Ledger::read()?;
    let mut faults = Vec::new();
    for (script, outcome) in &outcomes {
        let fallen = ledger.unknown(script, &outcome.differing);
        faults.extend(
            fallen
                .iter()
                .map(|line| format!("{script}: the unit after line {line} differs")),
        );
        faults.extend(outcome.fault.iter().map(|fault| format!("{script}: {fault}")));
    }
    if !faults.is_empty() {
        bail!("these came out exactly before:\n{}", faults.join("\n"));
    }
    Ok(())
}

fn table(outcomes: &BTreeMap<String, Outcome>) {
    let mut areas: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (script, outcome) in outcomes {
        let area = script.split('/').next().unwrap_or_default();
        for name in [area, "together"] {
            let (exact, units) = areas.entry(name).or_default();
            *exact += outcome.units - outcome.differing.len();
            *units += outcome.units;
        }
    }
    let together = areas.remove("together");
    for (area, (exact, units)) in areas.into_iter().chain(together.map(|sum| ("together", sum))) {
        let percent = 100.0 * exact as f64 / units.max(1) as f64;
        println!("{area:<18} {exact:>5} of {units:<5} {percent:>6.1} %");
    }
}

/// Runs every script, as many at a time as there are processors.
fn outcomes() -> Result<BTreeMap<String, Outcome>> {
    say("Building kumquat");
    run(&mut cargo(&["build", "--package", "kumquat-cli"]))?;
    let directory = root().join("tests/conformance");
    let scripts = scripts(&directory)?;
    say(format!("Running {} recorded scripts", scripts.len()));
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || -> Result<()> {
        while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = outcome(&directory.join(script))?;
            if let Ok(mut outcomes) = outcomes.lock() {
                outcomes.push((script.clone(), outcome));
            }
        }
        Ok(())
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or(Ok(())))
    })?;
    Ok(outcomes.into_inner().unwrap_or_default().into_iter().collect())
}

/// Scripts as `area/name.sql`.
fn scripts(directory: &Path) -> Result<Vec<String>> {
    let mut scripts = Vec::new();
    for area in fs::read_dir(directory)? {
        let area = area?.path();
        if !area.is_dir() {
            continue;
        }
        for file in fs::read_dir(&area)? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "sql") {
                let relative: PathBuf = path.strip_prefix(directory)?.into();
                scripts.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    scripts.sort();
    Ok(scripts)
}

fn outcome(script: &Path) -> Result<Outcome> {
    let read = |path: &Path| {
        let bytes = fs::read(path).with_context(|| path.display().to_string())?;
        anyhow::Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let source = read(script)?;
    let recorded = read(&script.with_extension("out"))?;
    let (printed, fault) = print(script)?;
    let expected = units::cut(&source, &recorded);
    let found = units::cut(&source, &printed);
    let lines: BTreeSet<usize> = expected.keys().chain(found.keys()).copied().collect();
    let differs = |line: &usize| expected.get(line) != found.get(line);
    Ok(Outcome {
        units: lines.len(),
        differing: lines.iter().copied().filter(differs).collect(),
        fault,
    })
}

/// What `kumquat run` prints, standard output and error in one, and what went wrong.
fn print(script: &Path) -> Result<(String, Option<String>)> {
    let transcript = root().join("target/conformance").join(
        script.file_name().unwrap_or_default().to_string_lossy().into_owned()
            + &format!("-{:?}", thread::current().id()),
    );
    fs::create_dir_all(transcript.parent().unwrap_or(Path::new(".")))?;
    let file = fs::File::create(&transcript)?;
    let mut child = Command::new(root().join("target/debug/kumquat"))
        .arg("run")
        .arg(script)
        .stdin(Stdio::null())
        .stderr(file.try_clone()?)
        .stdout(file)
        .spawn()?;
    let start = Instant::now();
    let mut fault = None;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break Some(status),
            None if start.elapsed() > TIME_LIMIT => {
                child.kill()?;
                child.wait()?;
                fault = Some(format!("still running after {} s", TIME_LIMIT.as_secs()));
                break None;
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let printed = String::from_utf8_lossy(&fs::read(&transcript)?).into_owned();
    fs::remove_file(&transcript)?;
    let crashed = status.is_some_and(|status| status.code().is_none_or(|code| code > 3));
    if crashed || printed.contains("panicked at") {
        fault = Some("crashed".into());
    }
    Ok((printed, fault))
}
