"""An application of FastAPI, protected by its own helpers as its tutorial shows them: fastapi_app.py CONFIG, where
CONFIG is a file with the port."""

import secrets
import sys
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Security, status
from fastapi.security import (
    APIKeyHeader,
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
    OAuth2PasswordBearer,
    SecurityScopes,
)

app = FastAPI()
REPORTS = [{"title": "First quarter"}]
TOKENS = {"alice-token": {"reports"}, "bob-token": set()}


@app.get("/basic")
def basic(credentials: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]):
    correct_username = secrets.compare_digest(credentials.username.encode(), b"alice")
    correct_password = secrets.compare_digest(credentials.password.encode(), b"wonderland")
    if not (correct_username and correct_password):
        raise HTTPException(
            status_code=status.HTTP_401_UNAUTHORIZED,
            detail="Incorrect username or password",
            headers={"WWW-Authenticate": "Basic"},
        )
    return REPORTS


@app.get("/basic-realm")
def basic_realm(credentials: Annotated[HTTPBasicCredentials, Depends(HTTPBasic(realm="reports"))]):
    if (credentials.username, credentials.password) != ("alice", "wonderland"):
        raise HTTPException(401, headers={"WWW-Authenticate": 'Basic realm="reports"'})
    return REPORTS


@app.get("/bearer")
def bearer(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]):
    if credentials.credentials not in TOKENS:
        raise HTTPException(status_code=401, detail="Invalid token")
    if "reports" not in TOKENS[credentials.credentials]:
        raise HTTPException(status_code=403, detail="Not enough permissions")
    return REPORTS


oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token", scopes={"reports": "Read the reports."})


@app.get("/oauth2")
def oauth2(token: Annotated[str, Depends(oauth2_scheme)]):
    if token not in TOKENS:
        raise HTTPException(
            status_code=status.HTTP_401_UNAUTHORIZED,
            detail="Could not validate credentials",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if "reports" not in TOKENS[token]:
        raise HTTPException(status_code=400, detail="Inactive user")
    return REPORTS


def user_with_scopes(security_scopes: SecurityScopes, token: Annotated[str, Depends(oauth2_scheme)]):
    """The function `get_current_user` of the chapter about scopes: too few scopes are a 401, too."""
    challenge = f'Bearer scope="{security_scopes.scope_str}"' if security_scopes.scopes else "Bearer"
    if token not in TOKENS:
        raise HTTPException(
            status_code=401,
            detail="Could not validate credentials",
            headers={"WWW-Authenticate": challenge},
        )
    for scope in security_scopes.scopes:
        if scope not in TOKENS[token]:
            raise HTTPException(
                status_code=401,
                detail="Not enough permissions",
                headers={"WWW-Authenticate": challenge},
            )


@app.get("/scopes", dependencies=[Security(user_with_scopes, scopes=["reports"])])
def scopes():
    return REPORTS


@app.get("/api-key")
def api_key(key: Annotated[str, Depends(APIKeyHeader(name="x-api-key"))]):
    if key != "alice-key-4f1d0c9b":
        raise HTTPException(status_code=401, detail="Invalid API key")
    return REPORTS


def plain_401(authorization: str | None = None):
    raise HTTPException(status_code=401, detail="Unauthorized")


@app.get("/plain", dependencies=[Depends(plain_401)])
def plain():
    return REPORTS


if __name__ == "__main__":
    with open(sys.argv[1]) as config:
        uvicorn.run(app, host="127.0.0.1", port=int(config.read()), log_level="warning")
