// The page for everyone: nothing that axe objects to, all of it by keyboard, on any width.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { close, open } from './page.mjs';

after(close);

const SCRIPT = `CREATE TABLE users (id bigint PRIMARY KEY, name text);
CREATE TABLE orders (id bigint, user_id bigint REFERENCES users, PRIMARY KEY (id, user_id));
CREATE TABLE countries (code text PRIMARY KEY);
CREATE TABLE notes (a int);
SELECT create_reference_table('countries');
SELECT create_distributed_table('users', 'id');
INSERT INTO users SELECT i, 'user' FROM generate_series(1, 100) i;
SELECT create_distributed_table('orders', 'id');`;

async function objections(page, where) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
}

/** Refusals, dialogs and a lesson in the middle, behind the states that every visit passes. */
async function lookFurther(page, zone, look) {
  await page.page.keyboard.press('Escape');
  await zone('Terminal');
  await page.type('ALTER TABLE users ADD FOREIGN KEY (id) REFERENCES notes;');
  await page.type('ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES users (id);');
  await look('errors');
  await zone('Picture');
  for (const tab of ['Foreign keys', 'Statement', 'Cluster']) {
    await page.picture(tab);
    await look(`${tab}, refused`);
  }
  await page.page.getByRole('button', { name: 'Share' }).click();
  await page.page.getByRole('dialog', { name: 'Share this session' }).waitFor();
  await look('share');
  await page.page.keyboard.press('Escape');
  await zone('Lesson');
  await page.runStep(1);
  await zone('Lesson');
  await look('lesson, a step done');
  await page.page.getByRole('button', { name: 'New cluster' }).click();
  await page.ready();
  await look('new cluster, to be undone');
}

for (const colorScheme of ['light', 'dark']) {
  for (const [device, width, height] of [['desk', 1440, 900], ['phone', 390, 844]]) {
    test(`axe objects to nothing, ${colorScheme}, on a ${device}`, async () => {
      const page = await open({ colorScheme, width, height, reducedMotion: 'reduce' });
      await page.ready();
      const found = [];
      const look = async (where) => found.push(...(await objections(page.page, where)));
      const zone = async (name) => {
        if (device === 'phone') await page.page.getByRole('button', { name, exact: true }).click();
      };
      await look('lesson, empty');
      await zone('Picture');
      for (const tab of ['Cluster', 'Foreign keys', 'Statement']) {
        await page.picture(tab);
        await look(`${tab}, empty`);
      }
      await zone('Terminal');
      await page.type(SCRIPT);
      await look('terminal');
      await zone('Picture');
      for (const tab of ['Foreign keys', 'Statement', 'Cluster']) {
        await page.picture(tab);
        await look(tab);
      }
      const cell = page.row('users').locator('.cell').nth(1);
      await cell.click({ position: { x: 3, y: 10 } });
      await page.page.getByRole('region', { name: 'Rows of the shard' }).waitFor();
      await look('rows of a shard');
      await page.page.locator('.band .term').first().click();
      await page.page.getByRole('dialog', { name: 'Glossary' }).waitFor();
      await look('glossary');
      // States that need a session of their own: each device and each scheme once.
      if ((device === 'phone') === (colorScheme === 'dark')) await lookFurther(page, zone, look);
      assert.deepEqual(found, []);
    });
  }
}

test('a term opens the glossary where it is explained, and Escape leads back', async () => {
  const page = await open();
  await page.ready();
  await page.type(SCRIPT);
  const term = page.page.locator('.stage .term', { hasText: 'Colocated' }).first();
  await page.picture('Cluster');
  await term.focus();
  await page.page.keyboard.press('Enter');
  await page.page.locator('#glossary-colocation:focus').waitFor();
  await page.page.keyboard.press('Escape');
  assert.equal(await page.page.getByRole('dialog').count(), 0);
  assert.equal(await page.page.locator('.term:focus').textContent(), 'Colocated');
});

for (const [width, name] of [[390, 'a phone'], [1024, 'a tablet'], [1440, 'a desk']]) {
  test(`nothing is wider than the screen on ${name}`, async () => {
    const page = await open({ width, height: 844 });
    await page.ready();
    const overflow = () => page.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok((await overflow()) <= 0);
  });
}

/** Presses Tab until `reached` says yes of what has the focus; each stop must be seen to have it. */
async function tabTo(page, reached, key = 'Tab') {
  for (let presses = 0; presses < 200; presses += 1) {
    await page.keyboard.press(key);
    const [there, seen] = await page.evaluate((reached) => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
      // An editor's frame shows that it has the focus.
      const framed = element.closest('.editor, .prompt') !== null;
      const seen = element === document.body || ring || framed ? '' : element.outerHTML.slice(0, 100);
      return [new Function('element', `return ${reached}`)(element), seen];
    }, reached);
    assert.equal(seen, '', 'the focus is seen');
    if (there) return;
  }
  assert.fail(`Tab never came to ${reached}`);
}

test('the whole tutorial can be done with the keyboard alone', async () => {
  const page = await open({ address: `${process.env.KUMQUAT_ADDRESS}#lesson=woodgrove` });
  await page.ready();
  await page.page.getByRole('heading', { level: 1, name: /Woodgrove/ }).waitFor();
  const { keyboard } = page.page;
  for (let step = 1; step <= 12; step += 1) {
    const run = `element.textContent === 'Run' && element.closest('#step-${step}') !== null`;
    await tabTo(page.page, run);
    const solution = page.page.locator(`#step-${step} details`, { has: page.page.locator('.solution') });
    if (await solution.count()) {
      await tabTo(page.page, `element.textContent === 'Solution' && element.closest('#step-${step}') !== null`);
      await keyboard.press('Enter');
      await tabTo(page.page, `element.textContent === 'Put it into the editor'`);
      await keyboard.press('Enter');
      await tabTo(page.page, run, 'Shift+Tab');
    }
    await keyboard.press('Enter');
    await page.page.locator(`.step.done:nth-child(${step})`).waitFor({ state: 'attached' });
    const still = await page.page.evaluate((step) => document.activeElement.closest(`#step-${step}`) !== null, step);
    assert.ok(still, `the focus stays in step ${step}`);
  }
  await tabTo(page.page, `element.getAttribute('role') === 'tab'`);
  for (const name of ['Foreign keys', 'Statement', 'Cluster']) {
    for (let turns = 0; turns < 3; turns += 1) {
      if ((await page.page.locator('[role=tab]:focus').textContent()).startsWith(name)) break;
      await keyboard.press('ArrowRight');
    }
    await page.page.getByRole('tab', { name, selected: true }).waitFor();
  }
  await tabTo(page.page, `element.id === 'prompt'`);
  await keyboard.type('SELECT 1 AS by_keyboard;');
  await keyboard.press('Enter');
  await page.page.locator('.statement', { hasText: 'by_keyboard' }).last().waitFor();
});

test('those who hear the page meet the lesson, then the picture, then the terminal', async () => {
  const page = await open();
  await page.ready();
  const regions = await page.page.getByRole('main').evaluate((main) =>
    [...main.querySelectorAll(':scope > section')].map((section) => section.getAttribute('aria-label')),
  );
  assert.deepEqual(regions, ['Lesson', 'Picture', 'Terminal']);
});
