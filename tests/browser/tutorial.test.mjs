// The Woodgrove tutorial, clicked through from the first step to the last.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { close, lines, open } from './page.mjs';

after(close);

const STEPS = 12;
const recording = new URL('../conformance/woodgrove/01_tutorial.out', import.meta.url);

/** What must be drawn after a step. */
const drawn = {
  async 1(page) {
    assert.deepEqual(await page.localTables(), {
      event_types: 'local',
      payment_events: 'local',
      payment_merchants: 'local',
      payment_users: 'local',
    });
    assert.equal(Object.keys(await page.keys()).length, 3);
  },
  async 3(page) {
    assert.deepEqual(Object.keys(await page.keys()), ['payment_events_event_types_fk']);
  },
  async 4(page) {
    const nodes = await page.tiles('event_types');
    assert.deepEqual(nodes.map((tiles) => tiles.length), [1, 1, 1], 'a copy on every node');
    assert.equal((await page.localTables()).payment_events, 'Citus local');
  },
  async 5(page) {
    assert.deepEqual(await page.bands(), {
      1: ['event_types'],
      2: ['payment_merchants', 'payment_users'],
    });
    const users = await page.tiles('payment_users');
    const merchants = await page.tiles('payment_merchants');
    assert.deepEqual(users.map((tiles) => tiles.length), [0, 16, 16]);
    const places = (nodes) => nodes.flat().map((tile) => tile.left);
    assert.deepEqual(places(users), places(merchants), 'colocated shards line up');
    assert.match(users[1][0].label, /^payment_users, shard 102010, hashes -2147483648 to -2013265921, 0 rows/);
  },
  async 6(page) {
    assert.deepEqual(await page.bands(), {
      1: ['event_types'],
      2: ['payment_users'],
      3: ['payment_merchants'],
    });
    const [users, merchants] = [await page.tiles('payment_users'), await page.tiles('payment_merchants')];
    assert.notEqual(users[1][0].colour, merchants[1][0].colour, 'each group has a colour of its own');
  },
  async 9(page) {
    const keys = await page.keys();
    assert.match(keys.events_users_fk, /colocated/);
    assert.match(keys.payment_events_event_types_fk, /reference table/);
    assert.equal(await page.refusal(), undefined);
  },
  async 10(page) {
    const refusal = await page.refusal();
    assert.match(refusal.key, /payment_events \(merchant_id\) to payment_merchants \(merchant_id\)/);
    assert.ok(refusal.rule.length > 0, 'the rule that forbids it');
    assert.ok(refusal.conditions.some(([, met]) => !met), 'a condition that is not met');
    assert.ok(refusal.repairs.some((sql) => sql.includes("create_reference_table('payment_merchants')")));
    assert.ok(refusal.drawnBroken);
    assert.match(refusal.cell, /the refused key/);
  },
  async 11(page) {
    assert.equal(await page.refusal(), undefined, 'the key stands now');
    assert.equal(Object.keys(await page.keys()).length, 3);
    const nodes = await page.tiles('payment_merchants');
    assert.deepEqual(nodes.map((tiles) => tiles.length), [1, 1, 1]);
  },
};

test('the tutorial prints what a real cluster prints, and draws it', async () => {
  const page = await open();
  await page.ready();
  await page.lesson('woodgrove');
  for (let step = 1; step <= STEPS; step += 1) {
    await page.solveStep(step);
    await drawn[step]?.(page);
  }
  assert.deepEqual(lines(await page.transcript()), lines(await readFile(recording, 'utf8')));
  await page.page.getByText(`${STEPS} of ${STEPS}`).waitFor();
  assert.deepEqual(page.errors, []);
  assert.deepEqual(page.strangers, [], 'no request leaves the origin');
});

test('a step whose SQL misses the goal says what is missing', async () => {
  const page = await open();
  await page.ready();
  await page.lesson('woodgrove');
  await page.editStep(1, 'CREATE TABLE event_types (event_type_id bigint PRIMARY KEY);');
  await page.step(1).getByRole('button', { name: 'Run' }).click();
  await page.step(1).locator('.checks li').first().waitFor();
  assert.deepEqual(await page.checks(1), [
    ['The four tables exist', false],
    ['Payments point to three tables', false],
  ]);
});
