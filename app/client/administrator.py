"""A registrar's line to the exchange: create nodes and hand out enrolment codes."""

from typing import Any, cast

import httpx

from app.client.connection import accept


class Administrator:
    """A person, not an agency: `Administrator(url).login(name, password)`. Every call may raise Refused."""

    def __init__(self, url: str, *, http: httpx.Client | None = None) -> None:
        self.http = http or httpx.Client(base_url=url, timeout=20.0)

    def login(self, name: str, password: str) -> "Administrator":
        """Fetch a token (OAuth2 password form) and use it from here on."""
        form = {"grant_type": "password", "username": name, "password": password}
        answer = accept(self.http.post("/v1/admin/token", data=form)).json()
        self.http.headers["Authorization"] = f"Bearer {answer['access_token']}"
        return self

    def create_node(
        self,
        node_id: str,
        *,
        kind: str,
        name: str,
        division_code: str,
        level: str,
        parent: str | None = None,
        sector: str | None = None,
    ) -> dict[str, Any]:
        """Register an agency; it acts only after enrolling its keys."""
        node = {
            "node_id": node_id,
            "kind": kind,
            "name": name,
            "division_code": division_code,
            "level": level,
            "parent": parent,
        }
        if sector is not None:
            node["sector"] = sector
        return cast(dict[str, Any], accept(self.http.post("/v1/admin/nodes", json=node)).json())

    def enrolment_code(self, node_id: str) -> dict[str, str]:
        """Return `{"code","expires_at"}`: works once, for 72 h; hand it over outside the system."""
        answer = accept(self.http.post(f"/v1/admin/nodes/{node_id}/enrolment-codes"))
        return cast(dict[str, str], answer.json())
