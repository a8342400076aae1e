"""Asks with requests: python_requests.py BASE QUESTIONS. One session for all."""

import json
import sys

import requests


class Token(requests.auth.AuthBase):
    def __init__(self, token):
        self.token = token

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


base, questions = sys.argv[1], json.loads(sys.argv[2])
told, digests = [], {}
with requests.Session() as session:
    for question in questions:
        auth = None
        if "basic" in question:
            auth = tuple(question["basic"])
        if "bearer" in question:
            auth = Token(question["bearer"])
        if "digest" in question:
            fresh = requests.auth.HTTPDigestAuth(*question["digest"])
            auth = digests.setdefault(question["session"], fresh)
        answer = session.request(
            question.get("method", "GET"),
            question.get("base", base) + question["path"],
            data=question.get("body"),
            auth=auth,
            timeout=20,
        )
        told.append({"status": answer.status_code, "body": answer.text})
print(json.dumps(told))
