// minisearch.mjs - MiniSearch: all words, fuzzy (a fifth of a word's letters from four on), the
// last word also as a prefix; any words where no item has all. Titles and
// artists count more than albums; plays multiply the score a little (up to 1.3), to decide
// between near equals.
import { createRequire } from "node:module";
import MiniSearch from "minisearch";
import { run, words } from "./harness.mjs";

const plays = new Map();
let most = 1;
const kinds = new Map();
const index = new MiniSearch({
  fields: ["title", "artists", "album", "aliases"],
  tokenize: words,
  processTerm: (term) => term,
});
let batch = [];

await run("minisearch", {
  version: "MiniSearch " + createRequire(import.meta.url)("./node_modules/minisearch/package.json").version,
  remarks: "fuzzy 0.2, prefix, all words then any; in process",
  add(item) {
    plays.set(item.id, item.plays);
    kinds.set(item.id, item.kind);
    most = Math.max(most, item.plays);
    batch.push(item);
    if (batch.length === 10000) index.addAll(batch.splice(0));
  },
  built() {
    index.addAll(batch.splice(0));
  },
  ask({ kind, text, limit }) {
    const options = {
      combineWith: "AND",
      boost: { title: 3, artists: 2, aliases: 2 },
      fuzzy: (term) => (term.length >= 4 ? 0.2 : false),
      maxFuzzy: 2,
      prefix: (term, i, terms) => i === terms.length - 1,
      boostDocument: (id) => 1 + 0.3 * (Math.log1p(plays.get(id)) / Math.log1p(most)),
      filter: (hit) => !kind || kinds.get(hit.id) === kind,
    };
    let hits = index.search(text, options);
    if (hits.length === 0) hits = index.search(text, { ...options, combineWith: "OR" });
    return hits.slice(0, limit).map((hit) => hit.id);
  },
});
