//! The laws of going back: a session that has gone back is as one that never went on, and what follows gives what it
//! gave; a session built anew from its log is the session.

use kumquat_playground::Playground;
use kumquat_playground::protocol::message::{Options, Request, Typed};

const TEXTS: &[&str] = &[
    "CREATE TABLE orders (id bigserial, customer int, total numeric DEFAULT random(), at timestamptz DEFAULT now());\n",
    "SELECT create_distributed_table('orders', 'customer', shard_count => 4);\n",
    "INSERT INTO orders (customer) SELECT i % 7 FROM generate_series(1, 40) i;\n",
    "\\set who 3\nPREPARE p (int) AS SELECT count(*) FROM orders WHERE customer = $1;\n",
    "SET citus.shard_count TO 6;\nCREATE TEMP TABLE kept AS SELECT * FROM orders WHERE customer = :who;\n",
    "BEGIN;\nUPDATE orders SET total = total + 1;\nSAVEPOINT s;\nDELETE FROM orders WHERE customer = :who;\n",
    "SELECT 1/0;\n",
    "ROLLBACK TO s;\nEXECUTE p(:who);\nCOMMIT;\n",
    "SELECT citus_move_shard_placement(shardid, 'localhost', 9701, 'localhost', 9702, 'block_writes') FROM citus_shards \
     WHERE nodeport = 9701 LIMIT 1;\n",
    "CREATE TABLE rates (id serial PRIMARY KEY, r float DEFAULT random());\nSELECT create_reference_table('rates');\n",
    "INSERT INTO rates DEFAULT VALUES RETURNING *;\n\\x\n",
    "SELECT *, gen_random_uuid() IS NULL FROM rates;\n\\c - - - 9701\n",
    "\\d\nSELECT count(*) FROM orders;\n",
];

fn typed(number: usize) -> Typed {
    Typed {
        text: TEXTS[number].into(),
        at: 1.7e9 + f64::from(u32::try_from(number).unwrap()),
        files: Vec::new(),
    }
}

/// Runs a text; everything the page is told of it.
fn run(playground: &mut Playground, number: usize) -> String {
    let mut told = String::new();
    let request = Request::Run { typed: typed(number) };
    let last = playground.answer(request, &mut |reply| told += &format!("{reply:?}\n"));
    told + &format!("{last:?}")
}

#[test]
fn going_back_and_on_again_gives_what_it_gave() {
    let mut playground = Playground::new(&Options::default());
    let (mut snapshots, mut views, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..TEXTS.len() {
        snapshots.push(playground.snapshot());
        views.push(format!("{:?}", playground.view()));
        told.push(run(&mut playground, number));
    }
    for at in (0..TEXTS.len()).rev() {
        assert!(playground.restore(snapshots[at]));
        assert_eq!(format!("{:?}", playground.view()), views[at], "before {:?}", TEXTS[at]);
        for number in at..TEXTS.len() {
            assert_eq!(
                run(&mut playground, number),
                told[number],
                "{:?} after going back",
                TEXTS[number]
            );
        }
    }
}

#[test]
fn a_session_built_anew_from_its_log_is_the_session() {
    let options = Options::default();
    let mut first = Playground::new(&options);
    for (number, text) in TEXTS.iter().enumerate() {
        let mut again = Playground::new(&options);
        let boot = Request::Boot {
            options: options.clone(),
            log: (0..number).map(typed).collect(),
            report: false,
        };
        again.answer(boot, &mut |_| {});
        assert_eq!(
            format!("{:?}", again.view()),
            format!("{:?}", first.view()),
            "after {number} texts"
        );
        assert_eq!(run(&mut again, number), run(&mut first, number), "{text:?}");
    }
}
