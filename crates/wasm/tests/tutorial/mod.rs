//! The Woodgrove tutorial through the bindings: what is printed, and what a page would draw.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use js_sys::Function;
use kumquat_playground::protocol::message::{Options, Reply, Request, SessionView, Typed};
use kumquat_playground::protocol::outcome::StatementOutcome;
use kumquat_playground::protocol::view::TableKind;
use kumquat_wasm::Playground;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen_test::wasm_bindgen_test;

const SCRIPT: &str = include_str!("../../../../tests/conformance/woodgrove/01_tutorial.sql");
const PRINTED: &str = include_str!("../../../../tests/conformance/woodgrove/01_tutorial.out");

fn lines(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect()
}

fn run(playground: &mut Playground, text: &str) -> String {
    let outcomes = playground.run(text).unwrap_or_else(|_| panic!("{text}"));
    let outcomes: Vec<StatementOutcome> = serde_wasm_bindgen::from_value(outcomes).unwrap();
    let printed = outcomes.into_iter().flat_map(|outcome| {
        let output = outcome.output.into_iter().map(|output| output.text);
        std::iter::once(outcome.echo).chain(output)
    });
    printed.collect()
}

fn view(playground: &Playground) -> SessionView {
    let view = playground.view().unwrap_or_else(|_| panic!("no view"));
    serde_wasm_bindgen::from_value(view).unwrap()
}

#[wasm_bindgen_test]
fn the_tutorial_prints_what_a_real_cluster_prints() {
    let mut playground = Playground::new(0, 0.0);
    let printed = run(&mut playground, SCRIPT);
    assert_eq!(lines(&printed), lines(PRINTED));
}

#[wasm_bindgen_test]
fn the_view_follows_the_tutorial() {
    let mut playground = Playground::new(0, 0.0);
    run(&mut playground, SCRIPT);
    let cluster = view(&playground).cluster;
    let kinds: Vec<_> = cluster
        .tables
        .iter()
        .map(|table| (table.name.as_str(), table.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("event_types", TableKind::Reference),
            ("payment_events", TableKind::Distributed),
            ("payment_merchants", TableKind::Reference),
            ("payment_users", TableKind::Distributed),
        ]
    );
    // event_types has shard 102008, and payment_events had 102009 while it was a local table in the metadata.
    let users = cluster.tables.last().unwrap();
    assert_eq!((users.shards.len(), users.shards.first().unwrap().id), (32, 102_010));
    assert_eq!(cluster.foreign_keys.len(), 3);
    assert_eq!(cluster.nodes.len(), 3);
}

#[wasm_bindgen_test]
fn a_snapshot_brings_the_state_back() {
    let mut playground = Playground::new(0, 0.0);
    run(&mut playground, "CREATE TABLE kept (a int);\n");
    let snapshot = playground.snapshot();
    run(&mut playground, "DROP TABLE kept;\n");
    assert!(view(&playground).cluster.tables.is_empty());
    assert!(playground.restore(snapshot));
    assert_eq!(view(&playground).cluster.tables.len(), 1);
    assert!(!playground.restore(snapshot + 1));
}

#[wasm_bindgen_test]
fn requests_are_answered_statement_by_statement() {
    let mut playground = Playground::new(0, 0.0);
    let boot = Request::Boot {
        options: Options::default(),
        log: vec![typed("CREATE TABLE kept (a int);\n")],
        report: false,
    };
    let replies = ask(&mut playground, &boot);
    let [Reply::Replayed { texts: 1, of: 1 }, Reply::Ready { session, .. }] = replies.as_slice() else {
        panic!("{replies:?}");
    };
    assert_eq!(session.cluster.tables.len(), 1);
    let run = Request::Run {
        typed: typed("SELECT 1;\nSELECT 2;\n"),
    };
    let replies = ask(&mut playground, &run);
    assert!(matches!(
        replies.as_slice(),
        [Reply::Statement { .. }, Reply::Statement { .. }, Reply::Finished { .. }]
    ));
}

fn typed(text: &str) -> Typed {
    Typed {
        text: text.into(),
        ..Typed::default()
    }
}

/// Every reply to a request, the last one too.
fn ask(playground: &mut Playground, request: &Request) -> Vec<Reply> {
    let heard = js_sys::Array::new();
    let listener = {
        let heard = heard.clone();
        Closure::<dyn Fn(JsValue)>::new(move |reply| {
            heard.push(&reply);
        })
    };
    let request = serde_wasm_bindgen::to_value(request).unwrap();
    let report: &Function = wasm_bindgen::JsCast::unchecked_ref(listener.as_ref());
    let last = playground
        .answer(request, report)
        .unwrap_or_else(|_| panic!("no answer"));
    heard.push(&last);
    heard
        .iter()
        .map(|reply| serde_wasm_bindgen::from_value(reply).unwrap())
        .collect()
}
