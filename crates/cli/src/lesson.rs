//! `kumquat lesson`: checks lessons and turns them into scripts, for those who write them.

use std::path::Path;
use std::process::ExitCode;

use kumquat_lessons::{Lesson, Result};
use kumquat_playground::{Options, Playground};

const USAGE: &str = "\
Usage: kumquat lesson check PATH...   run each lesson's solutions and checks
       kumquat lesson script FILE     print a lesson's SQL as a psql script
";

/// Carries out the command; arguments are those after `lesson`.
pub fn run(arguments: &[String]) -> ExitCode {
    let outcome = match arguments.split_first() {
        Some((command, paths)) if command == "check" && !paths.is_empty() => check(paths),
        Some((command, [path])) if command == "script" => script(path),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn script(path: &str) -> Result<bool> {
    let lesson = kumquat_lessons::read_file(Path::new(path))?;
    print!("{}", kumquat_lessons::script(&lesson));
    Ok(true)
}

fn check(paths: &[String]) -> Result<bool> {
    let mut all_met = true;
    for path in paths.iter().map(Path::new) {
        let lessons = if path.is_dir() {
            kumquat_lessons::read_directory(path)?
        } else {
            vec![kumquat_lessons::read_file(path)?]
        };
        for lesson in &lessons {
            all_met &= check_lesson(lesson);
        }
    }
    Ok(all_met)
}

/// Runs a lesson on a fresh cluster, step by step, and reports each check that is not met.
fn check_lesson(lesson: &Lesson) -> bool {
    let mut playground = Playground::new(&Options::default());
    let (mut checks, mut unmet) = (0, 0);
    for (index, step) in lesson.steps.iter().enumerate() {
        let sql = step.solution.as_ref().unwrap_or(&step.sql);
        let mut printed = String::new();
        playground.run(&format!("{sql}\n"), &mut |outcome| {
            printed.extend(outcome.output.iter().map(|output| output.text.as_str()));
        });
        for check in &step.checks {
            checks += 1;
            let result = playground.check(check);
            if !result.met {
                unmet += 1;
                println!(
                    "{}, step {} \"{}\": not met: {}\n  the step printed:\n{}  the check found:\n{}",
                    lesson.id,
                    index + 1,
                    step.title,
                    check.goal,
                    indented(&printed),
                    indented(&result.found)
                );
            }
        }
    }
    println!(
        "{}: {} steps, {} of {checks} checks met",
        lesson.id,
        lesson.steps.len(),
        checks - unmet
    );
    unmet == 0
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
