"""The attacker of the drill: whoever owns the database, with superuser rights and the exchange's own keys."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import make_url, text

from app.audit.contradiction import Contradiction
from app.audit.kept_outside import KeptOutside, read_kept
from app.audit.progress import Unwatched
from app.audit.request import AuditRequest, AuditResult
from app.audit.run import run
from app.config import Settings
from app.db import create_engine
from app.registry.exchange_keys import ExchangeKeys, WrappedKeys, log_origin, open_ring
from app.stored import root_key, stored_body
from app.times import utc_now
from app.transparency.checkpoint import Log
from app.transparency.entries import act_entry
from app.transparency.tree import EMPTY, grow, leaf_hash
from app.vault import open_vault
from tests.agencies import World
from tests.server import EXCHANGE_ID


@dataclass
class Attacker:
    """The owner of the database and of the exchange's keys; the agencies' keys are not among them."""

    exchange: World
    data_dir: Path
    leads: tuple[str, str]
    settings: dict[str, Any] = field(default_factory=dict)

    def do(self, *statements: str, **values: Any) -> list[Any]:
        """Run statements in one transaction in which no trigger fires."""
        return superuser(self.exchange.database_url, *statements, **values)

    def act(self, name: str, lead: int = 0) -> str:
        query = "SELECT act_id FROM act WHERE lead_id = :lead AND act = :name"
        return str(self.do(query, lead=self.leads[lead], name=name)[0][0])

    def keys(self) -> ExchangeKeys:
        async def read() -> ExchangeKeys:
            engine = create_engine(self.exchange.database_url, pool_size=1)
            try:
                store = WrappedKeys(open_vault(Settings(data_dir=self.data_dir)))
                return (await open_ring(engine, store, utc_now)).keys
            finally:
                await engine.dispose()

        return asyncio.run(read())

    def data_key(self, root_id: str) -> bytes:
        ((wrapped,),) = self.do('SELECT data_key FROM "case" WHERE root_id = :root', root=root_id)
        return root_key(open_vault(Settings(data_dir=self.data_dir)), root_id, wrapped)

    async def look(self, *, jobs: int = 1, outside: KeptOutside | None = None, **given: Any) -> AuditResult:
        """Audit the attacked database; raise what it finds. `state` and `files` are the audit's, the rest settings."""
        asked = {name: given.pop(name) for name in ("state", "files") if name in given}
        settings = Settings(data_dir=self.data_dir, exchange_id=EXCHANGE_ID, **{**self.settings, **given})
        url = self.exchange.database_url
        return await run(settings, url, AuditRequest(jobs, outside=outside or KeptOutside(), **asked), Unwatched())

    def audited(self, checkpoint: Path | None = None, bundle: Path | None = None, **given: Any) -> str:
        """Audit it against what lies in these files; return the contradiction, or nothing."""
        checkpoints, bundles = ([one] if one else [] for one in (checkpoint, bundle))
        try:
            asyncio.run(self.look(outside=read_kept(checkpoints, bundles, log_origin(EXCHANGE_ID)), **given))
        except Contradiction as contradiction:
            return str(contradiction)
        return ""

    def log_anew(self) -> None:
        """Compute every entry, the tree and its checkpoints from the acts as they now are, and sign them anew."""
        log, tree = Log(log_origin(EXCHANGE_ID), self.keys().log), EMPTY
        self.do("DELETE FROM checkpoint WHERE size > 0", "DELETE FROM log_subtree")
        rows = self.do(
            "SELECT l.log_index, l.entry, a.act_id, a.root_id, a.jws, a.body, a.receipt, a.receipt_jws "
            "FROM log_entry l LEFT JOIN act a ON a.act_id = l.act_id ORDER BY log_index"
        )
        for index, (old, entry, act_id, root_id, jws, body, receipt, receipt_jws) in enumerate(rows):
            if receipt is not None:
                clear = stored_body(self.data_key(str(root_id)), str(act_id), body)
                entry = act_entry(jws=jws, body=clear, receipt=receipt, receipt_jws=receipt_jws)  # noqa: PLW2901 (anew)
            tree, _ = grow(tree, [leaf_hash(entry)])
            self.do(
                "UPDATE log_entry SET log_index = :index, entry = :entry, leaf_hash = :leaf WHERE log_index = :old",
                "UPDATE inbox SET log_index = :index WHERE log_index = :old",
                index=index,
                entry=entry,
                leaf=leaf_hash(entry),
                old=old,
            )
            self.do(
                "INSERT INTO checkpoint (size, root, note, at) VALUES (:size, :root, :note, now())",
                size=tree.size,
                root=tree.root(),
                note=str(log.sign(tree.size, tree.root())),
            )


def superuser(url: str, *statements: str, **values: Any) -> list[Any]:
    async def run() -> list[Any]:
        engine = create_engine(make_url(url).set(username="postgres").render_as_string(False), pool_size=1)
        try:
            async with engine.begin() as connection:
                await connection.execute(text("SET LOCAL session_replication_role = replica"))
                result = None
                for statement in statements:
                    needed = {name: value for name, value in values.items() if f":{name}" in statement}
                    result = await connection.execute(text(statement), needed)
                return list(result.all()) if result is not None and result.returns_rows else []
        finally:
            await engine.dispose()

    return asyncio.run(run())
