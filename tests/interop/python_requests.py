"""Asks with requests: python_requests.py BASE QUESTIONS [PROXY]. One session for all.

requests itself has no Digest for proxies; requests-toolbelt has."""

import json
import sys

import requests
from requests_toolbelt.auth.http_proxy_digest import HTTPProxyDigestAuth


class Token(requests.auth.AuthBase):
    def __init__(self, token):
        self.token = token

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


base, questions = sys.argv[1], json.loads(sys.argv[2])
told, digests = [], {}
with requests.Session() as session:
    session.proxies = {"http": proxy for proxy in sys.argv[3:]}
    for question in questions:
        auth = None
        if "basic" in question:
            auth = tuple(question["basic"])
        if "bearer" in question:
            auth = Token(question["bearer"])
        if "digest" in question:
            fresh = requests.auth.HTTPDigestAuth(*question["digest"])
            auth = digests.setdefault(question["session"], fresh)
        if "proxy_digest" in question:
            auth = digests.setdefault("proxy", HTTPProxyDigestAuth(*question["proxy_digest"]))
        answer = session.request(
            question.get("method", "GET"),
            question.get("base", base) + question["path"],
            data=b"x" * question["upload"] if "upload" in question else question.get("body"),
            headers=question.get("headers"),
            auth=auth,
            timeout=20,
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        told.append({"status": answer.status_code, "headers": headers, "body": answer.text})
print(json.dumps(told))
