// The service worker, seen from the page: it keeps the site for use without a network, and brings
// new versions, which are offered and never forced.

let registration;

/** Starts keeping the site; `offer` is called when a new version is ready. */
export async function offerUpdates(offer) {
  if (!navigator.serviceWorker) return;
  registration = await navigator.serviceWorker.register('./service-worker.js', { updateViaCache: 'none' });
  const look = () => {
    // The first worker of all updates nothing.
    if (registration.waiting && navigator.serviceWorker.controller) offer();
  };
  look();
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', look));
}

/** Changes to the new version: this tab at once, others when they are reloaded. */
export function update() {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  registration.waiting?.postMessage('take over');
}
