// Measures how fluid the map is: frames per second while it zooms, pans and follows the pointer,
// at 32 nodes and two colocated tables of 4,096 shards. `cargo xtask frames` runs it.

import { close, open } from './page.mjs';

const SECONDS = 4;

const page = await open({ width: 1440, height: 900 });
await page.ready();
await page.page.getByRole('combobox', { name: 'Workers of a new cluster' }).selectOption('31');
await page.page.getByRole('button', { name: 'New cluster' }).click();
await page.ready();
await page.type("CREATE TABLE t (a int); SELECT create_distributed_table('t', 'a', shard_count => 4096);");
await page.type("CREATE TABLE u (a int); SELECT create_distributed_table('u', 'a', colocate_with => 't');");
await page.type('INSERT INTO t SELECT i FROM generate_series(1, 20000) i;');

/** Runs `move` once a frame and answers frames per second, and the slowest twentieth in ms. */
const measure = (name) =>
  page.page.evaluate(
    async ([name, duration]) => {
      const map = document.querySelector('.map');
      const frame = map.getBoundingClientRect();
      const middle = { clientX: frame.left + frame.width / 2, clientY: frame.top + 10, bubbles: true, cancelable: true };
      const swing = (part) => Math.sin(part * 2 * Math.PI);
      const moves = {
        zoom: (part) => map.dispatchEvent(new WheelEvent('wheel', { ...middle, ctrlKey: true, deltaY: part < 0.5 ? -12 : 12 })),
        pan: (part) => (map.scrollLeft = (1 - Math.cos(part * 2 * Math.PI)) * 0.5 * (map.scrollWidth - map.clientWidth)),
        hover: (part) => {
          const cells = [...document.querySelectorAll('.cell:not(.bare)')].filter((cell) => {
            const { left, right } = cell.getBoundingClientRect();
            return left > frame.left + 240 && right < frame.right;
          });
          const cell = cells[Math.floor(part * cells.length) % cells.length];
          const { left, top, width } = cell.getBoundingClientRect();
          const clientX = left + width * Math.abs(swing(part * 20));
          cell.dispatchEvent(new PointerEvent('pointermove', { ...middle, clientX, clientY: top + 5 }));
        },
      };
      const times = [];
      const start = performance.now();
      await new Promise((finish) => {
        const tick = () => {
          const now = performance.now();
          times.push(now);
          moves[name]((now - start) / duration);
          now - start < duration ? requestAnimationFrame(tick) : finish();
        };
        requestAnimationFrame(tick);
      });
      const gaps = times.slice(1).map((time, index) => time - times[index]).sort((a, b) => a - b);
      const fps = (1000 * gaps.length) / (times.at(-1) - times[0]);
      return `${name.padEnd(8)} ${fps.toFixed(1).padStart(5)} frames/s   slowest twentieth ${gaps[Math.floor(gaps.length * 0.95)].toFixed(0)} ms`;
    },
    [name, SECONDS * 1000],
  );

const tiles = await page.page.locator('.cell:not(.bare)').count();
console.log(`32 nodes, 8,192 tiles in ${tiles} cells`);
console.log(await measure('zoom'));
await page.page.getByRole('button', { name: 'Fit' }).click({ force: true, timeout: 2000 }).catch(() => {});
for (let step = 0; step < 8; step += 1) await page.page.getByRole('button', { name: 'Wider nodes' }).click();
console.log(await measure('pan'));
console.log(await measure('hover'));
await close();
