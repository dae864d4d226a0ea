"""The log as strangers read it: over HTTP, without a token, by a reader that shares no code with the service."""

import base64
import hashlib
import json
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from tests.agencies import Raw, World, sha256
from tests.transparency.reader import Head, Reader, mth, path_root, read_note
from tests.waiting import until

LEAF = b"\x00"


def logged(exchange: World, act_id: str) -> str:
    """Return the proof of an act, asking again while it is not logged yet."""
    town = exchange.agency("township")

    def proof() -> str | None:
        answer = town.http.get(f"/v1/acts/{act_id}/proof", headers=bearer(exchange))
        if answer.status_code == 200:
            assert answer.headers["content-type"] == "text/plain; charset=utf-8"
            return answer.content.decode()
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        return None

    return until(f"the proof of act {act_id}", proof)


def bearer(exchange: World, name: str = "township") -> dict[str, str]:
    return {"Authorization": f"Bearer {exchange.agency(name).token()}"}


def fill(exchange: World, number: int) -> None:
    """Let this many refusals of classified material wait for the sequencer, as the intake writes them."""
    exchange.rows(
        "INSERT INTO unsequenced (kind, entry, committed_at) SELECT 'refused-classified', "
        "convert_to('leadbridge/entry/v1' || chr(10) || n || chr(10), 'UTF8'), now() FROM generate_series(1, :n) n",
        n=number,
    )


def grown(exchange: World, reader: Reader) -> Head:
    """Return the checkpoint once nothing waits any more."""
    exchange.sequenced()

    def newest() -> Head | None:
        head = reader.checkpoint()
        return head if head.size == exchange.rows("SELECT max(size) FROM checkpoint")[0][0] else None

    return until("the newest head is served", newest)


def test_a_reader_recomputes_the_root_from_entries_and_finds_every_tile(exchange: World, reader: Reader) -> None:
    exchange.register()
    fill(exchange, 700)
    first = grown(exchange, reader)
    fill(exchange, 1500)
    second = grown(exchange, reader)
    entries = reader.entries(second.size)
    leaves = [hashlib.sha256(LEAF + entry).digest() for entry in entries]
    assert second.size == first.size + 1500
    assert mth(leaves) == second.root
    assert mth(leaves[: first.size]) == first.root  # the older head is that of a beginning: consistent
    assert reader.check_tiles(leaves) == -(-second.size // 256) + 1


def test_every_checkpoint_that_was_ever_signed_is_of_the_same_tree(exchange: World, reader: Reader) -> None:
    head = grown(exchange, reader)
    leaves = [hashlib.sha256(LEAF + entry).digest() for entry in reader.entries(head.size)]
    signed = [read_note(row[0], reader.vkey) for row in exchange.rows("SELECT note FROM checkpoint ORDER BY size")]
    assert signed[0].size == 0
    assert len(signed) > 3
    for older in signed:
        assert older.signers == {head.origin: None}
        assert mth(leaves[: older.size]) == older.root


def test_an_act_is_proven_by_its_own_digests(exchange: World, reader: Reader) -> None:
    town = Raw(exchange.agency("township"))
    body = json.dumps(town.document()).encode()
    token = town.sign(body)
    answer = town.post(body, token=token)
    proof = logged(exchange, answer.json()["act_id"])
    head, note = proof.split("\n\n", 1)
    magic, index, *path = head.split("\n")
    assert (magic, index.split(" ")[0]) == ("c2sp.org/tlog-proof@v1", "index")
    sm3 = hashlib.new("sm3", body).hexdigest()
    members = {
        "t": "act",
        "act_jws_sha256": sha256(token.encode()),
        "body_sha256": sha256(body),
        "body_sm3": sm3,
        "receipt_sha256": sha256(answer.content),
        "receipt_jws_sha256": sha256(answer.headers["x-jws-signature"].encode()),
    }
    entry = b"leadbridge/entry/v1\n" + json.dumps(members, separators=(",", ":")).encode() + b"\n"
    at, checkpoint = int(index.split(" ")[1]), read_note(note, reader.vkey)
    leaf = hashlib.sha256(LEAF + entry).digest()
    hashes = [base64.b64decode(line, validate=True) for line in path]
    assert path_root(at, checkpoint.size, leaf, hashes) == checkpoint.root
    assert checkpoint.origin in checkpoint.signers
    assert reader.entries(checkpoint.size)[at] == entry
    assert exchange.agency("township").get_act(answer.json()["act_id"]).log_index == at


def test_a_proof_is_for_those_who_may_read_the_act(exchange: World) -> None:
    answer = Raw(exchange.agency("township")).post(Raw(exchange.agency("township")).document())
    path = f"/v1/acts/{answer.json()['act_id']}/proof"
    http = exchange.admin.http
    assert httpx.get(exchange.url + path).status_code == 401
    assert http.get(path, headers=bearer(exchange, "regulator")).status_code == 404
    for unknown in (str(uuid4()), "no-uuid"):
        assert http.get(f"/v1/acts/{unknown}/proof", headers=bearer(exchange)).status_code == 404


def test_a_receipt_brings_the_newest_checkpoint(exchange: World, reader: Reader) -> None:
    before = grown(exchange, reader)
    town = Raw(exchange.agency("township"))
    answer = town.post(town.document())
    head = read_note(base64.b64decode(answer.headers["x-log-checkpoint"], validate=True).decode(), reader.vkey)
    assert head.size >= before.size
    assert head.signers == {before.origin: None}


def test_an_act_has_the_next_index_without_being_asked_for(exchange: World, reader: Reader) -> None:
    before = grown(exchange, reader).size
    town = Raw(exchange.agency("township"))
    act_id = town.post(town.document()).json()["act_id"]
    exchange.sequenced()
    rows = exchange.rows("SELECT log_index FROM log_entry WHERE act_id = :act", act=act_id)
    assert [row.log_index for row in rows] == [before]


@pytest.mark.parametrize(
    "path",
    ["tile/0/001.p/0", "tile/0/1", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/0/x000/000", "tile/0/999",
     "tile/7/000", "tile/entries/999", "tile/entries/000.p/256", "tile/entries/0", "tile/0/000.p/", "tile/x/000",
     "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/x009/x223/x372/x036/x854/x775/807"],
)  # fmt: skip
def test_what_is_not_there_is_not_found_and_not_cached(exchange: World, path: str) -> None:
    answer = exchange.admin.http.get("/log/" + path)
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


def test_a_full_tile_answers_for_its_parts_and_bundles_are_compressed(exchange: World, reader: Reader) -> None:
    fill(exchange, 300)
    assert grown(exchange, reader).size > 256
    whole = reader.get("tile/0/000").content
    assert len(whole) == 8192
    assert reader.get("tile/0/000.p/100").content == whole[:3200]
    plain = httpx.get(f"{exchange.url}/log/tile/entries/000", headers={"Accept-Encoding": "identity"})
    packed = httpx.get(f"{exchange.url}/log/tile/entries/000", headers={"Accept-Encoding": "gzip"})
    assert ("content-encoding" in plain.headers, packed.headers["content-encoding"]) == (False, "gzip")
    assert plain.content == packed.content
    assert exchange.admin.http.get("/log/checkpoint").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("table", ["log_subtree", "checkpoint"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_itself_keeps_the_tree(exchange: World, table: str, change: str) -> None:
    column = {"log_subtree": "hash", "checkpoint": "root"}[table]
    with pytest.raises(DBAPIError) as refused:
        exchange.rows(change.format(table, column, column))
    assert getattr(refused.value.orig, "sqlstate", "") == asyncpg.InsufficientPrivilegeError.sqlstate
