// Every lesson, done in the page as it is written: each step reaches its goal.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, open } from './page.mjs';

after(close);

/** The lessons as the page gets them: a file `lessons.json` and one file for each. */
async function lessons(page) {
  return page.page.evaluate(async () => {
    const base = document.querySelector('link[href$="page.css"]').href.replace(/page\.css$/, '');
    const file = async (name) => (await fetch(`${base}${name}`)).json();
    const list = await file('lessons.json');
    return Promise.all(list.map(({ id }) => file(`lesson-${id}.json`)));
  });
}

test('each lesson can be done to its end', async (context) => {
  const first = await open();
  await first.ready();
  for (const lesson of await lessons(first)) {
    await context.test(lesson.title, async () => {
      const page = await open();
      await page.ready();
      await page.lesson(lesson.id);
      const count = lesson.steps.length;
      for (let step = 1; step <= count; step += 1) await page.solveStep(step);
      await page.page.getByText(`${count} of ${count}`).waitFor();
      assert.deepEqual(page.errors, []);
      await page.page.context().close();
    });
  }
});

test('a term opens its definition, by keyboard too', async () => {
  const page = await open();
  await page.ready();
  const term = page.page.getByRole('button', { name: 'Citus', exact: true });
  await term.focus();
  await page.page.keyboard.press('Enter');
  await page.page.getByText('An extension of PostgreSQL that makes several servers work as one').waitFor();
  await page.page.keyboard.press('Escape');
  await page.page.locator('.definition:popover-open').waitFor({ state: 'detached' });
});

test('what stands in the editor of a task does not finish it', async () => {
  const page = await open();
  await page.ready();
  for (const step of [1, 2]) await page.runStep(step);
  await page.step(3).getByRole('button', { name: 'Run' }).click();
  await page.step(3).locator('.checks li').first().waitFor();
  assert.deepEqual(await page.checks(3), [
    ['rides is distributed by bike_id', false],
    ['rides has four shards', false],
  ]);
});
