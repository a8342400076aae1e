"""Asks with aiohttp: python_aiohttp.py BASE QUESTIONS. One session for all."""

import asyncio
import json
import sys

import aiohttp


async def main(base, questions):
    told = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as session:
        for question in questions:
            auth, headers = None, {}
            if "basic" in question:
                auth = aiohttp.BasicAuth(*question["basic"], encoding="utf-8")
            if "bearer" in question:
                headers["Authorization"] = f"Bearer {question['bearer']}"
            url = base + question["path"]
            async with session.get(url, auth=auth, headers=headers) as answer:
                told.append({"status": answer.status, "body": await answer.text()})
    print(json.dumps(told))


asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
