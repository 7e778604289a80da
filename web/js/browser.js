// What the page needs of the browser and the browser offers to JavaScript alone, or more simply.
// `web/src/browser.rs` has the Rust side of each function.
export { takeDesk } from './desk.js';
export { append, cut, keepRecord, load } from './store.js';
export { pack, unpack } from './link.js';
export { readFiles, save } from './files.js';
export { offerUpdates, update } from './offline.js';

/** The editor: a large file, so it comes when it is first needed. */
export const loadEditor = () => import('./editor.js');
