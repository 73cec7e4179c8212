// harness.mjs - as harness.h, for engines in JavaScript.
//
// run(name, { version, remarks, open, add, built, ask }): add takes items of
// {id, kind, title, artists, album, aliases, plays}; ask({kind, text, limit}) gives ids,
// best first. Memory is what the heap grew by while building.
import { createReadStream, createWriteStream, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

async function* rows(path) {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity }))
    yield line.split("\t");
}

function used() {
  global.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

// Lower case, without marks: what each engine's documents and queries are made of.
export function plain(text) {
  return text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
}
export function words(text) {
  return plain(text).replace(/['’]/g, "").split(/[^\p{L}\p{N}]+/u).filter(Boolean);
}

export async function run(name, engine) {
  const folder = process.argv[2];
  const seconds = Number(process.env.SEGUE_COMPARE_SECONDS ?? 600);
  const before = used();
  const start = performance.now();
  await engine.open?.();
  for await (const [id, kind, title, artists, album, aliases, plays] of rows(`${folder}/items.tsv`))
    await engine.add({ id, kind, title, artists, album, aliases, plays: Number(plays) });
  await engine.built?.();
  const build = (performance.now() - start) / 1000;
  const grown = used() - before;
  const out = createWriteStream(`${folder}/results-${name}.tsv`);
  const end = performance.now() + seconds * 1000;
  for await (const [number, , , kind, how, , text] of rows(`${folder}/queries.tsv`)) {
    if (performance.now() > end) break;
    const limit = how === "suggest" ? 5 : 10;
    const from = performance.now();
    const ids = await engine.ask({ kind, text, limit });
    const us = Math.round((performance.now() - from) * 1000);
    out.write(`${number}\t${us}\t${[...new Set(ids)].slice(0, limit).join(",")}\n`);
  }
  await new Promise((done) => out.end(done));
  writeFileSync(
    `${folder}/stats-${name}.tsv`,
    [name, engine.version, build.toFixed(1), grown.toFixed(1), engine.remarks].join("\t") + "\n",
  );
}
