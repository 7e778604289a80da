// The cluster map: what it shows, and how it answers.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, open } from './page.mjs';

after(close);

const TABLES = `CREATE TABLE users (id bigint PRIMARY KEY, name text);
CREATE TABLE orders (id bigint, user_id bigint, PRIMARY KEY (id, user_id));
CREATE TABLE countries (code text PRIMARY KEY);
SELECT create_distributed_table('users', 'id'), create_distributed_table('orders', 'user_id', colocate_with => 'users');
SELECT create_reference_table('countries');`;

async function withTables(options) {
  const page = await open(options);
  await page.ready();
  await page.type(TABLES);
  return page;
}

test('a tile in focus tells its interval, rows and size, and frames its siblings, which stand exactly under it', async () => {
  const page = await withTables();
  await page.type("INSERT INTO users SELECT i, 'user' FROM generate_series(1, 500) i;");
  await page.point('users', 1, 2, 16);
  const framed = await page.framed();
  assert.deepEqual(framed.map(([shard]) => shard).sort(), [102012, 102044]);
  assert.equal(framed[0][1], framed[1][1], 'one under the other');
  const facts = await page.facts();
  assert.equal(facts.Shard, 'users_102012');
  assert.match(facts.Hashes, /^−1,610,612,736 to −1,476,395,009$/);
  assert.match(facts.Rows, /^\d+$/);
  assert.match(facts.Size, /kB$/);
  assert.equal(facts['Lies with'], 'orders_102044');
});

test('the rows of a shard can be opened, and are those that the node has', async () => {
  const page = await withTables();
  await page.type("INSERT INTO users SELECT i, 'user' FROM generate_series(1, 500) i;");
  await page.row('users').locator('.cell').nth(1).click({ position: { x: 3, y: 10 } });
  const rows = page.page.getByRole('region', { name: 'Rows of the shard' });
  await rows.getByRole('columnheader', { name: 'name' }).waitFor();
  const { Rows } = await page.facts();
  assert.equal(await rows.locator('tbody tr').count(), Number(Rows));
  await rows.getByRole('button', { name: 'Close' }).click();
  assert.equal(await rows.count(), 0);
});

test('a reference table is one tile on every node, a local table an outline on the coordinator', async () => {
  const page = await withTables();
  await page.type('CREATE TABLE notes (a int);');
  const nodes = await page.tiles('countries');
  assert.deepEqual(nodes.map((tiles) => tiles.length), [1, 1, 1]);
  assert.deepEqual(await page.localTables(), { notes: 'local' });
});

test('a distributed schema is a frame on one node, a partitioned table a stack that unfolds', async () => {
  const page = await open();
  await page.ready();
  await page.type(`SET citus.enable_schema_based_sharding TO on;
CREATE SCHEMA sales;
CREATE TABLE sales.items (a int);
CREATE TABLE sales.bills (a int);
SET citus.enable_schema_based_sharding TO off;
CREATE TABLE events (day date, id bigint) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
SELECT create_distributed_table('events', 'id');`);
  const schema = page.page.locator('.band.schema');
  assert.match(await schema.locator('.band-title').textContent(), /Schema sales: whole on one node/);
  const nodes = (await page.tiles('sales.items')).map((tiles) => tiles.length);
  assert.equal(nodes.reduce((sum, count) => sum + count), 1, 'whole on one node');
  assert.equal(await page.row('events_1').count(), 0);
  assert.ok((await page.row('events').locator('.cell.stack').count()) > 0);
  await page.page.getByRole('button', { name: '2 partitions of events' }).click();
  assert.equal((await page.tiles('events_1')).flat().length, 32);
});

test('skew is said where one shard has far more rows than the mean', async () => {
  const page = await withTables();
  await page.type('INSERT INTO orders SELECT i, 7 FROM generate_series(1, 300) i;');
  await page.row('orders').getByText('fullest shard 32.0× the mean').waitFor();
});

test('what the last statement touched is marked on the map', async () => {
  const page = await withTables();
  await page.type('SELECT * FROM users WHERE id = 7;');
  await page.page.getByText('The last statement touched 1 shard on 1 node').waitFor();
  const marked = () => page.page.locator('path.touched').evaluateAll((paths) => paths.filter((path) => path.getAttribute('d')).length);
  assert.equal(await marked(), 1);
  await page.type('SELECT count(*) FROM users JOIN orders ON users.id = orders.user_id;');
  await page.page.getByText('The last statement touched 64 shards on 2 nodes').waitFor();
});

/** Counts what flies over the map from now on. */
async function watch(page) {
  await page.page.evaluate(() => {
    globalThis.flown = [];
    new MutationObserver((changes) => {
      const flyers = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node.classList?.contains('flyer'));
      if (flyers.length > 0) globalThis.flown.push(flyers.length);
    }).observe(document.querySelector('.map'), { childList: true, subtree: true });
  });
}

/** How many flew with a statement: none until the map is drawn anew, so a moment is waited. */
async function flown(page, sql) {
  await page.page.evaluate(() => (globalThis.flown = []));
  await page.type(sql);
  await page.page.waitForTimeout(300);
  return page.page.evaluate(() => globalThis.flown.reduce((sum, count) => sum + count, 0));
}

test('distribution, moves, splits, rebalances and undistribution are seen as movement', async () => {
  const page = await open();
  await page.ready();
  await watch(page);
  await page.type('CREATE TABLE t (a int);');
  assert.equal(await flown(page, "SELECT create_distributed_table('t', 'a', shard_count => 8);"), 8, 'dealt out');
  const move = "SELECT citus_move_shard_placement(102008, 'localhost', 9701, 'localhost', 9702, 'block_writes');";
  assert.equal(await flown(page, move), 1, 'carried over');
  const split = `SELECT citus_split_shard_by_split_points(102009, ARRAY['-1500000000'],
    ARRAY(SELECT nodeid FROM pg_dist_node WHERE nodeport IN (9701, 9702) ORDER BY nodeport), 'block_writes');`;
  assert.ok((await flown(page, split)) >= 1, 'split off');
  const here = `SELECT citus_split_shard_by_split_points(102010, ARRAY['-900000000'],
    (SELECT ARRAY[nodeid, nodeid] FROM pg_dist_node WHERE nodeport = 9701), 'block_writes');`;
  assert.ok((await flown(page, here)) >= 1, 'split where it lies');
  for (const shard of [102012, 102014]) await page.type(move.replace('102008', shard));
  assert.ok((await flown(page, "SELECT rebalance_table_shards('t', shard_transfer_mode => 'block_writes');")) >= 1, 'rebalanced');
  assert.ok((await flown(page, "SELECT undistribute_table('t');")) >= 8, 'brought home');
  await page.page.waitForFunction(() => document.querySelectorAll('.flyer').length === 0);
});

test('a thousand tiles fly as a few, and in time', async () => {
  const page = await open();
  await page.ready();
  await page.page.getByRole('combobox', { name: 'Workers of a new cluster' }).selectOption('8');
  await page.page.getByRole('button', { name: 'New cluster' }).click();
  await page.ready();
  await watch(page);
  await page.type('CREATE TABLE t (a int);');
  const dealt = await flown(page, "SELECT create_distributed_table('t', 'a', shard_count => 1024);");
  assert.equal(dealt, 8, 'one to each worker');
  // The time of each frame while something flies.
  await page.page.evaluate(() => {
    globalThis.gaps = [];
    let before = performance.now();
    const tick = (now) => {
      if (document.querySelector('.flyer')) globalThis.gaps.push(now - before);
      before = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  assert.equal(await flown(page, "SELECT undistribute_table('t');"), 8, 'one from each worker');
  const gaps = (await page.page.evaluate(() => globalThis.gaps)).sort((a, b) => a - b);
  const median = gaps[Math.floor(gaps.length / 2)];
  console.log(`median frame while 1,024 tiles fly: ${median.toFixed(1)} ms`);
  assert.ok(median < 50, `${median} ms`);
});

test('a shard that moves is seen to move, and with reduced motion is not', async () => {
  const move = "SELECT citus_move_shard_placement(102008, 'localhost', 9701, 'localhost', 9702, 'block_writes');";
  for (const [reducedMotion, flies] of [['no-preference', true], ['reduce', false]]) {
    const page = await withTables({ reducedMotion });
    await page.page.evaluate(() => {
      globalThis.flown = 0;
      new MutationObserver((changes) => {
        for (const change of changes) globalThis.flown += [...change.addedNodes].filter((node) => node.classList?.contains('flyer')).length;
      }).observe(document.querySelector('.map'), { childList: true, subtree: true });
    });
    await page.type(move);
    await page.page.waitForTimeout(200);
    const flown = await page.page.evaluate(() => globalThis.flown);
    assert.equal(flown, flies ? 2 : 0, 'the shard and the one that lies with it');
    await page.page.waitForFunction(() => document.querySelectorAll('.flyer').length === 0);
    assert.deepEqual((await page.tiles('users')).map((tiles) => tiles.length), [0, 15, 17]);
  }
});

test('arrow keys move over the shards, Enter opens one, Escape leaves it', async () => {
  const page = await withTables();
  const map = page.page.getByRole('group', { name: /^Cluster map/ });
  await map.focus();
  const keys = page.page.keyboard;
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await keys.press(key);
  assert.equal((await page.facts()).Shard, 'users_102010');
  await keys.press('End');
  assert.equal((await page.facts()).Shard, 'users_102039');
  await keys.press('Enter');
  await page.page.getByRole('region', { name: 'Rows of the shard' }).waitFor();
  await keys.press('Escape');
  assert.equal(await page.page.locator('.mark').count(), 0);
});

test('the map zooms until tiles can be told apart, and back', async () => {
  const page = await withTables();
  const width = async () => (await page.row('users').locator('.cell').nth(1).boundingBox()).width;
  const before = await width();
  await page.page.getByRole('button', { name: 'Wider nodes' }).click();
  assert.ok((await width()) > before * 1.4);
  await page.page.getByRole('button', { name: 'Fit' }).click();
  assert.equal(await width(), before);
  await page.page.getByRole('group', { name: /^Cluster map/ }).focus();
  await page.page.keyboard.press('+');
  assert.ok((await width()) > before * 1.4);
});

test('32 nodes and 4,096 shards are drawn, all in sight', async () => {
  const page = await open();
  await page.ready();
  await page.page.getByRole('combobox', { name: 'Workers of a new cluster' }).selectOption('31');
  await page.page.getByRole('button', { name: 'New cluster' }).click();
  await page.ready();
  await page.type("CREATE TABLE t (a int); SELECT create_distributed_table('t', 'a', shard_count => 4096);");
  assert.equal(await page.page.locator('.head').count(), 32);
  const { scrollWidth, clientWidth } = await page.page.locator('.map').evaluate(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }));
  assert.ok(scrollWidth <= clientWidth, 'nothing to scroll to');
  await page.row('t').getByText('by a, 0 rows').waitFor();
});

test('those who hear the map get it as nested lists', async () => {
  const page = await withTables();
  const band = page.page.getByRole('region', { name: 'Colocation group 1' });
  const users = band.getByRole('listitem').filter({ has: page.page.getByText('users', { exact: true }) });
  await users.getByRole('listitem').getByText(/^localhost:9701: 16 shards, 0 rows/).first().waitFor();
  const shard = users.getByRole('listitem').getByRole('listitem').getByText(/^users, shard 102008, hashes -2147483648 to -2013265921, 0 rows, on localhost:9701$/);
  assert.equal(await shard.count(), 1);
});

test('rows of every kind of table can be opened, with the pointer and by keyboard', async () => {
  const page = await withTables();
  await page.type(`CREATE TABLE notes (a int, b text); INSERT INTO notes VALUES (1, 'of a local table');
CREATE TABLE inside (a int, b text); SELECT citus_add_local_table_to_metadata('inside'); INSERT INTO inside VALUES (1, 'of a Citus local table');
CREATE TABLE single (a int, b text); SELECT create_distributed_table('single', NULL); INSERT INTO single VALUES (1, 'of a single shard');
INSERT INTO countries VALUES ('of a reference table');`);
  const rows = page.page.getByRole('region', { name: /^Rows of the (shard|table)$/ });
  for (const [table, value] of [
    ['notes', 'of a local table'],
    ['inside', 'of a Citus local table'],
    ['single', 'of a single shard'],
    ['countries', 'of a reference table'],
  ]) {
    const cell = page.row(table).locator('.cell:not(.bare)').first();
    await cell.click({ position: { x: 5, y: 8 } });
    await rows.getByText(value).waitFor();
    await rows.getByRole('button', { name: 'Close' }).click();
  }
  await page.page.getByRole('group', { name: /^Cluster map/ }).focus();
  for (let step = 0; step < 8; step += 1) await page.page.keyboard.press('ArrowDown');
  const { Table, Kind } = await page.facts();
  assert.deepEqual([Table, Kind], ['notes', 'local'], 'arrow keys come to local tables, too');
  await page.page.keyboard.press('Enter');
  await rows.getByText('of a local table').waitFor();
});

test('a refused key lights what it would have touched, and the rule that stopped it', async () => {
  const page = await withTables();
  await page.type('ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES users (id);');
  await page.picture('Cluster');
  const words = page.page.getByRole('group', { name: 'What was refused' });
  await words.getByText(/It would have touched orders, users: 64 shards on 2 nodes/).waitFor();
  assert.match(await words.textContent(), /the distribution columns must stand at the same place in the key/);
  const broken = await page.page.locator('.map.refused path.touched').evaluateAll((paths) =>
    paths.filter((path) => path.getAttribute('d')).map((path) => getComputedStyle(path).strokeDasharray),
  );
  assert.equal(broken.length, 4, 'two tables on two workers');
  assert.ok(broken.every((dashes) => dashes !== 'none'), 'drawn broken');
  await words.getByRole('button', { name: 'See the key' }).click();
  await page.page.getByRole('region', { name: 'The refused key' }).waitFor();
});

test('any refused statement lights the tables that it names, with the words of PostgreSQL', async () => {
  const page = await withTables();
  await page.type('CREATE TABLE notes (a int);');
  await page.type('UPDATE users SET id = 2 WHERE id = 1;');
  const words = page.page.getByRole('group', { name: 'What was refused' });
  await words.getByText(/It would have touched users/).waitFor();
  assert.match(await words.textContent(), /ERROR: {2}modifying the partition value of rows is not allowed/);
  await page.type("SELECT create_distributed_table('notes', 'b');");
  await words.getByText(/It would have touched notes/).waitFor();
  assert.equal(await page.page.locator('.outline.named').count(), 1);
  await page.type('SELECT count(*) FROM users;');
  await page.page.getByText('The last statement touched 32 shards on 2 nodes').waitFor();
  assert.equal(await page.page.locator('.map.refused').count(), 0);
});

test('beyond eight groups the hues come again, but woven; reference tables have a hue of their own', async () => {
  const page = await open();
  await page.ready();
  await page.type("CREATE TABLE ref (a int); SELECT create_reference_table('ref');");
  const make = (i) => `CREATE TABLE t${i} (a int); SELECT create_distributed_table('t${i}', 'a', colocate_with => 'none', shard_count => 4);`;
  await page.type(Array.from({ length: 12 }, (_, i) => make(i)).join('\n'));
  await page.picture('Cluster');
  const looks = await page.page.locator('.band:not(.local)').evaluateAll((bands) =>
    bands.map((band) => {
      const cell = getComputedStyle(band.querySelector('.cell:not(.bare)'));
      return `${cell.backgroundColor} ${cell.backgroundImage}`;
    }),
  );
  assert.equal(looks.length, 13);
  assert.equal(new Set(looks).size, 13, 'no two groups look alike');
});

test('a worker that takes no more shards says so, and shards of folded partitions are counted', async () => {
  const page = await open();
  await page.ready();
  await page.type(`SELECT citus_set_node_property('localhost', 9702, 'shouldhaveshards', false);
CREATE TABLE events (day date, id bigint) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
SELECT create_distributed_table('events', 'id');`);
  const head = (port) => page.page.locator('.head', { hasText: String(port) });
  assert.match(await head(9702).textContent(), /0 shards, takes no more/);
  assert.match(await head(9701).textContent(), /64 shards/);
});

test('before the first table, the phone shows all nodes', async () => {
  const page = await open({ width: 390, height: 844 });
  await page.ready();
  await page.page.getByRole('button', { name: 'Picture', exact: true }).click();
  for (const head of await page.page.locator('.head').all()) {
    const { x, width } = await head.boundingBox();
    assert.ok(x >= 0 && x + width <= 390, 'in sight');
  }
});
