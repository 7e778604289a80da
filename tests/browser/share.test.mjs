// A session as a link and as files.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { close, open } from './page.mjs';

after(close);

const SCRIPT = "CREATE TABLE shared (a int, note text);\nINSERT INTO shared VALUES (1, 'Zoë');\n\\d shared\n";

async function shared() {
  const page = await open();
  await page.ready();
  await page.type(SCRIPT);
  await page.page.getByRole('button', { name: 'Share' }).click();
  return page;
}

async function link(page) {
  const field = page.page.getByRole('textbox', { name: 'Link' });
  await page.page.waitForFunction(() => document.querySelector('.share-link input').value.includes('#script='));
  return field.inputValue();
}

test('a link holds the whole script, readable when decoded', async () => {
  const letters = (await link(await shared())).split('#script=')[1];
  assert.match(letters, /^[\w-]+$/);
  assert.equal(inflateRawSync(Buffer.from(letters, 'base64url')).toString(), SCRIPT);
});

test('a link that is opened offers to run its script', async () => {
  const address = await link(await shared());
  const page = await open({ address });
  await page.ready();
  await page.page.getByRole('heading', { level: 1, name: 'A shared script' }).waitFor();
  assert.equal(await page.transcript(), '', 'nothing has run');
  await page.runStep(1);
  assert.deepEqual(await page.localTables(), { shared: 'local' });
  await page.page.reload();
  await page.ready();
  assert.deepEqual(await page.localTables(), { shared: 'local' }, 'its session is kept, too');
  assert.deepEqual(page.strangers, []);
});

test('a broken link says so and leaves the page usable', async () => {
  const page = await open();
  await page.ready();
  const { href } = new URL('#script=%%%', page.page.url());
  await page.page.goto(href);
  await page.page.getByText(/the link holds no script/).waitFor();
  await page.type('SELECT 1;');
  assert.match(await page.lastOutput(), /1 row/);
});

test('a session is saved as SQL and as a psql script', async () => {
  const page = await shared();
  const saved = async (name) => {
    const [download] = await Promise.all([
      page.page.waitForEvent('download'),
      page.page.getByRole('button', { name }).click(),
    ]);
    return [download.suggestedFilename(), await readFile(await download.path(), 'utf8')];
  };
  assert.deepEqual(await saved('Save as .sql'), ['kumquat.sql', SCRIPT.replace('\\d', '-- psql: \\d')]);
  const [name, script] = await saved('Save as psql script');
  assert.equal(name, 'kumquat.psql');
  assert.ok(script.endsWith(`\n\n${SCRIPT}`));
});
