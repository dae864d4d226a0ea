"""A real HTTP server with real keys that plays an exchange badly: it answers what a test tells it to."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from app.client import Agency, NodeKeys
from app.client.exchange import sha256_hex
from app.signing.jws import read_header, sign_detached
from app.signing.keys import generate_private

EXCHANGE, NODE = "exchange-toy", "township-990121101"
Answer = tuple[int, dict[str, str], bytes]
Respond = Callable[[str, bytes], Answer | None]
"""From the JWS and the body that arrived, what to answer; None hangs up without a word."""


@dataclass
class ToyExchange:
    """Its signing key, what arrived, and what to say next (the last answer is repeated)."""

    answers: list[Respond]
    key = generate_private("Ed25519")
    arrived: list[tuple[str, str, bytes]] = field(default_factory=list)

    def sign(self, body: bytes, *, typ: str, jti: str, aud: str = NODE) -> dict[str, str]:
        token = sign_detached(body, self.key, typ=typ, iss=EXCHANGE, aud=aud, iat=1_795_420_000, jti=jti)
        return {"X-JWS-Signature": token}

    def receipt(self, jws: str, body: bytes, **changed: object) -> Answer:
        """Answer with a receipt, true but for the members in `changed`."""
        act_id = read_header(jws).jti
        document = {
            "receipt": "1",
            "exchange": EXCHANGE,
            "act_id": act_id,
            "act": json.loads(body)["act"],
            "act_jws_sha256": sha256_hex(jws.encode()),
            "body_sha256": sha256_hex(body),
            "body_length": len(body),
            "lead_id": json.loads(body)["lead_id"],
            "received_at": "2026-03-02T10:00:00+08:00",
            "result": {"lead_no": "XS-990121-T-2026-1", "lead_state": "registered", "deadlines": []},
            **changed,
        }
        raw = json.dumps(document).encode()
        return 201, self.sign(raw, typ="lead-receipt+jws", jti=act_id), raw

    def refusal(self, jws: str, slug: str, **changed: object) -> Answer:
        """Answer with a signed refusal, true but for the members in `changed`."""
        act_id = read_header(jws).jti
        document = {
            "type": f"/problems/{slug}",
            "detail": "No.",
            "act_id": act_id,
            "act_jws_sha256": sha256_hex(jws.encode()),
            **changed,
        }
        raw = json.dumps(document).encode()
        return 422, self.sign(raw, typ="lead-refusal+jws", jti=act_id), raw


@contextmanager
def talking_to(toy: ToyExchange) -> Iterator[Agency]:
    """Yield an agency that pinned the key of a running toy exchange."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            jws = self.headers["X-JWS-Signature"]
            toy.arrived.append((self.path, jws, body))
            respond = toy.answers.pop(0) if len(toy.answers) > 1 else toy.answers[0]
            answer = respond(jws, body)
            if answer is None:
                self.close_connection = True
                return
            status, headers, raw = answer
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args: object) -> None:
            """Say nothing: the test knows what it sent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    keys = NodeKeys(generate_private("Ed25519"), generate_private("ES256"))
    agency = Agency(
        f"http://127.0.0.1:{server.server_port}",
        NODE,
        EXCHANGE,
        keys,
        jwks={"keys": [{**toy.key.public_jwk, "kid": toy.key.kid}]},
        defaults={
            "signatory": {"name": "何某某", "title": "镇长"},
            "handler": {"name": "许某某", "phone": "1"},
        },
    )
    try:
        yield agency
    finally:
        agency.close()
        server.shutdown()
        thread.join(30)
        server.server_close()
