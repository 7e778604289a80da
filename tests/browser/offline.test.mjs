// The site without a network, and new versions of it. A small server between browser and site can
// be switched off, or pretend to have a newer version.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { close, open } from './page.mjs';

let address;
let version = '';
let down = false;

/** Hands the site on; a newer version has another name for everything, and so another worker. */
const server = createServer(async (request, response) => {
  if (down) return request.socket.destroy();
  const asked = version ? request.url.replace(`/${version}/`, `/${original}/`) : request.url;
  const answer = await fetch(new URL(asked, process.env.KUMQUAT_ADDRESS));
  let body = Buffer.from(await answer.arrayBuffer());
  if (version && /text\/html|service-worker/.test(answer.headers.get('content-type') + asked)) {
    body = Buffer.from(body.toString().replaceAll(original, version));
  }
  const { 'content-type': kind, 'cache-control': keep } = Object.fromEntries(answer.headers);
  response.writeHead(answer.status, { 'content-type': kind, 'cache-control': keep }).end(body);
});
let original;

before(async () => {
  const index = await (await fetch(process.env.KUMQUAT_ADDRESS)).text();
  original = /\.\/([0-9a-f]{16})\/page\.css/.exec(index)[1];
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${server.address().port}/`;
});

after(async () => {
  await close();
  server.closeAllConnections();
  server.close();
});

/** Waits until the service worker has all of the site and answers for the page. */
async function kept({ page }) {
  const isKept = async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    return registration?.active?.state === 'activated' && navigator.serviceWorker.controller !== null;
  };
  for (let tries = 0; !(await page.evaluate(isKept)); tries += 1) {
    assert.ok(tries < 300, 'the service worker keeps the site');
    await page.waitForTimeout(50);
  }
}

test('after the first load the page works without a network', async () => {
  const page = await open({ address });
  await page.ready();
  await kept(page);
  await page.type('CREATE TABLE kept (a int);');
  down = true;
  try {
    await page.page.reload();
    await page.ready();
    assert.deepEqual(await page.localTables(), { kept: 'local' });
    await page.lesson('woodgrove');
    await page.runStep(1);
  } finally {
    down = false;
  }
  assert.deepEqual(page.strangers, [], 'no request leaves the origin');
});

test('a new version is offered, not forced', async () => {
  const page = await open({ address });
  await page.ready();
  await kept(page);
  version = 'f'.repeat(16);
  try {
    await page.page.reload();
    await page.page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
    await page.page.getByText('A new version is ready.').waitFor();
    const css = () => page.page.locator('link[rel=stylesheet]').getAttribute('href');
    assert.match(await css(), new RegExp(original), 'the old one goes on');
    await Promise.all([
      page.page.waitForEvent('load'),
      page.page.locator('.update').getByRole('button', { name: 'Reload' }).click(),
    ]);
    assert.match(await css(), new RegExp(version));
    await page.ready();
  } finally {
    version = '';
  }
});
