"""tantivy_rival.py - Tantivy through its Python binding.

As harness.h. Words are lower case without accents. A search wants every word
in some field, with one edit from four letters on (two from eight), the last word
also as a prefix; items with the words as typed get more. Where nothing has every
word, any. Of its first 30, those of equal score stand in the order of plays.
"""
import os
import sys
import time
import unicodedata

import tantivy

FIELDS = {"title": 3.0, "artists": 2.0, "album": 1.0, "aliases": 2.0}


def words(text):
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if unicodedata.category(c) != "Mn").lower()
    text = text.replace("'", "").replace("\u2019", "")
    return "".join(c if c.isalnum() else " " for c in text).split()


def rows(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n").split("\t")


def build(folder):
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("id", stored=True, tokenizer_name="raw")
    schema.add_text_field("kind", tokenizer_name="raw")
    schema.add_unsigned_field("plays", stored=True)
    for field in FIELDS:
        schema.add_text_field(field, tokenizer_name="whitespace")
    schema = schema.build()
    where = os.path.join(folder, "rival-tantivy")
    os.makedirs(where)
    index = tantivy.Index(schema, path=where)
    writer = index.writer(heap_size=256_000_000, num_threads=2)
    for id, kind, title, artists, album, aliases, plays, _ in rows(os.path.join(folder, "items.tsv")):
        texts = {"title": title, "artists": artists, "album": album, "aliases": aliases}
        writer.add_document(tantivy.Document(id=id, kind=kind, plays=int(plays),
                                             **{f: " ".join(words(t)) for f, t in texts.items()}))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    size = sum(e.stat().st_size for e in os.scandir(where)) / 1e6
    return index, schema, size


def either(parts):
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, p) for p in parts])


def query_of(schema, text, kind, occur):
    parts, exact = [], []
    terms = words(text)
    for i, word in enumerate(terms):
        edits = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
        ways = []
        for field, boost in FIELDS.items():
            term = tantivy.Query.term_query(schema, field, word)
            exact.append(tantivy.Query.boost_query(term, boost))
            ways.append(tantivy.Query.boost_query(term, boost))
            last = i == len(terms) - 1
            if edits or last:
                ways.append(tantivy.Query.fuzzy_term_query(schema, field, word, distance=edits,
                                                           transposition_cost_one=True, prefix=last))
        parts.append((occur, either(ways)))
    parts += [(tantivy.Occur.Should, p) for p in exact]
    if kind:
        term = tantivy.Query.term_query(schema, "kind", kind)
        parts.append((tantivy.Occur.Must, tantivy.Query.const_score_query(term, 0.0)))
    return tantivy.Query.boolean_query(parts)


def ask(searcher, schema, text, kind, limit):
    if not words(text):
        return []
    hits = []
    for occur in (tantivy.Occur.Must, tantivy.Occur.Should):
        hits = searcher.search(query_of(schema, text, kind, occur), 30, count=False).hits
        if hits:
            break
    found = [(round(score, 1), searcher.doc(address)) for score, address in hits]
    found.sort(key=lambda hit: (-hit[0], -hit[1]["plays"][0]))
    return [doc["id"][0] for _, doc in found[:limit]]


def main():
    folder = sys.argv[1]
    start = time.perf_counter()
    index, schema, size = build(folder)
    took = time.perf_counter() - start
    searcher = index.searcher()
    end = time.perf_counter() + float(os.environ.get("SEGUE_COMPARE_SECONDS", "600"))
    with open(os.path.join(folder, "results-tantivy.tsv"), "w", encoding="utf-8") as out:
        for number, _, _, kind, how, _, text, *_ in rows(os.path.join(folder, "queries.tsv")):
            if time.perf_counter() > end:
                break
            begin = time.perf_counter()
            ids = ask(searcher, schema, text, kind, 5 if how == "suggest" else 10)
            out.write(f"{number}\t{int((time.perf_counter() - begin) * 1e6)}\t{','.join(ids)}\n")
    with open(os.path.join(folder, "stats-tantivy.tsv"), "w", encoding="utf-8") as out:
        version = tantivy.__version__.split(",")[0].replace("tantivy ", "Tantivy ")
        out.write(f"tantivy\t{version}\t{took:.1f}\t{size:.1f}\tone or two edits, prefix; in process\n")


main()
