// orama.mjs - Orama: all words, each also as a prefix (its own way); where no item has them, one
// edit (tolerance) and most words first (threshold 0.5). Words of every script, as its own tokenizer
// takes Latin ones only. Titles and artists count more than albums. Its score knows nothing of
// popularity: of its first 30, those of equal score stand in the order of plays.
import { createRequire } from "node:module";
import { create, insertMultiple, search } from "@orama/orama";
import { run, words } from "./harness.mjs";

let db;
let batch = [];
const plays = new Map();

await run("orama", {
  version: "Orama " + createRequire(import.meta.url)("./node_modules/@orama/orama/package.json").version,
  remarks: "all words, then tolerance 1; prefix; in process",
  async open() {
    db = await create({
      components: { tokenizer: { language: "any", normalizationCache: new Map(), tokenize: words } },
      schema: { kind: "enum", title: "string", artists: "string", album: "string", aliases: "string" },
    });
  },
  async add({ plays: n, ...item }) {
    plays.set(item.id, n);
    batch.push(item);
    if (batch.length === 5000) await insertMultiple(db, batch.splice(0), 5000);
  },
  async built() {
    await insertMultiple(db, batch.splice(0), 5000);
  },
  async ask({ kind, text, limit }) {
    const ask = async (more) =>
      await search(db, {
        term: text,
        properties: ["title", "artists", "album", "aliases"],
        boost: { title: 3, artists: 2, aliases: 2 },
        limit: 30,
        ...(kind && { where: { kind: { eq: kind } } }),
        ...more,
      });
    let { hits } = await ask({ threshold: 0 });
    if (hits.length === 0) ({ hits } = await ask({ tolerance: 1, threshold: 0.5 }));
    hits.sort((a, b) => Math.round((b.score - a.score) * 100) || plays.get(b.id) - plays.get(a.id));
    return hits.slice(0, limit).map((hit) => hit.id);
  },
});
