"""One agency's line to the exchange: safe re-sending, bearer tokens, and refusals raised as `Refused`."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from app.client.errors import Refused, Unanswered
from app.client.exchange import Exchange
from app.client.ids import uuid7
from app.errors import Problem
from app.signing import jwt, strict_json, typ
from app.signing.keys import PrivateKey, PublicKey
from app.signing.sealing import SealingKey

SIGNATURE = "X-JWS-Signature"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ATTEMPTS = 6


def now_utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class NodeKeys:
    """An agency's own keys: `act` signs its acts, `auth` logs its system in, `seal` opens what is sealed for it."""

    act: PrivateKey
    auth: PrivateKey
    seal: SealingKey | None = None


def send_until_answered(
    http: httpx.Client, method: str, path: str, *, attempts: int = ATTEMPTS, **request: Any
) -> httpx.Response:
    """Send the same bytes until there is an answer other than 503; raise Unanswered after `attempts`.

    Only for what is safe to repeat: reads, and signed acts, which the exchange recognises by `jti` and body.
    """
    reason = "503"
    for attempt in range(attempts):
        pause = min(0.2 * 2**attempt, 5.0)
        try:
            response = http.request(method, path, **request)
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
        else:
            if response.status_code != 503:
                return response
            reason = f"503 {response.headers.get('retry-after', '')}".strip()
            asked = response.headers.get("retry-after", "")
            pause = min(float(asked), 30.0) if asked.isdigit() else pause
        if attempt + 1 < attempts:
            time.sleep(pause)
    raise Unanswered(f"no answer from {http.base_url} after {attempts} attempts: {reason}")


def problem_of(response: httpx.Response) -> dict[str, Any]:
    """Return the problem document of an error answer, or a stand-in when something else answered."""
    try:
        document = strict_json.loads(response.content)
    except Problem:  # a proxy in between may say anything
        document = None
    return document if isinstance(document, dict) else {"title": response.reason_phrase}


def accept(response: httpx.Response) -> httpx.Response:
    """Return a 2xx answer; raise Refused for any other, unsigned."""
    if response.is_success:
        return response
    problem = problem_of(response)
    slug = str(problem.get("type") or problem.get("error") or "").rsplit("/", 1)[-1]
    raise Refused(slug or f"http-{response.status_code}", response.status_code, problem, signed=False)


class Connection:
    """Reads as one node; the token is fetched when first needed and again before it ends."""

    def __init__(
        self,
        url: str,
        node_id: str,
        exchange: Exchange,
        keys: NodeKeys,
        *,
        http: httpx.Client | None = None,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self.http = http or httpx.Client(base_url=url, timeout=httpx.Timeout(20.0, read=60.0))
        self.node_id = node_id
        self.exchange = exchange
        self.keys = keys
        self.clock = clock
        self.act_keys: dict[str, tuple[str, PublicKey]] = {}  # by thumbprint: whose, and the key
        self._token = ("", 0.0)

    def close(self) -> None:
        self.http.close()

    def token(self) -> str:
        """Return a bearer token good for at least 20 s more (RFC 7523 client assertion by the `auth` key)."""
        token, ends = self._token
        if time.monotonic() < ends - 20:
            return token
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": self._assertion(),
        }
        answer = accept(self.http.post("/v1/oauth/token", data=form)).json()
        self._token = (str(answer["access_token"]), time.monotonic() + int(answer["expires_in"]))
        return self._token[0]

    def _assertion(self) -> str:
        now = int(self.clock().timestamp())
        claims = {"iss": self.node_id, "sub": self.node_id, "aud": self.exchange.exchange_id, "jti": uuid7()}
        return jwt.sign({**claims, "iat": now, "exp": now + 55}, self.keys.auth, typ=typ.CLIENT_ASSERTION)

    def meet(self, *tokens: str | None) -> None:
        """Go over to a later key of the exchange where a token names one, if a pinned key leads to it."""
        if not all(self.exchange.knows(token) for token in tokens if token is not None):
            answer = self.http.get("/.well-known/jwks.json")
            if answer.is_success:
                self.exchange = self.exchange.following(answer.json())

    def get(self, path: str, **params: str | int | None) -> Any:
        """Return the JSON of a read; parameters that are None are left out. Raises Refused, Unanswered."""
        return self.get_raw(path, **params).json()

    def get_raw(self, path: str, **params: str | int | None) -> httpx.Response:
        """As `get`, whatever the answer holds."""
        given = {name: value for name, value in params.items() if value is not None}
        return self.with_token("GET", path, params=given)

    def with_token(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send what is safe to repeat, once more with a fresh token when the exchange no longer takes this one."""
        headers = {**request.pop("headers", {}), "Authorization": f"Bearer {self.token()}"}
        answer = send_until_answered(self.http, method, path, headers=headers, **request)
        if answer.status_code == 401:
            self._token = ("", 0.0)
            headers["Authorization"] = f"Bearer {self.token()}"
            answer = send_until_answered(self.http, method, path, headers=headers, **request)
        return accept(answer)
