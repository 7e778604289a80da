// The place of an error, underlined until the text is changed.

import { StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView } from '@codemirror/view';

const setMark = StateEffect.define();

export const errorMark = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setMark)) return effect.value;
    }
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => [
    EditorView.decorations.from(field),
    EditorView.contentAttributes.from(field, (marks) => (marks.size ? { 'aria-invalid': 'true' } : {})),
  ],
});

/** Underlines the word at `place`, an offset in the text, or takes the mark away where there is none. */
export function markError(view, place, message) {
  if (place === undefined) return view.dispatch({ effects: setMark.of(Decoration.none) });
  const length = view.state.doc.length;
  const from = Math.min(place, Math.max(length - 1, 0));
  const word = view.state.wordAt(from);
  const to = Math.min(word && word.to > from ? word.to : from + 1, length);
  if (to <= from) return;
  const mark = Decoration.mark({ class: 'error-place', attributes: { title: message } });
  view.dispatch({ effects: [setMark.of(Decoration.set(mark.range(from, to))), EditorView.scrollIntoView(from)] });
}
