"""Asks with httpx: python_httpx.py BASE QUESTIONS. One client for all."""

import json
import sys

import httpx


def token(token):
    def authorize(request):
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return authorize


base, questions = sys.argv[1], json.loads(sys.argv[2])
told = []
with httpx.Client(timeout=20) as client:
    for question in questions:
        # Left out, it takes what the address says; None would be nothing at all.
        auth = {}
        if "basic" in question:
            auth = {"auth": httpx.BasicAuth(*question["basic"])}
        if "bearer" in question:
            auth = {"auth": token(question["bearer"])}
        answer = client.get(base + question["path"], **auth)
        told.append({"status": answer.status_code, "body": answer.text})
print(json.dumps(told))
