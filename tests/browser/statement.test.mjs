// What a statement did: plan, route, tasks, messages.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, open } from './page.mjs';

after(close);

async function afterStatement(sql) {
  const page = await open();
  await page.ready();
  await page.type("CREATE TABLE users (id bigint PRIMARY KEY, name text); SELECT create_distributed_table('users', 'id');");
  await page.type("INSERT INTO users SELECT i, 'user' FROM generate_series(1, 100) i;");
  for (const statement of [sql].flat()) await page.type(statement);
  await page.picture('Statement');
  return page;
}

test('a routed statement is a path from its value to its node', async () => {
  const page = await afterStatement('SELECT * FROM users WHERE id = 7;');
  const path = await page.page.locator('.path li').evaluateAll((stations) =>
    stations.map((station) => [station.querySelector('.title').textContent, station.querySelector('code').textContent]),
  );
  assert.deepEqual(path.map(([title]) => title), ['value', 'hash', 'interval', 'shard', 'node']);
  const { value, hash, interval, shard, node } = Object.fromEntries(path);
  assert.equal(value, 'id = 7');
  const number = (text) => Number(text.replaceAll(',', '').replace('−', '-'));
  const [low, high] = interval.split(' … ').map(number);
  assert.ok(low <= number(hash) && number(hash) <= high, `${hash} in ${interval}`);
  assert.match(shard, /^users_1020\d\d$/);
  assert.match(node, /^localhost:970[12]$/);
  assert.match(await page.page.locator('.plan').textContent(), /^router/);
});

test('the planner\'s choice is said in a sentence, with the tasks and their SQL', async () => {
  const page = await afterStatement('SELECT count(*) FROM users;');
  assert.match(await page.page.locator('.plan').textContent(), /^pushdown.{20,}/);
  const tasks = page.page.getByRole('region', { name: 'Tasks' });
  assert.match(await tasks.locator('h3').textContent(), /^32 tasks on 2 nodes$/);
  assert.match(await tasks.locator('tbody code').first().textContent(), /count\(\*\).*users_102008/);
  await tasks.getByRole('button', { name: 'Show 20 more' }).click();
  assert.equal(await tasks.locator('tbody tr').count(), 32);
});

test('a transaction over two nodes ends in two phases on the wire', async () => {
  const page = await afterStatement(['BEGIN;', "UPDATE users SET name = 'x';", 'COMMIT;']);
  const phases = await page.page.locator('.phase').evaluateAll((phases) =>
    phases.map((phase) => [phase.dataset.phase, phase.querySelectorAll('li').length]),
  );
  assert.deepEqual(phases, [['prepare', 2], ['commit', 2]]);
  await page.page.getByText('PREPARE TRANSACTION').first().waitFor();
  await page.page.getByText('COMMIT PREPARED').first().waitFor();
});

test('arrow keys step through a statement, and each step is said', async () => {
  const page = await afterStatement('SELECT * FROM users WHERE id = 7;');
  const view = page.page.getByRole('group', { name: /^The way of the last statement/ });
  await view.focus();
  const words = view.getByRole('status');
  const said = [];
  for (let step = 0; step < 6; step += 1) {
    await page.page.keyboard.press('ArrowRight');
    said.push(await words.textContent());
  }
  assert.match(said[0], /^router/);
  assert.match(said[1], /id is 7/);
  assert.match(said[2], /^The hash of 7 is/);
  assert.match(said[5], /goes there, whole/);
  assert.equal(await page.page.locator('.path .now .title').textContent(), 'node');
  await page.page.keyboard.press('Home');
  assert.match(await words.textContent(), /^router/);
});

test('the plan stands there as EXPLAIN prints it', async () => {
  const page = await afterStatement('SELECT count(*) FROM users;');
  const plan = page.page.getByRole('region', { name: 'EXPLAIN' });
  await plan.getByText('Custom Scan (Citus Adaptive)').waitFor();
  const printed = await plan.locator('.node, .fact').allTextContents();
  await page.type('EXPLAIN (COSTS OFF) SELECT count(*) FROM users;');
  const lines = (await page.lastOutput()).split('\n').slice(2).filter((line) => line.startsWith(' '));
  assert.deepEqual(printed, lines.map((line) => line.trim().replace(/^-> +/, '')));
});

test('before the first statement the view says what it is for', async () => {
  const page = await open();
  await page.ready();
  await page.picture('Statement');
  await page.page.getByText('Run a statement, and see here').waitFor();
});

test('eight workers have a lane each, and every message is an arrow', async () => {
  const page = await open();
  await page.ready();
  await page.page.getByRole('combobox', { name: 'Workers of a new cluster' }).selectOption('8');
  await page.page.getByRole('button', { name: 'New cluster' }).click();
  await page.ready();
  await page.type("CREATE TABLE users (id bigint PRIMARY KEY, name text); SELECT create_distributed_table('users', 'id');");
  await page.type("UPDATE users SET name = 'x';");
  await page.picture('Statement');
  const wire = page.page.getByRole('region', { name: 'Messages' });
  assert.deepEqual(await wire.locator('.lanes').first().locator('span').allTextContents(), ['9700', '9701', '9702', '9703', '9704', '9705', '9706', '9707', '9708']);
  const lines = await wire.locator('.phase li').count();
  assert.equal(await wire.locator('.phase li .arrow').count(), lines);
  const { scrollWidth, clientWidth } = await page.page.locator('.stage').evaluate(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }));
  assert.ok(scrollWidth <= clientWidth, 'nothing stands out to the right');
});

test("a refused statement keeps PostgreSQL's words", async () => {
  const page = await afterStatement('UPDATE users SET id = 2 WHERE id = 1;');
  await page.page.locator('.refused-line').getByText('ERROR:  modifying the partition value of rows is not allowed').waitFor();
});
