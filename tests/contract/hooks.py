"""What Schemathesis is told beside the contract: ids that exist, so that it gets behind the 404s.

SEGUE_CONTRACT_WORLD names a JSON file {"song_id": [1, 2], "token": "..."}, made by prepare.mjs.
Half of all ids stay what the tool made up.
"""
import json
import os

import schemathesis

with open(os.environ["SEGUE_CONTRACT_WORLD"], encoding="utf-8") as f:
    WORLD = json.load(f)


def known(values, seed):
    """Puts ids that exist in place of some that were made up."""
    for name, value in list((values or {}).items()):
        ids = WORLD.get(name)
        if ids and isinstance(value, type(ids[0])) and not isinstance(value, bool) and hash((seed, value)) % 2:
            values[name] = ids[hash(value) % len(ids)]
    return values


@schemathesis.hook
def map_path_parameters(ctx, path_parameters):
    return known(path_parameters, "path")


@schemathesis.hook
def map_query(ctx, query):
    return known(query, "query")


@schemathesis.hook
def filter_query(ctx, query):
    """Addresses past what is read at all are tested byte for byte elsewhere."""
    return len(str(query)) < 2000


@schemathesis.hook
def map_body(ctx, body):
    return known(body, "body") if isinstance(body, dict) else body


def raw(ctx, value):
    """Bodies that are no JSON are sent as they are."""
    if isinstance(value, bytes):
        return value
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()


for media_type in ("application/vnd.apple.mpegurl", "application/xspf+xml", "application/jspf+json", "text/plain", "image/*",
                   "application/offset+octet-stream"):
    schemathesis.serializer(media_type)(raw)
