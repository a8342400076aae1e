"""Has httplint judge responses: judge.py FILE, a JSON array of objects with `name`, `method`, `target`, `sent` and
`received` (pairs of a name and a value), `status` and `body`. Prints an array of [name, level, note, summary]."""

import json
import sys
import types

# httplint compares a body with its type by this package, which has no wheel. Its answer is taken to be the type
# that was declared; the tests of F02 look at the types.
sniffpy = types.ModuleType("sniffpy")
sniffpy.sniff = lambda content, declared: declared
sys.modules["sniffpy"] = sniffpy

from httplint import HttpRequestLinter, HttpResponseLinter  # noqa: E402


def lines(pairs):
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


told = []
with open(sys.argv[1], encoding="utf-8") as exchanges:
    for exchange in json.load(exchanges):
        request = HttpRequestLinter()
        target = "http://localhost" + exchange["target"]
        request.process_request_topline(exchange["method"].encode(), target.encode(), b"1.1")
        request.process_headers(lines(exchange["sent"]))
        request.finish_content(True)
        response = HttpResponseLinter(_related=request)
        response.process_response_topline(b"1.1", str(exchange["status"]).encode(), b"")
        response.process_headers(lines(exchange["received"]))
        response.feed_content(exchange["body"].encode())
        response.finish_content(True)
        for note in response.notes:
            for said in [note, *note.subnotes]:
                told.append([exchange["name"], said.level.name, type(said).__name__, str(said.summary)])
print(json.dumps(told))
