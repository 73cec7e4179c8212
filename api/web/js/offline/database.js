// database.js - what this device keeps for playing without a network, in IndexedDB.
//
//   songs     by [user_id, song_id]: what is shown, where the audio lies, the wrapped key, its licence
//   licences  by [user_id, licence_id]: { expires_at, token }
//   secrets   "wrap": the key that wraps keys; it can be used here and not be read (docs/protection.md)
//   notes     "clock": the latest time that was ever seen

const NAME = 'segue-offline';
let opening;

function open() {
  opening ??= new Promise((done, fail) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore('songs', { keyPath: ['user_id', 'song_id'] });
      db.createObjectStore('licences', { keyPath: ['user_id', 'licence_id'] });
      db.createObjectStore('secrets');
      db.createObjectStore('notes');
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => { opening = undefined; fail(request.error); };
  });
  return opening;
}

// One request in a transaction of its own: in('songs', 'readwrite', (s) => s.put(song)).
async function within(store, mode, ask) {
  const db = await open();
  return new Promise((done, fail) => {
    const transaction = db.transaction(store, mode);
    const request = ask(transaction.objectStore(store));
    transaction.oncomplete = () => done(request.result);
    transaction.onabort = transaction.onerror = () => fail(transaction.error ?? request.error);
  });
}

const ofUser = (user_id) => IDBKeyRange.bound([user_id], [user_id, []]);

export const get = (store, key) => within(store, 'readonly', (s) => s.get(key));
export const all = (store, user_id) => within(store, 'readonly', (s) => s.getAll(user_id === undefined ? undefined : ofUser(user_id)));
export const put = (store, value, key) => within(store, 'readwrite', (s) => s.put(value, key));
export const remove = (store, key) => within(store, 'readwrite', (s) => s.delete(key));
