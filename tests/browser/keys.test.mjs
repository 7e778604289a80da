// The foreign-key clinic: diagram, refusal, repairs, matrix.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, open } from './page.mjs';

after(close);

const TABLES = `CREATE TABLE shops (id bigint PRIMARY KEY);
CREATE TABLE visits (user_id bigint, shop_id bigint);
SELECT create_distributed_table('shops', 'id'), create_distributed_table('visits', 'user_id');`;
const KEY = 'ALTER TABLE visits ADD CONSTRAINT visits_shop FOREIGN KEY (shop_id) REFERENCES shops (id);';

async function refused() {
  const page = await open();
  await page.ready();
  await page.type(TABLES);
  await page.type(KEY);
  return page;
}

test('the lines of a key end on its columns', async () => {
  const page = await open();
  await page.ready();
  await page.type(`CREATE TABLE a (x int, y int, PRIMARY KEY (x, y));
CREATE TABLE b (p int, q int, CONSTRAINT b_a FOREIGN KEY (q, p) REFERENCES a (x, y));`);
  await page.picture('Foreign keys');
  const ends = await page.page.locator('g.key').evaluateAll((lines) =>
    lines.map((line) => [...line.querySelectorAll('circle')].map((dot) => {
      const { left, top, width, height } = dot.getBoundingClientRect();
      const [x, y] = [left + width / 2, top + height / 2];
      for (const column of document.querySelectorAll('.box li')) {
        const frame = column.getBoundingClientRect();
        const beside = Math.abs(x - frame.left) < 4 || Math.abs(x - frame.right) < 4;
        if (beside && y > frame.top && y < frame.bottom) return column.querySelector('.column').textContent;
      }
      return undefined;
    })),
  );
  assert.deepEqual(ends, [['q', 'x'], ['p', 'y']]);
});

test('a refused key shows the cell it hit and each condition, met or not, with what was found', async () => {
  const page = await refused();
  const refusal = await page.refusal();
  assert.match(refusal.key, /visits \(shop_id\) to shops \(id\)/);
  assert.deepEqual(refusal.conditions, [
    ['the referenced table is a reference table', false],
    ['both tables are distributed', true],
    ['both tables are in one colocation group', true],
    ['their distribution columns have one type', true],
    ['the distribution columns are in the key, at the same place', false],
  ]);
  await page.page.getByText('visits.user_id is not in the key').waitFor();
  assert.match(refusal.cell, /the refused key/);
  assert.ok(refusal.drawnBroken);
});

const repairs = [
  ['Make shops a reference table', 'to a reference table'],
  ['Distribute both by the key: shop_id and id', 'colocated, on shop_id'],
];
for (const [title, rule] of repairs) {
  test(`one click repairs a refused key: ${title}`, async () => {
    const page = await refused();
    await page.picture('Foreign keys');
    await page.page.getByRole('button', { name: `Run: ${title}` }).click();
    await page.page.locator('.rule:not(.refused)').waitFor();
    assert.deepEqual(await page.keys(), { visits_shop: rule });
    assert.equal(await page.refusal(), undefined);
  });
}

test('the matrix says what may reference what, and marks where the keys that stand belong', async () => {
  const page = await open();
  await page.ready();
  await page.type(`${TABLES}
SELECT undistribute_table('shops');
SELECT create_reference_table('shops');
${KEY}`);
  await page.picture('Foreign keys');
  const cells = page.page.locator('.matrix tbody td');
  assert.equal(await cells.count(), 25);
  const marked = page.page.locator('.matrix td', { has: page.page.locator('.mark') });
  assert.match(await marked.textContent(), /^yes1 key/);
});

test('lines run between the tables, never behind one, and their labels never on one', async () => {
  const page = await open();
  await page.ready();
  const tables = Array.from({ length: 20 }, (_, i) => {
    const links = new Set(i < 8 ? [i - 1, i - 3, Math.floor(i / 2) - 1] : [i % 8, i % 3]);
    const columns = [...links].filter((j) => j >= 0).map((j) => `to_${j} bigint REFERENCES t${j}`);
    return `CREATE TABLE t${i} (id bigint PRIMARY KEY, name text${columns.map((column) => `, ${column}`).join('')});`;
  });
  await page.type(tables.join('\n'));
  await page.picture('Foreign keys');
  const { keys, crossed, covered, stacked } = await page.page.evaluate(() => {
    const inside = (x, y, frame, by) => x > frame.left + by && x < frame.right - by && y > frame.top + by && y < frame.bottom - by;
    const boxes = [...document.querySelectorAll('.box')].map((box) => box.getBoundingClientRect());
    const origin = document.querySelector('.diagram svg').getBoundingClientRect();
    const paths = [...document.querySelectorAll('path.key')];
    const crossed = paths.filter((path) => {
      const length = path.getTotalLength();
      return Array.from({ length: 60 }, (_, i) => path.getPointAtLength((length * i) / 59)).some(({ x, y }) =>
        boxes.some((box) => inside(x + origin.left, y + origin.top, box, 3)),
      );
    });
    const labels = [...document.querySelectorAll('.rule')].map((rule) => rule.getBoundingClientRect());
    const meet = (a, b, by) => a.left < b.right - by && b.left < a.right - by && a.top < b.bottom - by && b.top < a.bottom - by;
    const covered = labels.filter((label) => boxes.some((box) => meet(label, box, 2)));
    const stacked = labels.filter((label, i) => labels.some((other, j) => j < i && meet(label, other, 3)));
    return { keys: paths.length, crossed: crossed.length, covered: covered.length, stacked: stacked.length };
  });
  assert.ok(keys > 15, `${keys} keys`);
  assert.deepEqual({ crossed, covered, stacked }, { crossed: 0, covered: 0, stacked: 0 });
});
