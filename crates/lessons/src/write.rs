//! What is made of a lesson.

use kumquat_protocol::lesson::{Lesson, LessonSummary};

/// The lesson's line in the list of lessons.
pub fn summary(lesson: &Lesson) -> LessonSummary {
    LessonSummary {
        id: lesson.id.clone(),
        title: lesson.title.clone(),
        summary: lesson.summary.clone(),
        minutes: lesson.minutes,
        steps: u32::try_from(lesson.steps.len()).unwrap_or(u32::MAX),
    }
}

/// The lesson's text as HTML, to be read before any script has loaded.
pub fn html(lesson: &Lesson) -> String {
    let mut html = format!("<h1>{}</h1>\n{}<ol>\n", escape(&lesson.title), lesson.intro);
    for step in &lesson.steps {
        html.push_str(&format!(
            "<li><h2>{}</h2>\n{}<pre>{}</pre></li>\n",
            escape(&step.title),
            step.text,
            escape(&step.sql)
        ));
    }
    html.push_str("</ol>\n");
    html.push_str(&lesson.outro);
    html
}

/// The lesson's SQL as one script that psql can run: solutions where the learner has to find
/// something, otherwise what stands in the editor.
pub fn script(lesson: &Lesson) -> String {
    let mut script = format!("-- {}\n", lesson.title);
    for (index, step) in lesson.steps.iter().enumerate() {
        let sql = step.solution.as_ref().unwrap_or(&step.sql);
        script.push_str(&format!("\n-- {}. {}\n{sql}\n", index + 1, step.title));
    }
    script
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
