// The browser's database: for each desk and lesson a record, and the log of what was typed.
// Where there is no database, as in some private windows, nothing is kept and nothing fails.

const RECORDS = 'records';
const LOG = 'log';

let opened;

/** What was kept for a lesson: `{ record, log }`, the record undefined if there is none. */
export async function load(desk, lesson) {
  const [record, log] = await inStores('readonly', (records, log) => [
    records.get([desk, lesson]),
    log.getAll(entries(desk, lesson, 0)),
  ]);
  return { record, log: log ?? [] };
}

export const keepRecord = (desk, lesson, record) =>
  inStores('readwrite', (records) => [records.put(record, [desk, lesson])]);

/** Keeps the log's entry of that number, counted from 0. */
export const append = (desk, lesson, number, entry) =>
  inStores('readwrite', (_, log) => [log.put(entry, [desk, lesson, number])]);

/** Forgets the log's entries from that number on. */
export const cut = (desk, lesson, number) =>
  inStores('readwrite', (_, log) => [log.delete(entries(desk, lesson, number))]);

const entries = (desk, lesson, from) => IDBKeyRange.bound([desk, lesson, from], [desk, lesson, Infinity]);

/** Makes requests in one transaction and gives their results, or none where they fail. */
async function inStores(mode, request) {
  try {
    opened ??= open();
    const transaction = (await opened).transaction([RECORDS, LOG], mode);
    const requests = request(transaction.objectStore(RECORDS), transaction.objectStore(LOG));
    return await Promise.all(requests.map(result));
  } catch (error) {
    console.warn('Kumquat could not keep the session:', error);
    return [];
  }
}

function open() {
  const request = indexedDB.open('kumquat', 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(RECORDS);
    request.result.createObjectStore(LOG);
  };
  return result(request);
}

function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
