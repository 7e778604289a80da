//! What EXPLAIN shows of a distributed plan.

use kumquat_postgres::Backend;
use kumquat_postgres::explain::ExplainWriter;
use kumquat_types::Result;

use crate::planner::plan::DistributedPlan;
use crate::settings;

/// The lines under `Custom Scan (Citus Adaptive)`.
pub fn explain(backend: &mut Backend<'_>, plan: &DistributedPlan, writer: &mut ExplainWriter) -> Result<()> {
    let indent = " ".repeat(writer.indent * 6 + 2);
    let all = settings::is_on(backend, "citus.explain_all_tasks") || plan.tasks.len() <= 1;
    writer.lines.push(format!("{indent}Task Count: {}", plan.tasks.len()));
    let shown = match all {
        true => "All".to_string(),
        false => format!("One of {}", plan.tasks.len()),
    };
    writer.lines.push(format!("{indent}Tasks Shown: {shown}"));
    Ok(())
}
