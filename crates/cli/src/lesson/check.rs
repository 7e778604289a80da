//! `kumquat lesson check`: does every step of a lesson, in the ways that learners take.
//!
//! Each step's solution is run and its checks must be met. Where the learner has to find the
//! solution, what stands in the editor must not reach the goal; and the solution must reach it
//! also when the editor's start has been run first, as most learners do. Other answers that the
//! author gives must be taken (`sql also`) or not taken (`sql wrong`). And nothing
//! in a lesson may be refused only because Kumquat lacks it.

use std::path::{Path, PathBuf};

use kumquat_lessons::{Draft, Remark, Result, Step, Trial};
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
        let draft = kumquat_lessons::read_draft(file)?;
        sound &= Proof::of(&draft).report(&draft);
        for Remark { line, message } in draft.remarks {
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
    fn of(draft: &Draft) -> Proof {
        let mut proof = Proof {
            playground: Playground::new(&Options::default()),
            checks: 0,
            faults: Vec::new(),
        };
        for (index, step) in draft.lesson.steps.iter().enumerate() {
            let name = format!("step {} \"{}\"", index + 1, step.title);
            let before = proof.playground.snapshot();
            proof.start(step, &name);
            proof.playground.restore(before);
            for trial in draft.trials.iter().filter(|trial| trial.step == index) {
                proof.trial(step, trial, &name);
                proof.playground.restore(before);
            }
            let printed = proof.run(step.solution.as_ref().unwrap_or(&step.sql));
            proof.unmet(step, &printed, &name);
            proof.refused(&printed, &name);
            proof.checks += step.checks.len();
        }
        proof
    }

    /// Where there is something to find: runs the editor's start, then the solution.
    fn start(&mut self, step: &Step, name: &str) {
        let Some(solution) = &step.solution else {
            return;
        };
        self.run(&step.sql);
        if !step.checks.is_empty() && self.is_done(step) {
            self.faults
                .push(format!("{name}: what stands in the editor reaches the goal already\n"));
        }
        let printed = self.run(solution);
        self.unmet(step, &printed, &format!("{name}, solution after the editor's start"));
    }

    /// Runs the editor's start, then another answer.
    fn trial(&mut self, step: &Step, trial: &Trial, name: &str) {
        self.run(&step.sql);
        let printed = self.run(&trial.sql);
        if trial.right {
            self.unmet(step, &printed, &format!("{name}, `sql also`"));
        } else if self.is_done(step) {
            self.faults.push(format!(
                "{name}: the checks take a wrong answer (`sql wrong`):\n{}",
                indented(&trial.sql)
            ));
        }
    }

    fn is_done(&self, step: &Step) -> bool {
        step.checks.iter().all(|check| self.playground.check(check).met)
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
    fn unmet(&mut self, step: &Step, printed: &str, place: &str) {
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

    /// Notes what a real cluster would do and Kumquat does not.
    fn refused(&mut self, printed: &str, place: &str) {
        for line in printed.lines().filter(|line| line.contains("not supported by Kumquat")) {
            self.faults.push(format!("{place}: {line}\n"));
        }
    }

    /// Prints what was found out; true if nothing is wrong.
    fn report(&self, draft: &Draft) -> bool {
        let id = &draft.lesson.id;
        for fault in &self.faults {
            print!("{id}, {fault}");
        }
        let verdict = match self.faults.len() {
            0 => "all well".to_string(),
            1 => "1 fault".to_string(),
            faults => format!("{faults} faults"),
        };
        let (steps, trials) = (draft.lesson.steps.len(), draft.trials.len());
        println!(
            "{id}: {steps} steps, {} checks, {trials} other answers: {verdict}",
            self.checks
        );
        self.faults.is_empty()
    }
}

fn or_no_rows(rows: &str) -> &str {
    if rows.trim().is_empty() { "(no rows)" } else { rows }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
