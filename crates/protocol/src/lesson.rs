//! Lessons as the page reads them. `lessons/README.md` describes the files they come from.

use serde::{Deserialize, Serialize};
#[cfg(feature = "typescript")]
use tsify::Tsify;

/// A lesson's line in the list of lessons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct LessonSummary {
    pub id: String,
    pub title: String,
    pub summary: String,
    pub minutes: u32,
    pub steps: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Lesson {
    /// The file's name without `.md`.
    pub id: String,
    pub title: String,
    pub summary: String,
    pub minutes: u32,
    /// What the simulation leaves out, in one line.
    pub leaves_out: String,
    /// The text before the first step, as HTML.
    pub intro: String,
    pub steps: Vec<Step>,
    /// The text after the last step, as HTML.
    pub outro: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Step {
    pub title: String,
    /// As HTML.
    pub text: String,
    /// The SQL in the step's editor.
    pub sql: String,
    /// SQL that reaches the goal, where the learner is to find it; otherwise that of the editor.
    pub solution: Option<String>,
    /// As HTML, to be shown one after the other.
    pub hints: Vec<String>,
    /// The step is done when all of them hold.
    pub checks: Vec<Check>,
}

/// A query over the state of the cluster and the rows it gives once the goal is reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Check {
    /// What it looks for, in words the learner reads when it is not met.
    pub goal: String,
    pub sql: String,
    /// Expected rows, values as psql writes them. Their order doesn't count.
    pub rows: Vec<Vec<String>>,
}

/// A term of the glossary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct Term {
    pub name: String,
    /// The term and its other forms, in lower case.
    pub forms: Vec<String>,
    /// As HTML.
    pub meaning: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(Tsify))]
pub struct CheckResult {
    pub met: bool,
    /// What the query gave instead, or its error.
    pub found: String,
}
