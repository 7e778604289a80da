// What an address opens: a lesson, a step of it; and the way from lesson to lesson.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, open } from './page.mjs';

after(close);

const at = (fragment) => open({ address: `${process.env.KUMQUAT_ADDRESS}#${fragment}` });

test('a link to a step opens its lesson there', async () => {
  const page = await at('lesson=woodgrove&step=5');
  await page.ready();
  const step = page.step(5);
  await step.getByRole('button', { name: 'Run', exact: true }).waitFor();
  const { y } = await step.boundingBox();
  assert.ok(y > 0 && y < 400, 'in sight');
  assert.equal(await page.page.evaluate(() => document.activeElement.closest('.step')?.querySelector('.number').textContent), '5');
});

test('each step has a link of its own', async () => {
  const page = await at('lesson=woodgrove');
  await page.ready();
  await page.page.getByRole('link', { name: 'Link to step 3' }).click();
  assert.match(page.page.url(), /#lesson=woodgrove&step=3$/);
  await page.step(3).getByRole('button', { name: 'Run', exact: true }).waitFor();
});

test('a step that is not there is no harm', async () => {
  const page = await at('lesson=woodgrove&step=99');
  await page.ready();
  assert.deepEqual(page.errors, []);
  await page.runStep(1);
});

test('the end of a lesson leads to the next one, by keyboard', async () => {
  const page = await open();
  await page.ready();
  const next = page.page.getByRole('link', { name: /^Next lesson/ });
  const title = (await next.textContent()).replace('Next lesson', '').trim();
  assert.equal(await page.page.getByRole('link', { name: /^Previous lesson/ }).count(), 0, 'this is the first');
  await next.focus();
  await page.page.keyboard.press('Enter');
  await page.page.getByRole('heading', { level: 1, name: title }).waitFor();
  await page.page.getByRole('link', { name: /^Previous lesson/ }).waitFor();
});

test('on paper a lesson is its text and its SQL', async () => {
  const page = await at('lesson=woodgrove');
  await page.ready();
  await page.page.emulateMedia({ media: 'print' });
  assert.ok(await page.page.getByRole('heading', { level: 1, name: /Woodgrove/ }).isVisible());
  assert.ok(!(await page.page.locator('.terminal').isVisible()));
  assert.ok(await page.page.locator('#step-12').isVisible(), 'steps that are closed, too');
});
