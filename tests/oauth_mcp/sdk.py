"""The official SDK of MCP for Python: takes the same plan as sdk.cjs, and prints the same answers.

`"mode"` of the plan is `auto` (the revision of 2026-07-28, without sessions) or `legacy`.
"""

import asyncio
import json
import logging
import sys
from urllib.parse import parse_qs, urlparse

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata, OAuthToken

plan = json.loads(sys.argv[1])
authorizations = []
refreshes = 0


class Storage:
    """What a program keeps for its user."""

    tokens = OAuthToken(**plan["tokens"]) if "tokens" in plan else None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        global refreshes
        if self.tokens and not Browser.code:
            refreshes += 1
        Browser.code = None
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Browser:
    """A request that follows no redirect."""

    code = None

    async def open(self, url):
        asked = parse_qs(urlparse(url).query)
        scope = [name for name in asked["scope"][0].split() if name != "offline_access"]
        authorizations.append({"scope": " ".join(scope), "resource": asked["resource"][0]})
        assert len(authorizations) <= 5, "asked the user for ever"
        async with httpx2.AsyncClient() as client:
            response = await client.get(url)
        back = parse_qs(urlparse(response.headers["location"]).query)
        Browser.code = AuthorizationCodeResult(code=back["code"][0], state=back["state"][0], iss=back["iss"][0])

    async def returned(self):
        return self.code


async def run():
    storage, browser = Storage(), Browser()
    provider = OAuthClientProvider(
        server_url=plan["url"],
        client_metadata=OAuthClientMetadata(client_name="test", redirect_uris=["http://127.0.0.1:1/callback"]),
        storage=storage,
        redirect_handler=browser.open,
        callback_handler=browser.returned,
    )
    http = httpx2.AsyncClient(auth=provider, timeout=30)
    answers = []
    client = Client(streamable_http_client(plan["url"], http_client=http), mode=plan.get("mode", "auto"))

    async def call(name, arguments):
        result = await client.call_tool(name, arguments)
        return "".join(part.text for part in result.content)

    async def tools():
        return [tool.name for tool in (await client.list_tools()).tools]

    async def token(tokens):
        """Another token, such as one that has expired."""
        context = provider.context
        context.current_tokens = context.current_tokens.model_copy(update=tokens)
        if tokens.get("expires_in") == 0:
            context.token_expiry_time = 1

    async def scope():
        return storage.tokens.scope

    steps = {"call": call, "tools": tools, "token": token, "scope": scope}
    try:
        async with client:
            for step, *arguments in plan["steps"]:
                if step == "connect":
                    answers.append(None)
                    continue
                try:
                    answers.append(await steps[step](*arguments))
                except Exception as error:
                    answers.append({"error": f"{type(error).__name__}: {error}"})
    except BaseException as error:
        answers.append({"error": f"{type(error).__name__}: {error}"})
    print(json.dumps({"answers": answers, "authorizations": authorizations, "refreshes": refreshes}))


logging.disable(logging.CRITICAL)
asyncio.run(run())
