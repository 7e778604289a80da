// What may stand at the cursor: names of the live schema, Citus's functions, settings, keywords,
// psql's meta-commands.

import {
  acceptCompletion,
  autocompletion,
  completionStatus,
  moveCompletionSelection,
  selectedCompletionIndex,
} from '@codemirror/autocomplete';
import { keywordCompletionSource, PostgreSQL, schemaCompletionSource } from '@codemirror/lang-sql';
import { syntaxTree } from '@codemirror/language';
import { Prec } from '@codemirror/state';
import { keymap } from '@codemirror/view';
import { metaCommands } from './meta-commands.js';

/** `names` is asked before each offer. Enter stays the page's: Tab takes the first offer. */
export const completion = (names) => [
  autocompletion({
    selectOnOpen: false,
    icons: false,
    override: [async (context) => offer(context, await names())],
  }),
  Prec.highest(keymap.of([{ key: 'Tab', run: take }])),
];

function take(view) {
  if (completionStatus(view.state) !== 'active') return false;
  if (selectedCompletionIndex(view.state) === null) moveCompletionSelection(true)(view);
  return acceptCompletion(view);
}

function offer(context, names) {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  if (/^\s*\\[\w?!+]*$/.test(before)) {
    return { from: line.from + before.indexOf('\\'), options: metaCommands, validFor: /^\\[\w?!+]*$/ };
  }
  if (!names) return keywords(context);
  const node = syntaxTree(context.state).resolveInner(context.pos, -1);
  if (/Comment/.test(node.name)) return null;
  if (node.name === 'String') return inString(context, node, names);
  if (/\b(set|show|reset)\s+(local\s+|session\s+)?[\w.]*$/i.test(before)) {
    return word(context, /[\w.]+/, prepared(names).settings);
  }
  return inStatement(context, names);
}

/** Names of relations and columns, as arguments of Citus's functions are written. */
function inString(context, node, names) {
  const from = node.from + 1;
  if (context.pos < from || !/^[\w.]*$/.test(context.state.sliceDoc(from, context.pos))) return null;
  return { from, options: prepared(names).quoted, validFor: /^[\w.]*$/ };
}

function inStatement(context, names) {
  const { schema, functions } = prepared(names);
  const results = [schema(context), /\.\w*$/.test(context.matchBefore(/[\w.]+/)?.text ?? '') ? null : word(context, /\w+/, functions)];
  results.push(keywords(context));
  const found = results.filter(Boolean);
  if (found.length === 0) return null;
  // All begin where the word begins; they differ behind a dot, where only the schema knows more.
  const from = Math.max(...found.map((result) => result.from));
  const options = found.filter((result) => result.from === from).flatMap((result) => result.options);
  return { from, options, validFor: /^\w*$/ };
}

const keywordSource = keywordCompletionSource(PostgreSQL, true);

/** Keywords, for whoever has begun to type one. */
function keywords(context) {
  return context.matchBefore(/(?<![.\w])\w+/) || context.explicit ? keywordSource(context) : null;
}

function word(context, pattern, options) {
  const begun = context.matchBefore(pattern);
  if (!begun && !context.explicit) return null;
  return { from: begun?.from ?? context.pos, options, validFor: /^[\w.]*$/ };
}

const cache = new WeakMap();

/** The names as offers, made once for each state of the schema. */
function prepared(names) {
  if (!cache.has(names)) cache.set(names, prepare(names));
  return cache.get(names);
}

function prepare({ schemas, relations, settings, functions }) {
  const schema = Object.fromEntries(schemas.map((name) => [name, {}]));
  const quoted = [];
  const columns = new Map();
  for (const { schema: home, name, columns: own } of relations) {
    const offers = own.map((column) => ({ label: column.name, detail: column.type_name, type: 'property' }));
    (schema[home] ??= {})[name] = { self: { label: name, detail: kind(home), type: 'type' }, children: offers };
    if (home !== 'pg_catalog') {
      quoted.push({ label: home === 'public' ? name : `${home}.${name}`, detail: 'table', boost: 1 });
      // Nobody names columns of Citus's own views in quotes.
      if (!name.startsWith('citus_')) for (const offer of offers) columns.set(offer.label, offer);
    }
  }
  quoted.push(...columns.values());
  const source = schemaCompletionSource({ dialect: PostgreSQL, schema, defaultSchema: 'public' });
  return {
    schema: source,
    quoted,
    settings: settings.map(({ name, description }) => ({ label: name, info: description, type: 'variable' })),
    functions: functions.map(called).concat(catalogs(relations)),
  };
}

const kind = (home) => (home === 'public' ? 'table' : home);

function called({ name, arguments: signature }) {
  const offer = { label: name, apply: `${name}(`, type: 'function' };
  if (signature === undefined || signature === null) return offer;
  return { ...offer, detail: 'function', info: `${name}(${signature})`, boost: FIRST.has(name) ? 3 : 1 };
}

// What a beginner is after, of the functions that begin alike.
const FIRST = new Set(['create_distributed_table', 'create_reference_table', 'alter_distributed_table']);

/** Relations of pg_catalog, which need no schema before them. */
const catalogs = (relations) =>
  relations
    .filter(({ schema }) => schema === 'pg_catalog')
    .map(({ name }) => ({ label: name, detail: 'pg_catalog', type: 'type', boost: -1 }));
