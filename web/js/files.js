// Files of the learner's, in and out.

// What a tab can hold next to the cluster.
const LIMIT = 64 << 20;

/** Names and texts of files that were dropped or chosen; too large ones are an error. */
export function readFiles(files) {
  return Promise.all(
    Array.from(files, async (file) => {
      if (file.size > LIMIT) throw new Error(`${file.name} is larger than 64 MB`);
      return { name: file.name, text: await file.text() };
    }),
  );
}

/** Gives a text to the browser as a download. */
export function save(name, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
