// Takes the README's pictures of the page: the tutorial up to the key that is refused, seen on the
// cluster map, as a statement, and among the foreign keys. `cargo xtask picture` runs it.

import { fileURLToPath } from 'node:url';
import { close, open } from './page.mjs';

const page = await open({ width: 1280, height: 800 });
const shoot = (name) =>
  page.page.screenshot({ path: fileURLToPath(new URL(`../../docs/images/${name}.png`, import.meta.url)) });

await page.ready();
await page.lesson('woodgrove');
for (let step = 1; step <= 9; step += 1) await page.solveStep(step);
await page.type(
  "INSERT INTO payment_users SELECT i, NULL, 'user' || i, NULL FROM generate_series(1, 200) i;",
);
await page.type('SELECT * FROM payment_users WHERE user_id = 7;');
await page.picture('Cluster');
await page.point('payment_users', 1, 10, 16);
await page.step(9).scrollIntoViewIfNeeded();
await shoot('page');
await page.picture('Statement');
await page.page.getByRole('region', { name: 'EXPLAIN' }).waitFor();
await shoot('statement');
await page.runStep(10);
await page.page.getByRole('button', { name: 'Fold lesson' }).click();
await page.picture('Foreign keys');
await shoot('foreign-keys');
await close();
