"""Asks with httpx: python_httpx.py BASE QUESTIONS [PROXY]. One client for all."""

import json
import sys

import httpx


def token(token):
    def authorize(request):
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return authorize


base, questions = sys.argv[1], json.loads(sys.argv[2])
told, digests = [], {}
proxy = (sys.argv[3:] or [None])[0]
with httpx.Client(timeout=20, proxy=proxy) as client:
    for question in questions:
        # Left out, it takes what the address says; None would be nothing at all.
        auth = {}
        if "basic" in question:
            auth = {"auth": httpx.BasicAuth(*question["basic"])}
        if "bearer" in question:
            auth = {"auth": token(question["bearer"])}
        if "digest" in question:
            fresh = httpx.DigestAuth(*question["digest"])
            auth = {"auth": digests.setdefault(question["session"], fresh)}
        try:
            answer = client.request(
                question.get("method", "GET"),
                question.get("base", base) + question["path"],
                content=b"x" * question["upload"] if "upload" in question else question.get("body"),
                headers=question.get("headers"),
                **auth,
            )
        except (KeyError, UnicodeError) as error:
            told.append({"status": 0, "body": repr(error)})
        else:
            headers = dict(answer.headers)
            told.append({"status": answer.status_code, "headers": headers, "body": answer.text})
print(json.dumps(told))
