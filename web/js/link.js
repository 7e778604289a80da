// A script as the fragment of a link: compressed (raw deflate) and in the letters of base64url.

// A link may be made by anyone: what it holds is not unpacked beyond this many characters.
const LIMIT = 1 << 20;

/** The text in letters that may stand in a link. */
export async function pack(text) {
  const packed = await new Response(through(text, new CompressionStream('deflate-raw'))).arrayBuffer();
  const letters = Array.from(new Uint8Array(packed), (byte) => String.fromCharCode(byte)).join('');
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The text that such letters stand for. */
export async function unpack(letters) {
  const bytes = Uint8Array.from(atob(letters.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  const reader = through(bytes, new DecompressionStream('deflate-raw')).pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    text += next.value;
    if (text.length > LIMIT) throw new Error('the script is too long');
  }
  return text;
}

const through = (data, transform) => new Blob([data]).stream().pipeThrough(transform);
