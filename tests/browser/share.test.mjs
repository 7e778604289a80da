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

const CSV = 'id,name\n1,Zoë\n2,"two, too"\n';

async function withFile(name, text) {
  const page = await open();
  await page.ready();
  await page.type('CREATE TABLE people (id int, name text);');
  await page.page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
  await page.page.getByText(`psql can read ${name} now`).waitFor();
  await page.type(`\\copy people from ${name} with (format csv, header)`);
  await page.page.getByRole('button', { name: 'Share' }).click();
  return page;
}

test('a small file travels in the link, readable when decoded, and is there when the script runs', async () => {
  const page = await withFile('people.csv', CSV);
  const address = await link(page);
  const [, letters] = /&file=people\.csv:([\w-]+)$/.exec(address);
  assert.equal(inflateRawSync(Buffer.from(letters, 'base64url')).toString(), CSV);
  await page.page.getByText('Files in the link: people.csv.').waitFor();
  const other = await open({ address });
  await other.ready();
  await other.page.getByText('With it came files that psql can read: people.csv').waitFor();
  await other.runStep(1);
  assert.match(await other.transcript(), /COPY 2/);
  await other.page.getByRole('button', { name: 'New cluster' }).click();
  await other.ready();
  await other.runStep(1);
  assert.match(await other.transcript(), /COPY 2/, 'a new cluster of the script has the file, too');
});

test('a file too large for the link is named, with what to do, to both sides', async () => {
  const noise = Array.from({ length: 60_000 }, (_, i) => `${i},${Math.sin(i).toString(36).slice(3)}`).join('\n');
  const page = await withFile('large.csv', `id,name\n${noise}\n`);
  const address = await link(page);
  assert.match(address, /&without=large\.csv$/);
  await page.page.getByText(/^Too large for the link: large\.csv\. Send it along/).waitFor();
  const other = await open({ address });
  await other.ready();
  await other.page.getByText('Not in the link: large.csv.').waitFor();
});

test('a name of a file in a link is text, not markup', async () => {
  const name = encodeURIComponent('<img src=x onerror=document.title=1>.csv');
  const address = `${(await link(await shared())).split('#')[0]}#script=${(await link(await shared())).split('#script=')[1]}&without=${name}`;
  const page = await open({ address });
  await page.ready();
  await page.page.getByText('Not in the link: <img').waitFor();
  assert.equal(await page.page.locator('.lesson img').count(), 0);
});

test('saved scripts name the files that they read', async () => {
  const page = await withFile('people.csv', CSV);
  for (const name of ['Save as .sql', 'Save as psql script']) {
    const [download] = await Promise.all([
      page.page.waitForEvent('download'),
      page.page.getByRole('button', { name }).click(),
    ]);
    assert.match(await readFile(await download.path(), 'utf8'), /^-- It reads the file people\.csv\.$/m);
  }
});
