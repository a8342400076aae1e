"""Asks with aiohttp: python_aiohttp.py BASE QUESTIONS [PROXY]. One session for all."""

import asyncio
import json
import sys

import aiohttp
from yarl import URL


async def main(base, questions, proxy=None):
    told, digests = [], {}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as session:
        for question in questions:
            auth, headers, middlewares = None, dict(question.get("headers", {})), ()
            body = b"x" * question["upload"] if "upload" in question else question.get("body")
            if "basic" in question:
                auth = aiohttp.BasicAuth(*question["basic"], encoding="utf-8")
            if "bearer" in question:
                headers["Authorization"] = f"Bearer {question['bearer']}"
            if "digest" in question:
                fresh = aiohttp.DigestAuthMiddleware(*question["digest"])
                middlewares = (digests.setdefault(question["session"], fresh),)
            url = question.get("base", base) + question["path"]
            try:
                async with session.request(
                    question.get("method", "GET"),
                    URL(url, encoded="digest" in question),
                    data=body,
                    auth=auth,
                    headers=headers,
                    proxy=proxy,
                    middlewares=middlewares,
                ) as answer:
                    got = {name.lower(): ", ".join(answer.headers.getall(name)) for name in answer.headers}
                    told.append({"status": answer.status, "headers": got, "body": await answer.text()})
            except aiohttp.ClientError as error:
                told.append({"status": 0, "body": repr(error)})
    print(json.dumps(told))


asyncio.run(main(sys.argv[1], json.loads(sys.argv[2]), *sys.argv[3:]))
