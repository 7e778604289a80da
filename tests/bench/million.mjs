// Statements over a million rows: Kumquat's release wasm, 32 shards, beside sql.js (SQLite in
// wasm), in the same run. `cargo xtask bench` builds the site and sets KUMQUAT_SITE to it.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import initSqlJs from 'sql.js';

const ROUNDS = 7;
const site = process.env.KUMQUAT_SITE;

/** name, SQL of Kumquat, SQL of SQLite. Those with `repeat` leave nothing behind. */
const statements = [
  {
    name: 'create',
    sql: 'CREATE TABLE series AS SELECT i FROM generate_series(1,1000000) i;',
    lite: `CREATE TABLE series AS WITH RECURSIVE numbers(i) AS
      (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 1000000) SELECT i FROM numbers;`,
  },
  { name: 'distribute', sql: "SELECT create_distributed_table('series', 'i');" },
  { name: 'count', sql: 'SELECT count(*) FROM series;', repeat: true },
  { name: 'sum', sql: 'SELECT sum(i) FROM series;', repeat: true },
  { name: 'min', sql: 'SELECT min(i) FROM series;', repeat: true },
  { name: 'max', sql: 'SELECT max(i) FROM series;', repeat: true },
  {
    name: 'group by',
    sql: 'SELECT i % 10 AS g, count(*), sum(i) FROM series GROUP BY 1 ORDER BY 1;',
    repeat: true,
  },
  { name: 'filter', sql: 'SELECT count(*) FROM series WHERE i % 7 = 3 AND i > 1000;', repeat: true },
];

async function kumquat() {
  const [version] = (await readdir(site)).filter((name) => !name.includes('.'));
  const { initSync, Playground } = await import(pathToFileURL(join(site, version, 'engine.js')));
  initSync({ module: await readFile(join(site, version, 'engine_bg.wasm')) });
  const playground = new Playground(0, 0);
  return {
    playground,
    run({ sql }) {
      const outcomes = playground.run(`${sql}\n`);
      const failed = outcomes.find((outcome) => outcome.failed);
      if (failed) throw new Error(failed.output.map((output) => output.text).join(''));
      return outcomes.flatMap((outcome) => outcome.output).map((output) => output.text).join('');
    },
  };
}

async function sqlite() {
  const { Database } = await initSqlJs();
  const database = new Database();
  return { run: ({ lite, sql }) => database.exec(lite ?? sql) };
}

function median(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function time(engine, statement, rounds) {
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    engine.run(statement);
    times.push(performance.now() - start);
  }
  return median(times);
}

const engine = await kumquat();
const peer = await sqlite();
const emptySnapshot = snapshotTime(engine.playground);
console.log(`${'statement'.padEnd(12)}${'kumquat'.padStart(12)}${'sql.js'.padStart(12)}${'ratio'.padStart(9)}`);
for (const statement of statements) {
  const rounds = statement.repeat ? ROUNDS : 1;
  const ours = time(engine, statement, rounds);
  const shown = (ms) => `${ms.toFixed(1)} ms`.padStart(12);
  if (statement.repeat || statement.lite) {
    const theirs = time(peer, statement, rounds);
    console.log(`${statement.name.padEnd(12)}${shown(ours)}${shown(theirs)}${(ours / theirs).toFixed(2).padStart(9)}`);
  } else {
    console.log(`${statement.name.padEnd(12)}${shown(ours)}`);
  }
}
console.log(`snapshot    ${(emptySnapshot * 1000).toFixed(1)} µs empty, ${(snapshotTime(engine.playground) * 1000).toFixed(1)} µs with a million rows`);

/** Milliseconds that one snapshot takes, over many. */
function snapshotTime(playground) {
  const count = 1000;
  const start = performance.now();
  for (let i = 0; i < count; i += 1) playground.snapshot();
  return (performance.now() - start) / count;
}
