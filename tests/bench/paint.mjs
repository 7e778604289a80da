// Time from click to paint: the tutorial is clicked through, and for each step the time is taken
// from the click on Run until what it printed is on the screen and the engine is ready again. Then
// the same session is opened anew. `cargo xtask bench page` runs it.

import { close, open } from '../browser/page.mjs';

/** Lists the times between clicks on Run and the first frame after their output, in `window.paints`. */
function watch() {
  window.paints = [];
  let clicked;
  let printed = false;
  addEventListener('click', (event) => {
    if (event.target.closest('.run')) [clicked, printed] = [event.timeStamp, false];
  }, true);
  const look = (records) => {
    if (clicked === undefined) return;
    printed ||= records.some(({ addedNodes }) => [...addedNodes].some((node) => node.matches?.('.statement')));
    if (!printed || !document.querySelector('.engine-status .ready')) return;
    const begin = clicked;
    clicked = undefined;
    // The task after a frame's callbacks runs when the frame has been painted.
    requestAnimationFrame(() => setTimeout(() => window.paints.push(performance.now() - begin)));
  };
  document.addEventListener('DOMContentLoaded', () =>
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true }));
}

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

const page = await open({ before: (page) => page.addInitScript(watch) });
await page.ready();
await page.lesson('woodgrove');
const steps = await page.page.locator('.step').count();
for (let step = 1; step <= steps; step += 1) {
  await page.solveStep(step);
  await page.page.waitForFunction((step) => window.paints.length === step, step);
}
const times = await page.page.evaluate(() => window.paints);
times.forEach((time, index) => console.log(`step ${String(index + 1).padStart(2)}: ${time.toFixed(0).padStart(5)} ms`));
console.log(`click to paint, median of ${times.length} steps: ${median(times).toFixed(0)} ms`);

await page.page.reload();
await page.ready();
const ready = await page.page.evaluate(() => performance.now());
console.log(`reload to a restored session: ${ready.toFixed(0)} ms, the engine's start and the editor among them`);
await close();
