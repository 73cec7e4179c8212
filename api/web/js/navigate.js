// navigate.js - to another view, from anywhere; app.js listens.

export const navigation = new EventTarget();
export const go = (href) => navigation.dispatchEvent(new CustomEvent('go', { detail: href }));
