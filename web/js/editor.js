// The SQL editor: CodeMirror with what a statement for this cluster needs, and no more.
// `web/src/editor` has the Rust side.

import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { PostgreSQL, sql } from '@codemirror/lang-sql';
import { bracketMatching, syntaxHighlighting } from '@codemirror/language';
import { EditorState, Prec } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { classHighlighter } from '@lezer/highlight';
import { completion } from './editor/completion.js';
import { errorMark, markError } from './editor/error.js';
import { signature } from './editor/signature.js';

/**
 * Puts an editor into an element.
 *
 * `options`: the text to begin with; `id` and `label` for assistive technology; whether lines
 * wrap; `changed(text)`; `pressed(key)`, true if the page did something; `names()`, a promise of
 * what can be named in a statement.
 */
export function mount(parent, { text, id, label, wrap, changed, pressed, names }) {
  const known = { names: undefined };
  const fetchNames = async () => (known.names = (await names()) ?? known.names);
  const view = new EditorView({
    parent,
    doc: text,
    extensions: [
      Prec.high(keymap.of(keys(pressed))),
      history(),
      sql({ dialect: PostgreSQL }),
      syntaxHighlighting(classHighlighter),
      bracketMatching(),
      completion(fetchNames),
      signature(() => known.names),
      errorMark,
      keymap.of([...defaultKeymap, ...historyKeymap]),
      wrap ? EditorView.lineWrapping : [],
      EditorState.tabSize.of(4),
      EditorView.contentAttributes.of({ id, tabindex: '0', 'aria-label': label, autocapitalize: 'off', autocorrect: 'off' }),
      EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
      EditorView.domEventHandlers({ focus: () => void fetchNames() }),
    ],
  });
  return {
    /** Takes another text and puts the cursor behind it. */
    set(text) {
      if (text === view.state.doc.toString()) return;
      const changes = { from: 0, to: view.state.doc.length, insert: text };
      view.dispatch({ changes, selection: { anchor: text.length }, scrollIntoView: true });
    },
    mark: (place, message) => markError(view, place, message),
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

/** What the page does on a key; keys it leaves alone are the editor's. */
function keys(pressed) {
  const atEdge = (view, edge) => {
    const { main } = view.state.selection;
    const line = view.state.doc.lineAt(main.head).number;
    return main.empty && line === (edge === 'first' ? 1 : view.state.doc.lines);
  };
  return [
    { key: 'Mod-Enter', run: () => pressed('run') },
    { key: 'Enter', run: () => pressed('enter') },
    { key: 'ArrowUp', run: (view) => atEdge(view, 'first') && pressed('older') },
    { key: 'ArrowDown', run: (view) => atEdge(view, 'last') && pressed('newer') },
    { key: 'Ctrl-r', run: () => pressed('search') },
    { key: 'Ctrl-c', run: (view) => view.state.selection.main.empty && pressed('abandon') },
  ];
}
