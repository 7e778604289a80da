// Tabs sit at numbered desks, one tab a desk, so that two tabs never write to the same session.
// A tab that is reloaded finds its own desk again; a new one takes the first that is free.

const OWN = 'kumquat.desk';
// While a page reloads, its desk may still be held by the page that goes.
const PATIENCE = 2000;

/** The number of a desk that is this tab's alone for as long as it lives. */
export async function takeDesk() {
  const own = Number(sessionStorage.getItem(OWN));
  if (!navigator.locks) return own || 1;
  if (own && (await hold(own, { signal: AbortSignal.timeout(PATIENCE) }))) return own;
  for (let desk = 1; ; desk += 1) {
    if (await hold(desk, { ifAvailable: true })) {
      sessionStorage.setItem(OWN, desk);
      return desk;
    }
  }
}

/** Whether the desk could be had; it is kept until the tab closes. */
function hold(desk, options) {
  return new Promise((resolve) => {
    const sit = (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    };
    navigator.locks.request(`kumquat.desk.${desk}`, options, sit).catch(() => resolve(false));
  });
}
