// The page as its tests see it: one object with the page's own words for what is on it.
// KUMQUAT_ADDRESS is where the site is served, KUMQUAT_CHROMIUM the browser to open it in;
// `cargo xtask test browser` sets both.

import { chromium } from 'playwright-core';

const ADDRESS = process.env.KUMQUAT_ADDRESS;
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PATIENCE = 15_000;

let browser;

/** Opens the page in a fresh profile; `before` may prepare the browser page first. */
export async function open({
  width = 1440,
  height = 900,
  colorScheme = 'light',
  reducedMotion,
  before,
  address = ADDRESS,
} = {}) {
  browser ??= await chromium.launch({
    executablePath: process.env.KUMQUAT_CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
  });
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion });
  return openTab(context, { before, address });
}

/** Opens the page in one more tab of a profile. */
export async function openTab(context, { before, address = ADDRESS } = {}) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const kumquat = new KumquatPage(page, address);
  await before?.(page);
  await page.goto(address);
  return kumquat;
}

/** Closes the browser that the tests of a file shared. */
export async function close() {
  await browser?.close();
}

/** A transcript's lines, but for blank ones and blanks at line ends. */
export function lines(text) {
  return text.split('\n').map((line) => line.trimEnd()).filter((line) => line !== '');
}

export class KumquatPage {
  constructor(page, address = ADDRESS) {
    const { origin } = new URL(address);
    this.page = page;
    this.errors = [];
    this.strangers = [];
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) this.strangers.push(url);
    });
  }

  /** Waits until statements can be run, and the editor has come that is loaded behind the engine. */
  async ready() {
    await this.page.getByRole('status').getByText('Ready').waitFor();
    await this.page.locator('#prompt.cm-content').waitFor({ state: 'attached' });
  }

  get prompt() {
    return this.page.locator('#prompt');
  }

  /** What stands in the terminal's prompt. */
  async typed() {
    return (await this.prompt.locator('.cm-line').allTextContents()).join('\n');
  }

  /** Opens a lesson by its name in links and waits until its steps are there. */
  async lesson(name) {
    const choice = this.page.locator('#lesson-choice');
    const option = await choice.locator(`option[value="${name}"]`).textContent();
    await choice.selectOption(name);
    // How far the learner has come stands behind the title.
    const title = option.replace(/ \(\d+ of \d+\)$/, '');
    await this.page.getByRole('heading', { level: 1, name: title }).waitFor();
    await this.ready();
  }

  step(number) {
    return this.page.locator('.step').nth(number - 1);
  }

  /** Runs a step by its button and waits until it is marked as done. */
  async runStep(number) {
    const step = this.step(number);
    await step.getByRole('button', { name: 'Run', exact: true }).click();
    await this.page.locator(`.step.done:nth-child(${number})`).waitFor({ state: 'attached' });
  }

  /** Brings a step to its goal, with the solution in the editor where it holds only a start. */
  async solveStep(number) {
    const solution = this.step(number).locator('details', { has: this.page.locator('.solution') });
    if (await solution.count()) {
      await solution.locator('summary').click();
      await solution.getByRole('button', { name: 'Put it into the editor' }).click();
    }
    await this.runStep(number);
  }

  async editStep(number, sql) {
    await this.step(number).getByRole('textbox').fill(sql);
  }

  /** What a step's checks say after a run: [goal, met]. */
  async checks(number) {
    return marks(this.step(number).locator('.checks li'));
  }

  /** Types a text into the terminal and waits until psql has answered. */
  async type(sql) {
    const before = await this.page.locator('.statement').count();
    await this.prompt.fill(sql);
    await this.prompt.press('Control+Enter');
    await this.page.waitForFunction(
      (count) => document.querySelectorAll('.statement').length > count,
      before,
    );
    await this.ready();
  }

  /** Everything psql has printed, statements echoed, and nothing of the page's own. */
  async transcript() {
    const pieces = await this.page.locator('.statement pre').allTextContents();
    return pieces.join('');
  }

  /** What the last statement printed. */
  async lastOutput() {
    const pieces = await this.page.locator('.statement').last().locator('pre:not(.echo)').allTextContents();
    return pieces.join('');
  }

  remarks() {
    return this.page.locator('.remark').allTextContents();
  }

  async picture(name) {
    await this.page.getByRole('tab', { name }).click();
  }

  /** Colocation groups in the map: { group number: [tables] }. */
  async bands() {
    await this.picture('Cluster');
    return this.page.locator('.band:not(.local)').evaluateAll((bands) =>
      Object.fromEntries(
        bands.map((band) => [
          band.querySelector('.group-number').textContent.replace('Group ', ''),
          [...band.querySelectorAll('.table-name')].map((name) => name.textContent),
        ]),
      ),
    );
  }

  /** Tables that are not distributed: { table: kind }. */
  async localTables() {
    await this.picture('Cluster');
    return this.page.locator('.band.local .rows > .map-row').evaluateAll((rows) =>
      Object.fromEntries(
        rows.map((row) => [
          row.querySelector('.table-name').textContent,
          row.querySelector('.outline').textContent,
        ]),
      ),
    );
  }

  /** A table's row in the map. */
  row(table) {
    return this.page.locator('.rows > .map-row', { has: this.page.getByText(table, { exact: true }) });
  }

  /** A table's tiles, node by node: what each says of itself, where it is drawn, its colour. */
  async tiles(table) {
    await this.picture('Cluster');
    return this.row(table).evaluate((row) =>
      [...row.querySelectorAll('.cell')].map((cell) => {
        const drawing = cell.querySelector('.tiles');
        return [...cell.querySelectorAll('.unseen li')].map((tile, place) => ({
          label: tile.textContent,
          left: Math.round(new DOMPoint(place, 0).matrixTransform(drawing.getScreenCTM()).x * 10) / 10,
          colour: getComputedStyle(drawing.querySelector('.fill')).fill,
        }));
      }),
    );
  }

  /** Points at the tile at a place (from 0) of a table on a node (from 0, the coordinator). */
  async point(table, node, place, of) {
    const cell = this.row(table).locator('.cell').nth(node);
    const { width, height } = await cell.boundingBox();
    await cell.hover({ position: { x: ((place + 0.5) / of) * width, y: height / 2 } });
  }

  /** Tiles that are framed: [[shard, its left edge]], from the top of the map. */
  async framed() {
    return this.page.locator('.mark').evaluateAll((marks) =>
      marks.map((mark) => [Number(mark.dataset.shard), Math.round(mark.getBoundingClientRect().left)]),
    );
  }

  /** What the strip under the map says: { Shard, Rows, Size, Node, Hashes, 'Lies with' }. */
  async facts() {
    return this.page.locator('.detail dl > div').evaluateAll((lines) =>
      Object.fromEntries(
        lines
          .filter((line) => line.querySelector('dt'))
          .map((line) => [line.querySelector('dt').textContent, line.querySelector('dd').textContent]),
      ),
    );
  }

  /** Foreign keys in the diagram: { name: rule }. */
  async keys() {
    await this.picture('Foreign keys');
    return this.page.locator('.rule').evaluateAll((rules) =>
      Object.fromEntries(
        rules.map((rule) => {
          const unseen = rule.querySelector('.unseen').textContent;
          return [rule.title, rule.textContent.replace(unseen, '').trim()];
        }),
      ),
    );
  }

  /** The refused key, or nothing: what it is, its rule, its conditions, its repairs. */
  async refusal() {
    await this.picture('Foreign keys');
    const panel = this.page.getByRole('region', { name: 'The refused key' });
    if ((await panel.count()) === 0) return undefined;
    return {
      key: await panel.locator('h3').textContent(),
      rule: await panel.locator('.why').textContent(),
      conditions: await marks(panel.locator('.checks li'), '.condition'),
      repairs: await panel.locator('.repairs pre').allTextContents(),
      drawnBroken: (await this.page.locator('path.key.refused').count()) === 1,
      cell: await this.page.locator('.matrix td.hit').textContent(),
    };
  }
}

/** Items with a mark: [text, met]; the text is that of a part, if one is named. */
function marks(items, part) {
  return items.evaluateAll(
    (items, part) =>
      items.map((item) => {
        const unseen = item.querySelector('.unseen').textContent;
        const text = part ? item.querySelector(part).textContent : item.textContent.replace(unseen, '');
        return [text.trim(), item.classList.contains('met')];
      }),
    part,
  );
}
