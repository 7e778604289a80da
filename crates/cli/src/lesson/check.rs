//! `kumquat lesson check`: a learner who does every step, in the two ways that learners take.
//!
//! Each step's solution is run and its checks must be met. Where the learner has to find the
//! solution, what stands in the editor must not reach the goal; and the solution must reach it
//! also when the editor's start has been run first, as most learners do.

use std::path::{Path, PathBuf};

use kumquat_lessons::{Lesson, Remark, Result};
use kumquat_playground::{Options, Playground};

/// Checks files and directories of them; false if a lesson cannot be done as it is written.
pub fn paths(paths: &[String]) -> Result<bool> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths.iter().map(Path::new) {
        if path.is_dir() {
            files.extend(kumquat_lessons::lesson_files(path)?);
        } else {
            files.push(path.to_path_buf());
        }
    }
    let mut sound = true;
    for file in &files {
        let (lesson, remarks) = kumquat_lessons::review_file(file)?;
        sound &= Proof::of(&lesson).report(&lesson);
        for Remark { line, message } in remarks {
            println!("  {}:{line}: {message}", file.display());
        }
    }
    Ok(sound)
}

/// What is found out about a lesson on a fresh cluster.
struct Proof {
    playground: Playground,
    checks: usize,
    faults: Vec<String>,
}

impl Proof {
    fn of(lesson: &Lesson) -> Proof {
        let mut proof = Proof {
            playground: Playground::new(&Options::default()),
            checks: 0,
            faults: Vec::new(),
        };
        for index in 0..lesson.steps.len() {
            proof.step(lesson, index);
        }
        proof
    }

    fn step(&mut self, lesson: &Lesson, index: usize) {
        let Some(step) = lesson.steps.get(index) else {
            return;
        };
        let name = format!("step {} \"{}\"", index + 1, step.title);
        if let Some(solution) = &step.solution {
            let before = self.playground.snapshot();
            self.run(&step.sql);
            if !step.checks.is_empty() && step.checks.iter().all(|check| self.playground.check(check).met) {
                self.faults
                    .push(format!("{name}: what stands in the editor reaches the goal already\n"));
            }
            let printed = self.run(solution);
            self.unmet(step, &printed, &format!("{name}, after the editor's start"));
            self.playground.restore(before);
        }
        let printed = self.run(step.solution.as_ref().unwrap_or(&step.sql));
        self.unmet(step, &printed, &name);
        self.checks += step.checks.len();
    }

    /// Runs SQL and gives what psql prints.
    fn run(&mut self, sql: &str) -> String {
        let mut printed = String::new();
        self.playground.run(&format!("{sql}\n"), &mut |outcome| {
            printed.extend(outcome.output.iter().map(|output| output.text.as_str()));
        });
        printed
    }

    /// Notes each check of a step that is not met.
    fn unmet(&mut self, step: &kumquat_lessons::Step, printed: &str, place: &str) {
        for check in &step.checks {
            let result = self.playground.check(check);
            if result.met {
                continue;
            }
            let expected: String = check.rows.iter().map(|row| format!("{}\n", row.join("|"))).collect();
            self.faults.push(format!(
                "{place}: not met: {}\n  the step printed:\n{}  the check wants:\n{}  and found:\n{}",
                check.goal,
                indented(printed),
                indented(or_no_rows(&expected)),
                indented(or_no_rows(&result.found))
            ));
        }
    }

    /// Prints what was found out; true if nothing is wrong.
    fn report(&self, lesson: &Lesson) -> bool {
        for fault in &self.faults {
            print!("{}, {fault}", lesson.id);
        }
        let steps = lesson.steps.len();
        match self.faults.len() {
            0 => println!("{}: {steps} steps, {} checks, all met", lesson.id, self.checks),
            faults => println!("{}: {steps} steps, {} checks, {faults} faults", lesson.id, self.checks),
        }
        self.faults.is_empty()
    }
}

fn or_no_rows(rows: &str) -> &str {
    if rows.trim().is_empty() { "(no rows)" } else { rows }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
