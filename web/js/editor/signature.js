// Above the cursor, inside the parentheses of a call: the function's arguments, the one being
// written set off.

import { StateField } from '@codemirror/state';
import { showTooltip } from '@codemirror/view';

// Characters looked through for the parenthesis that the cursor is in.
const REACH = 600;

/** `names` gives what is known of the functions so far, if anything. */
export const signature = (names) =>
  StateField.define({
    create: () => null,
    update(tooltip, transaction) {
      if (!transaction.docChanged && !transaction.selection) return tooltip;
      const call = names() && transaction.state.selection.main.empty && callAt(transaction.state);
      const shown = call && signatureOf(names(), call.name);
      return shown ? hint(call, shown) : null;
    },
    provide: (field) => showTooltip.from(field),
  });

/** The call whose parentheses the cursor is in: its name, its place, the argument's number. */
function callAt(state) {
  const end = state.selection.main.head;
  const start = Math.max(0, end - REACH);
  const text = state.sliceDoc(start, end);
  const open = [];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === "'") quoted = !quoted;
    else if (quoted) continue;
    else if (letter === '(') open.push({ at, argument: 0 });
    else if (letter === ')') open.pop();
    else if (letter === ';') open.length = 0;
    else if (letter === ',' && open.length) open.at(-1).argument += 1;
  }
  const call = open.at(-1);
  const name = call && /(\w+)\s*$/.exec(text.slice(0, call.at))?.[1].toLowerCase();
  return name && { name, place: start + call.at, argument: call.argument };
}

function signatureOf({ functions }, name) {
  return functions.find((known) => known.name === name && known.arguments)?.arguments;
}

function hint({ name, place, argument }, signature) {
  return {
    pos: place,
    above: true,
    create() {
      const dom = document.createElement('div');
      dom.className = 'signature';
      const shown = split(signature);
      dom.append(`${name}(`);
      shown.forEach((text, index) => {
        const part = document.createElement(index === argument ? 'b' : 'span');
        part.textContent = text;
        dom.append(index ? ', ' : '', part);
      });
      dom.append(')');
      return { dom };
    },
  };
}

/** Arguments parted by commas, but not by those inside a type or a default value. */
function split(signature) {
  const parts = [''];
  let depth = 0;
  let quoted = false;
  for (const letter of signature) {
    if (letter === "'") quoted = !quoted;
    else if (!quoted) depth += { '(': 1, ')': -1 }[letter] ?? 0;
    if (letter === ',' && depth === 0 && !quoted) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}
