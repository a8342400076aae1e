"""Uploads with Python: python_upload.py urllib|requests|httpx URL BYTES TIMES. Prints a status or an
error for each."""

import json
import sys
import urllib.error
import urllib.request

how, url, size, times = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
body = b"x" * size


def with_urllib():
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.read()
        return error.code


def with_requests():
    import requests

    return requests.post(url, data=body, timeout=60).status_code


def with_httpx():
    import httpx

    return httpx.post(url, content=body, timeout=60, trust_env=False).status_code


upload = {"urllib": with_urllib, "requests": with_requests, "httpx": with_httpx}[how]
told = []
for _ in range(times):
    try:
        told.append(str(upload()))
    except OSError as error:
        told.append(type(getattr(error, "reason", error)).__name__)
    except Exception as error:
        told.append(type(error).__name__)
print(json.dumps(told))
