// What a learner may do wrong, and what may go wrong with the engine.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, open } from './page.mjs';

after(close);

const mistakes = [
  ['SELEC 1;', ['ERROR:  syntax error at or near "SELEC"', 'LINE 1: SELEC 1;', '        ^']],
  ['SELECT * FROM nowhere;', ['ERROR:  relation "nowhere" does not exist', 'LINE 1: SELECT * FROM nowhere;', '                      ^']],
  ['SELECT colour FROM kept;', ['ERROR:  column "colour" does not exist', 'LINE 1: SELECT colour FROM kept;', '               ^']],
  ['SELECT 1/0;', ['ERROR:  division by zero']],
];

test('mistakes are answered in psql\'s words and change nothing', async () => {
  const page = await open();
  await page.ready();
  await page.type('CREATE TABLE kept (a int);');
  for (const [sql, expected] of mistakes) {
    await page.type(sql);
    assert.deepEqual((await page.lastOutput()).trimEnd().split('\n'), expected);
  }
  assert.deepEqual(await page.localTables(), { kept: 'local' });
  assert.deepEqual(page.errors, []);
});

test('a worker that dies is replaced, and the cluster is as it was', async () => {
  const page = await open();
  await page.ready();
  await page.type('CREATE TABLE kept (a int);');
  const [worker] = page.page.workers();
  const death = { id: 0, body: { trapped: { message: 'unreachable' } } };
  await worker.evaluate((death) => self.postMessage(death), death);
  await page.page.getByText(/The engine stopped \(unreachable\)/).waitFor();
  await page.ready();
  assert.deepEqual(await page.localTables(), { kept: 'local' });
  await page.type('INSERT INTO kept VALUES (1);');
  assert.equal(await page.lastOutput(), 'INSERT 0 1\n');
});

test('a running statement can be stopped', async () => {
  const page = await open();
  await page.ready();
  await page.type('CREATE TABLE kept (a int);');
  await page.page.locator('#prompt').fill(
    'SELECT count(*) FROM generate_series(1, 30000) a, generate_series(1, 30000) b WHERE a * b % 7 = 3;',
  );
  await page.page.locator('#prompt').press('Enter');
  await page.page.getByRole('button', { name: 'Stop' }).click();
  await page.page.getByText('You stopped the statement.').waitFor();
  await page.ready();
  assert.deepEqual(await page.localTables(), { kept: 'local' });
});

test('a new cluster is empty', async () => {
  const page = await open();
  await page.ready();
  await page.lesson('woodgrove');
  await page.runStep(1);
  await page.page.getByRole('button', { name: 'New cluster' }).click();
  await page.ready();
  await page.page.getByText('No tables yet.').waitFor();
  await page.page.getByText('0 of 12').waitFor();
});
