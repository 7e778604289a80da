//! The way of a statement as a list of steps, each with its sentence.

use kumquat_protocol::trace::{Message, Phase, Trace};
use kumquat_protocol::view::Node;

use crate::cluster::node_name;
use crate::figures::{counted, grouped};

/// Messages and tasks drawn at first; more on request.
pub const LINES: usize = 12;

/// A stop on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    Plan,
    Value,
    Hash,
    Interval,
    Shard,
    Node,
    Tasks,
    /// By its place among the messages.
    Message(usize),
    Metadata,
}

impl Step {
    /// The element that the step is drawn in.
    pub fn id(self) -> String {
        match self {
            Step::Message(index) => format!("step-message-{index}"),
            other => format!("step-{other:?}").to_lowercase(),
        }
    }
}

/// A run of messages of one phase: its first message, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    pub phase: Phase,
    pub first: usize,
    pub count: usize,
}

pub fn runs(messages: &[Message]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if run.phase == message.phase => run.count += 1,
            _ => runs.push(Run {
                phase: message.phase,
                first: index,
                count: 1,
            }),
        }
    }
    runs
}

/// All stops of a trace; `whole` counts those that are drawn on request only.
pub fn steps(trace: &Trace, whole: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    if trace.plan.is_some() {
        steps.push(Step::Plan);
    }
    if trace.route.is_some() {
        steps.extend([Step::Value, Step::Hash, Step::Interval, Step::Shard, Step::Node]);
    }
    if !trace.tasks.is_empty() {
        steps.push(Step::Tasks);
    }
    for run in runs(&trace.messages) {
        let shown = if whole { run.count } else { run.count.min(LINES) };
        steps.extend((run.first..run.first + shown).map(Step::Message));
    }
    if !trace.metadata.is_empty() {
        steps.push(Step::Metadata);
    }
    steps
}

/// A step in a sentence.
pub fn sentence(step: Step, trace: &Trace, nodes: &[Node]) -> String {
    let routed = |words: &dyn Fn(&kumquat_protocol::trace::Route) -> String| trace.route.as_ref().map(words);
    let sentence = match step {
        Step::Plan => trace.plan.as_ref().map(|plan| format!("{}: {}", plan.name, plan.why)),
        Step::Value => routed(&|route| {
            format!(
                "The statement names one value of the distribution column: {} is {}.",
                route.column, route.value
            )
        }),
        Step::Hash => routed(&|route| format!("The hash of {} is {}.", route.value, grouped(f64::from(route.hash)))),
        Step::Interval => routed(&|route| {
            format!(
                "It lies between {} and {}.",
                grouped(f64::from(route.min)),
                grouped(f64::from(route.max))
            )
        }),
        Step::Shard => routed(&|route| format!("That interval is shard {}_{}.", route.table, route.shard)),
        Step::Node => routed(&|route| {
            format!(
                "The shard lies on {}: the statement goes there, whole.",
                node_name(nodes, route.node)
            )
        }),
        Step::Tasks => Some(format!(
            "The coordinator makes {}.",
            counted(trace.task_count, "task", "tasks")
        )),
        Step::Message(index) => trace.messages.get(index).map(|message| {
            format!(
                "{} to {}: {}.",
                node_name(nodes, message.from),
                node_name(nodes, message.to),
                doing(message.phase)
            )
        }),
        Step::Metadata => Some(trace.metadata.join("; ")),
    };
    sentence.unwrap_or_default()
}

/// What a message of a phase does.
pub fn doing(phase: Phase) -> &'static str {
    match phase {
        Phase::Begin => "begin a transaction",
        Phase::Work => "do this",
        Phase::Prepare => "promise that you can commit",
        Phase::Commit => "commit",
        Phase::Rollback => "roll back",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_one_phase_run_together() {
        let message = |phase| Message {
            from: 1,
            to: 2,
            sql: String::new(),
            rows: 0.0,
            phase,
        };
        let phases = [Phase::Begin, Phase::Work, Phase::Work, Phase::Prepare, Phase::Commit];
        let messages: Vec<Message> = phases.into_iter().map(message).collect();
        let found: Vec<(usize, usize)> = runs(&messages).iter().map(|run| (run.first, run.count)).collect();
        assert_eq!(found, [(0, 1), (1, 2), (3, 1), (4, 1)]);
    }
}
