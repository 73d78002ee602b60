// Keeps the recording page for times without a network. VERSION and FILES stand before this text when it is served.
// Only the shell is kept here: it holds no word about anybody. Turns and records never pass through this cache.
"use strict";
const CACHE = `yucai-observe-${VERSION}`;
const PATIENCE_MS = 4000;

self.addEventListener("install", (event) => {
  const fresh = FILES.map((path) => new Request(path, { cache: "reload", credentials: "same-origin" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("yucai-observe-") && name !== CACHE;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== self.location.origin) return;
  if (FILES.includes(address.pathname)) event.respondWith(freshOrKept(event.request, address.pathname));
});

// The network first, so that a new version is seen at once; what is kept when it is silent, slow or says nonsense.
async function freshOrKept(request, path) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await inTime(fetch(request));
    if (answer.ok && answer.type === "basic" && !answer.redirected) {
      await cache.put(path, answer.clone());
      return answer;
    }
    return (await cache.match(path, { ignoreVary: true })) || answer;
  } catch (silence) {
    const kept = await cache.match(path, { ignoreVary: true });
    if (kept) return kept;
    throw silence;
  }
}

function inTime(promise) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("too slow")), PATIENCE_MS));
  return Promise.race([promise, late]);
}
