// What is kept: sessions, progress, and what two tabs do to each other.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, open, openTab } from './page.mjs';

after(close);

/** A session with a step done, a table made and an edit. */
async function used() {
  const page = await open();
  await page.ready();
  await page.runStep(1);
  await page.type('CREATE TABLE kept (a int);');
  await page.editStep(2, 'SELECT 2;');
  // The browser writes to its database behind the page's back.
  await page.page.waitForTimeout(200);
  return page;
}

test('the session survives a reload', async () => {
  const page = await used();
  const before = await page.transcript();
  await page.page.reload();
  await page.ready();
  assert.deepEqual(await page.localTables(), { kept: 'local' });
  assert.equal(await page.transcript(), before);
  assert.deepEqual(await page.remarks(), ['The cluster is as you left it.']);
});

test("a lesson's progress survives a reload", async () => {
  const page = await used();
  await page.page.reload();
  await page.ready();
  assert.ok(await page.step(1).evaluate((step) => step.classList.contains('done')));
  assert.equal(await page.step(2).getByRole('textbox').innerText(), 'SELECT 2;');
  await page.page.getByText(/^1 of /).waitFor();
});

test('each lesson has a cluster of its own', async () => {
  const page = await used();
  await page.lesson('woodgrove');
  await page.page.getByText('No tables yet.').waitFor();
  assert.match(page.page.url(), /#lesson=woodgrove$/);
  await page.page.goBack();
  await page.page.getByRole('rowheader', { name: 'kept' }).or(page.page.getByText('kept', { exact: true })).first().waitFor();
  await page.ready();
  assert.deepEqual(await page.localTables(), { kept: 'local' });
});

test('a step can be reset, and so can everything', async () => {
  const page = await open();
  await page.ready();
  await page.lesson('woodgrove');
  for (const step of [1, 2, 3]) await page.runStep(step);
  await page.page.locator('#step-2').getByRole('button', { name: 'Reset step' }).click();
  await page.ready();
  await page.page.getByText(/^1 of /).waitFor();
  assert.equal(Object.keys(await page.keys()).length, 3, 'the keys that step 3 dropped are back');
  await page.runStep(2);
  await page.page.getByRole('button', { name: 'New cluster' }).click();
  await page.page.getByText('No tables yet.').or(page.page.getByText(/^0 of /)).first().waitFor();
  await page.ready();
  await page.page.reload();
  await page.ready();
  await page.page.getByText(/^0 of /).waitFor();
  assert.deepEqual(await page.localTables(), {});
});

test("two tabs don't spoil each other", async () => {
  const first = await used();
  const second = await openTab(first.page.context());
  await second.ready();
  assert.deepEqual(await second.localTables(), {}, 'a new tab has a cluster of its own');
  await second.type('CREATE TABLE other (a int);');
  for (const page of [first, second]) {
    await page.page.reload();
    await page.ready();
  }
  assert.deepEqual(await first.localTables(), { kept: 'local' });
  assert.deepEqual(await second.localTables(), { other: 'local' });
});

test('a statement that was stopped is not run again after a reload', async () => {
  const page = await open();
  await page.ready();
  await page.prompt.fill(
    'CREATE TABLE kept (a int);\nSELECT count(*) FROM generate_series(1, 30000) a, generate_series(1, 30000) b WHERE a * b % 7 = 3;',
  );
  await page.prompt.press('Enter');
  await page.page.locator('pre', { hasText: /^CREATE TABLE\n$/ }).waitFor();
  await page.page.getByRole('button', { name: 'Stop' }).click();
  await page.ready();
  await page.page.reload();
  await page.ready();
  assert.deepEqual(await page.localTables(), { kept: 'local' });
});

test('a new cluster can be undone, with the progress', async () => {
  const page = await used();
  await page.page.getByRole('button', { name: 'New cluster' }).click();
  await page.page.getByText(/^0 of /).waitFor();
  await page.ready();
  await page.page.getByRole('button', { name: 'Undo', exact: true }).click();
  await page.page.getByText(/^1 of /).waitFor();
  await page.ready();
  assert.deepEqual(await page.localTables(), { kept: 'local' });
  assert.equal(await page.page.getByRole('button', { name: 'Undo', exact: true }).count(), 0);
  await page.page.reload();
  await page.ready();
  assert.deepEqual(await page.localTables(), { kept: 'local' }, 'it is kept again');
});

test('a long session comes back in time, and tells how far it is', async () => {
  const page = await open();
  await page.ready();
  await page.lesson('woodgrove');
  for (let step = 1; step <= 12; step += 1) await page.solveStep(step);
  for (let text = 1; text <= 60; text += 1) {
    await page.prompt.fill(`INSERT INTO payment_users SELECT i, NULL, 'u' || i, NULL FROM generate_series(${text * 100 + 1}, ${text * 100 + 100}) i;`);
    await page.prompt.press('Control+Enter');
  }
  await page.type('SELECT count(*) FROM payment_users;');
  const before = await page.lastOutput();
  await page.page.waitForTimeout(500);
  await page.page.evaluate(() => sessionStorage.setItem('probe', '1'));
  await page.page.addInitScript(() => {
    globalThis.seen = [];
    new MutationObserver(() => {
      const progress = document.querySelector('.engine-status progress[aria-label="Restoring the cluster"]');
      if (progress) globalThis.seen.push(progress.value);
    }).observe(document, { childList: true, subtree: true, attributes: true });
  });
  await page.page.reload();
  const begin = Date.now();
  await page.ready();
  console.log(`a session of 73 texts is back after ${Date.now() - begin} ms, engine loaded`);
  assert.ok(Date.now() - begin < 15_000);
  assert.equal(await page.lastOutput(), before);
  const seen = await page.page.evaluate(() => globalThis.seen);
  assert.ok(seen.length > 0, 'how far the replay is was shown');
});
