// The Web Worker that holds the engine: loads it, reporting how far it is, then answers requests.
// Messages in both directions are `Numbered<Request>` and `Numbered<Reply>` of `engine.d.ts`.
import init, { Playground } from './engine.js';

const reply = (id, body) => self.postMessage({ id, body });

/** Loads the engine's wasm; `total` is its size in bytes before any transport compression. */
async function load(total) {
  const response = await fetch(new URL('engine_bg.wasm', import.meta.url));
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${response.statusText}`);
  let loaded = 0;
  const count = new TransformStream({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      reply(0, { loading: { loaded, total } });
      controller.enqueue(chunk);
    },
  });
  const headers = { 'content-type': 'application/wasm' };
  await init({ module_or_path: new Response(response.body.pipeThrough(count), { headers }) });
  return new Playground(0, 0);
}

const engine = load(Number(new URL(self.location).searchParams.get('bytes')));

self.onmessage = async ({ data: { id, body } }) => {
  try {
    const playground = await engine;
    const last = playground.answer(body, (body) => reply(id, body));
    reply(id, last);
  } catch (error) {
    // A trap leaves the instance in an unknown state: the page replaces this worker.
    reply(id, { trapped: { message: String(error?.message ?? error) } });
  }
};
