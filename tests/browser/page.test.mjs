// The page itself: loading, phone width, keyboard.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, open } from './page.mjs';

after(close);

test('the lesson can be read while the engine loads', async () => {
  let arrive;
  const arrived = new Promise((resolve) => (arrive = resolve));
  const page = await open({
    before: (page) =>
      page.context().route('**/engine_bg.wasm', async (route) => {
        await arrived;
        await route.continue();
      }),
  });
  await page.page.getByRole('heading', { level: 1 }).waitFor();
  await page.page.getByText('Meet the nodes').waitFor();
  await page.page.getByRole('progressbar', { name: 'Loading the engine' }).waitFor();
  assert.ok(await page.step(1).getByRole('button', { name: 'Run' }).isDisabled());
  arrive();
  await page.ready();
});

test('an engine that cannot be loaded is said to be so, and can be tried again', async () => {
  const page = await open({
    before: (page) =>
      page.context().route('**/engine_bg.wasm', (route) => route.fulfill({ status: 404 }), { times: 1 }),
  });
  await page.page.getByText(/The engine could not start: .*404/).waitFor();
  await page.page.getByRole('button', { name: 'Try again' }).click();
  await page.ready();
});

test('on a phone, running a step brings its output to the front', async () => {
  const page = await open({ width: 390, height: 844 });
  await page.ready();
  const wide = await page.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.ok(!wide, 'nothing is wider than the screen');
  await page.runStep(1);
  await page.page.getByRole('region', { name: 'Terminal' }).waitFor();
  await page.page.getByRole('button', { name: 'Picture' }).click();
  await page.page.getByRole('heading', { name: 'Worker', exact: true }).first().waitFor();
  await page.page.getByRole('button', { name: 'Lesson', exact: true }).click();
  await page.step(2).getByRole('button', { name: 'Run' }).waitFor();
});

test('arrow keys move over the shards and the dividers', async () => {
  const page = await open();
  await page.ready();
  await page.type('CREATE TABLE t (a int); SELECT create_distributed_table(\'t\', \'a\');');
  await page.page.getByRole('group', { name: /^Cluster map/ }).focus();
  await page.page.keyboard.press('ArrowRight');
  await page.page.keyboard.press('ArrowRight');
  await page.page.getByText('t_102010', { exact: true }).waitFor();
  const divider = page.page.getByRole('separator', { name: 'Width of the lesson' });
  const before = Number(await divider.getAttribute('aria-valuenow'));
  await divider.press('ArrowRight');
  assert.equal(Number(await divider.getAttribute('aria-valuenow')), before + 1);
});

test('the terminal recalls what was typed', async () => {
  const page = await open();
  await page.ready();
  await page.type('SELECT 1;');
  await page.type('SELECT 2;');
  await page.prompt.press('ArrowUp');
  await page.prompt.press('ArrowUp');
  assert.equal(await page.typed(), 'SELECT 1;');
  await page.prompt.press('ArrowDown');
  await page.prompt.press('ArrowDown');
  assert.equal(await page.typed(), '');
});

test('arrow keys go from step to step', async () => {
  const page = await open();
  await page.ready();
  const title = (number) => page.step(number).locator('h2 button');
  await title(1).focus();
  await page.page.keyboard.press('ArrowDown');
  assert.ok(await title(2).evaluate((title) => title === document.activeElement));
  await page.page.keyboard.press('ArrowUp');
  assert.ok(await title(1).evaluate((title) => title === document.activeElement));
});
