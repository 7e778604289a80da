// The terminal and the editors: what they offer, mark, recall and take.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, open } from './page.mjs';

after(close);

/** What the list of completions offers after typing at the end of the prompt. */
async function offers(page, text) {
  await page.prompt.fill('');
  await page.prompt.pressSequentially(text);
  await page.page.locator('.cm-tooltip-autocomplete li').first().waitFor();
  return page.page.locator('.cm-tooltip-autocomplete .cm-completionLabel').allTextContents();
}

test('SQL is highlighted as PostgreSQL', async () => {
  const page = await open();
  await page.ready();
  await page.prompt.fill("SELECT 'a', 1 FROM t; -- x");
  const tokens = await page.prompt.locator('[class^=tok-]').evaluateAll((tokens) =>
    tokens.map((token) => [token.className, token.textContent]));
  assert.deepEqual(tokens, [
    ['tok-keyword', 'SELECT'],
    ['tok-string', "'a'"],
    ['tok-punctuation', ','],
    ['tok-number', '1'],
    ['tok-keyword', 'FROM'],
    ['tok-comment', '-- x'],
  ]);
});

test('completion knows the live schema, settings, functions and meta-commands', async () => {
  const page = await open();
  await page.ready();
  await page.type('CREATE TABLE orders (order_id bigint, placed_at timestamptz);');
  assert.ok((await offers(page, 'SELECT * FROM ord')).includes('orders'));
  assert.ok((await offers(page, 'SELECT orders.pla')).includes('placed_at'));
  assert.ok((await offers(page, 'SELECT * FROM orders o WHERE o.pla')).includes('placed_at'));
  assert.ok((await offers(page, "SELECT create_distributed_table('orders', 'ord")).includes('order_id'));
  assert.ok((await offers(page, 'SET citus.shard_c')).includes('citus.shard_count'));
  assert.ok((await offers(page, 'SELECT create_ref')).includes('create_reference_table'));
  assert.ok((await offers(page, '\\d')).includes('\\dt'));
  await page.type('ALTER TABLE orders ADD COLUMN colour text;');
  assert.ok((await offers(page, 'SELECT orders.col')).includes('colour'), 'columns made since');
});

test('Tab takes what is offered, and the signature follows the arguments', async () => {
  const page = await open();
  await page.ready();
  await offers(page, 'SELECT create_reference_t');
  await page.page.waitForTimeout(150);
  await page.prompt.press('Tab');
  assert.equal(await page.typed(), 'SELECT create_reference_table(');
  await page.prompt.pressSequentially("'t'");
  assert.match(await page.page.locator('.signature').textContent(), /create_reference_table\(table_name regclass\)/);
  await page.prompt.fill('');
  await page.prompt.pressSequentially("SELECT create_distributed_table('t', ");
  assert.match(await page.page.locator('.signature b').textContent(), /^distribution_column/);
});

test('the place of an error is marked when the statement is recalled', async () => {
  const page = await open();
  await page.ready();
  await page.type('SELECT 1,\n  colour;');
  await page.page.getByRole('button', { name: 'Mend' }).click();
  assert.equal(await page.page.locator('.prompt .error-place').textContent(), 'colour');
  await page.prompt.press('End');
  await page.prompt.pressSequentially(' ');
  assert.equal(await page.page.locator('.prompt .error-place').count(), 0, 'a change takes the mark away');
});

test("the place of an error is marked in a step's editor", async () => {
  const page = await open();
  await page.ready();
  await page.editStep(1, 'SELECT *\nFROM nowhere;');
  await page.step(1).getByRole('button', { name: 'Run' }).click();
  const mark = page.step(1).locator('.error-place');
  await mark.waitFor();
  assert.equal(await mark.textContent(), 'nowhere');
  assert.match(await mark.getAttribute('title'), /relation "nowhere" does not exist/);
});

test('Enter runs a whole statement and opens a line in one that is not ended', async () => {
  const page = await open();
  await page.ready();
  await page.prompt.pressSequentially("SELECT 'a;");
  await page.prompt.press('Enter');
  await page.prompt.pressSequentially("b' AS two;");
  assert.equal(await page.typed(), "SELECT 'a;\nb' AS two;");
  await page.prompt.press('Enter');
  await page.page.getByText('(1 row)').waitFor();
  assert.equal(await page.typed(), '');
});

test('a whole script can be pasted', async () => {
  const page = await open();
  await page.ready();
  const script = 'CREATE TABLE pasted (a int);\nINSERT INTO pasted VALUES (1), (2);\nCOPY pasted FROM STDIN;\n3\n\\.\n\\x\nSELECT count(*) FROM pasted;';
  await page.prompt.evaluate((prompt, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    prompt.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, script);
  await page.prompt.press('Control+Enter');
  await page.page.getByText('count | 3').waitFor();
});

test('history is searched with Control and R', async () => {
  const page = await open();
  await page.ready();
  for (const sql of ["SELECT 'first';", "SELECT 'second';", "SELECT 'third';"]) await page.type(sql);
  await page.prompt.press('Control+r');
  const field = page.page.getByRole('combobox', { name: 'Search history' });
  await field.fill('FIR');
  await field.press('Enter');
  assert.equal(await page.typed(), "SELECT 'first';");
  await page.prompt.press('Enter');
  await page.ready();
});

test('files can be dropped for \\copy and \\i', async () => {
  const page = await open();
  await page.ready();
  const drop = (name, text) =>
    page.page.locator('.drop-zone').evaluate((zone, [name, text]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], name));
      zone.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, [name, text]);
  await drop('make.sql', 'CREATE TABLE orders (id int, note text);\n');
  await page.page.getByText('psql can read make.sql now').waitFor();
  assert.equal(await page.typed(), '\\i make.sql');
  await page.prompt.press('Enter');
  await page.page.locator('pre', { hasText: /^CREATE TABLE\n$/ }).waitFor();
  await drop('orders.csv', 'id,note\n1,one\n2,"two, too"\n');
  await page.page.getByText('psql can read orders.csv now').waitFor();
  assert.equal(await page.typed(), '\\copy orders from orders.csv with (format csv, header)');
  await page.prompt.press('Enter');
  await page.page.locator('pre', { hasText: /^COPY 2\n$/ }).waitFor();
});

test('100,000 rows of output stay fluid', async () => {
  const page = await open();
  await page.ready();
  await page.type('SELECT i, md5(i::text) FROM generate_series(1, 100000) i;');
  await page.page.getByText('(100000 rows)').waitFor();
  const long = page.page.locator('.long').last();
  // Scrolls from top to bottom in a second and takes the time of each frame.
  const frames = await page.page.locator('.terminal').evaluate(async (terminal) => {
    const times = [];
    const begin = performance.now();
    let before = begin;
    while (before - begin < 1000) {
      terminal.scrollTop = ((before - begin) / 1000) * terminal.scrollHeight;
      const now = await new Promise(requestAnimationFrame);
      times.push(now - before);
      before = now;
    }
    return times.sort((a, b) => a - b);
  });
  const median = frames[Math.floor(frames.length / 2)];
  console.log(`median frame while scrolling 100,000 rows: ${median.toFixed(1)} ms`);
  assert.ok(median < 50, `${median} ms`);
  await page.type('SELECT 1 AS after;');
  assert.match(await page.lastOutput(), /after/);
  assert.equal((await long.textContent()).split('\n').length > 100000, true, 'all of it can be copied');
});

test('a long result ends in sight, as in a terminal', async () => {
  const page = await open();
  await page.ready();
  await page.type('SELECT i FROM generate_series(1, 10000) i;');
  const end = () =>
    page.page.locator('.statement').last().evaluate((statement) => {
      const prompt = document.querySelector('.prompt').getBoundingClientRect();
      return Math.abs(statement.getBoundingClientRect().bottom - prompt.top);
    });
  await page.page.waitForFunction(() => {
    const terminal = document.querySelector('.terminal');
    return terminal.scrollTop + terminal.clientHeight >= terminal.scrollHeight - 2;
  });
  assert.ok((await end()) < 60, 'the end stands over the prompt');
});

test('a statement can be stopped at once, and the session before it is whole', async () => {
  const page = await open();
  await page.ready();
  await page.type("CREATE TABLE users (id bigint, name text); SELECT create_distributed_table('users', 'id');");
  await page.type("INSERT INTO users SELECT i, 'user' || i FROM generate_series(1, 500) i;");
  await page.type('\\set greeting hello');
  await page.type("SET citus.enable_repartition_joins TO on; CREATE TEMP TABLE mine (a int); PREPARE one AS SELECT 1;");
  await page.type('BEGIN;');
  await page.type("UPDATE users SET name = 'changed' WHERE id = 7;");
  const before = await page.transcript();
  await page.prompt.fill('SELECT count(*) FROM generate_series(1, 100000) a CROSS JOIN generate_series(1, 100000) b WHERE a * b % 7 = 3;');
  await page.prompt.press('Enter');
  await page.page.getByRole('status').getByText('Running').waitFor();
  const begin = Date.now();
  await page.page.getByRole('button', { name: 'Stop' }).click();
  await page.ready();
  assert.ok(Date.now() - begin < 5000, 'at once');
  assert.ok((await page.transcript()).startsWith(before), 'what was printed stands');
  await page.type("\\echo :greeting");
  assert.match(await page.lastOutput(), /hello/);
  await page.type('SHOW citus.enable_repartition_joins;');
  assert.match(await page.lastOutput(), / on\n/);
  await page.type('SELECT name FROM users WHERE id = 7;');
  assert.match(await page.lastOutput(), /changed/, 'the open transaction sees its change');
  await page.type('EXECUTE one; SELECT count(*) FROM mine;');
  assert.doesNotMatch(await page.lastOutput(), /ERROR/);
  await page.type('ROLLBACK;');
  await page.type('SELECT name FROM users WHERE id = 7; SELECT count(*) FROM users;');
  assert.match(await page.transcript(), /user7\n[^]*500\n\(1 row\)\n\s*$/);
});
