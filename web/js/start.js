// Loads the page's wasm module, which takes the place of the text in index.html.
import init from './page.js';

init();
