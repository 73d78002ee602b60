// What lies on this device until the server has confirmed it: records, and the turns that were last fetched.
// IndexedDB, because it can be told to reach the disk before it says yes ("strict"): a tap outlives a dead battery.

const NAME = "yucai-observe";
let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("records", { keyPath: "uuid" });
      asked.result.createObjectStore("kept", { keyPath: "name" });
    };
    asked.onsuccess = () => {
      asked.result.onversionchange = () => asked.result.close();
      resolve(asked.result);
    };
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
  });
  return opened;
}

async function within(name, mode, act, durability = "strict") {
  const base = await open();
  return new Promise((resolve, reject) => {
    const deal = base.transaction(name, mode, { durability });
    let given;
    deal.oncomplete = () => resolve(given);
    deal.onabort = () => reject(deal.error || new Error("aborted"));
    act(deal.objectStore(name), (value) => (given = value), deal);
  });
}

export function allRecords() {
  return within("records", "readonly", (store, give) => {
    store.getAll().onsuccess = (event) => give(event.target.result);
  });
}

export function addRecord(record) {
  return within("records", "readwrite", (store) => store.add(record));
}

export function removeRecord(uuid) {
  return within("records", "readwrite", (store) => store.delete(uuid));
}

// Changes a record where it lies: what another tab has written meanwhile is never overwritten by an old copy.
// `change` gets the record as it lies there and returns the new one, or null to leave it. Gives what lies there now.
export function changeRecord(uuid, change, durability = "strict") {
  const act = (store, give) => {
    store.get(uuid).onsuccess = (event) => {
      const lying = event.target.result;
      const wanted = lying ? change(lying) : null;
      give(wanted || lying || null);
      if (wanted) store.put(wanted);
    };
  };
  return within("records", "readwrite", act, durability);
}

export function keep(name, value) {
  return within("kept", "readwrite", (store) => store.put({ name, value }));
}

export function kept(name) {
  return within("kept", "readonly", (store, give) => {
    store.get(name).onsuccess = (event) => give(event.target.result?.value ?? null);
  });
}
