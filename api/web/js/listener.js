// listener.js - who listens: until there are accounts, a number given once as /?user=5 and kept here.

export function listener() {
  const given = new URLSearchParams(location.search).get('user');
  try {
    if (given !== null) localStorage.setItem('segue.user', given);
    const user = localStorage.getItem('segue.user') ?? '';
    return /^[1-9]\d{0,17}$/.test(user) ? user : undefined;
  } catch {
    return undefined; // storage is not allowed: nobody in particular
  }
}
