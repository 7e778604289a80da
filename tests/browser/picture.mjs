// Takes the README's picture of the page: the tutorial up to the key that is refused, seen on
// the cluster map. `cargo xtask picture` runs it.

import { fileURLToPath } from 'node:url';
import { close, open } from './page.mjs';

const page = await open({ width: 1280, height: 800 });
await page.ready();
await page.lesson('woodgrove');
for (let step = 1; step <= 9; step += 1) await page.runStep(step);
await page.type(
  "INSERT INTO payment_users SELECT i, NULL, 'user' || i, NULL FROM generate_series(1, 200) i;",
);
await page.picture('Cluster');
await page.page.locator('.tile').nth(12).hover();
await page.step(9).scrollIntoViewIfNeeded();
await page.page.screenshot({ path: fileURLToPath(new URL('../../docs/images/page.png', import.meta.url)) });
await close();
