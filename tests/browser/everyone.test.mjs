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
