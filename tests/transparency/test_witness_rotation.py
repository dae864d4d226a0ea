"""A witness's key is followed by another while it cosigns: either gives a quorum, a revoked one gives none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from prometheus_client import REGISTRY

from tests.agencies import world
from tests.cli.command_line import leadbridge
from tests.evidence.bundles import Bundle, by_command, by_shell, download
from tests.server import EXCHANGE_ID
from tests.transparency.reader import Reader, read_note
from tests.transparency.sites import (
    FOREIGN,
    LEAVES,
    SECOND,
    Site,
    cosigned,
    send,
    submission,
    tree_of,
    witness_line,
)
from tests.waiting import until


def rotated(second: Site, url: str, *how: str) -> str:
    """Let another key follow the witness's beside the running service; return the new one."""
    before = witness_line(url)[1]
    settings = {"LEADBRIDGE_DATABASE_URL": second.database_url, "LEADBRIDGE_DATA_DIR": str(second.folder)}
    done = leadbridge("keys", "rotate", "witness", *how, **settings, LEADBRIDGE_EXCHANGE_ID=SECOND)
    assert done.returncode == 0, done.stderr
    until("the witness names its new key", lambda: witness_line(url)[1] != before)
    return witness_line(url)[1]


@contextmanager
def reading(first: Site, *policy: str) -> Iterator[Reader]:
    """Run the first exchange under a policy, and read its log."""
    with first.running(*policy) as own, httpx.Client(base_url=own) as http:
        yield Reader(http, first.log_vkey())


def refusals(name: str) -> float:
    return REGISTRY.get_sample_value("leadbridge_cosignatures_total", {"witness": name, "outcome": "refused"}) or 0


def lines_under(http: httpx.Client, *vkeys: str) -> list[bool]:
    """Which of these keys the answer to a submission bears a good line of."""
    status, lines, _ = send(http, submission(0, 0))
    assert status == 200
    note = str(FOREIGN.sign(0, tree_of(LEAVES[:0]).root())) + lines
    found = [bool(read_note(note, vkey).signers) for vkey in vkeys]
    assert len(lines.splitlines()) == sum(found)
    return found


def test_under_the_old_key_and_the_new_one_a_head_has_its_quorum_and_under_a_revoked_one_it_has_not(
    sites: tuple[Site, Site],
) -> None:
    first, second = sites
    known = (f"log {first.log_vkey()}", f"log {FOREIGN.verifier}", "quorum none")
    with second.running(*known) as url, httpx.Client(base_url=url) as http:

        def witness(name: str, vkey: str) -> str:
            return f"witness {name} {vkey} {url}/log/witness"

        old = witness_line(url)[1]
        assert lines_under(http, old) == [True]
        with reading(first, witness("second", old), "quorum second") as reader:
            cosigned(reader, old, first.grow(3, "a"))
            new = rotated(second, url)
            # Whoever has not heard of the new key goes on under the old one, without a restart.
            cosigned(reader, old, first.grow(300, "b"))
        assert lines_under(http, old, new) == [True, True]
        for many in ("all", "any"):
            both = (witness("before", old), witness("after", new), f"group second {many} before after")
            with reading(first, *both, "quorum second") as reader:
                size = first.grow(4, many)
                cosigned(reader, old, size)
                cosigned(reader, new, size)
        with reading(first, witness("second", new), "quorum second") as reader:
            size = first.grow(5, "c")
            cosigned(reader, new, size)
        newest = rotated(second, url, "--at-once")
        assert lines_under(http, old, new, newest) == [True, False, True]
        with reading(first, witness("stolen", new), "quorum stolen") as reader:
            first.grow(6, "d")
            until("a signature of the stolen key is refused", lambda: refusals("stolen") > 0)
            assert reader.checkpoint(new).size == size
        either = (witness("before", new), witness("after", newest), "group second any before after", "quorum second")
        with reading(first, *either) as reader:
            cosigned(reader, newest, first.grow(7, "e"))


def test_a_bundle_has_its_quorum_under_either_key_of_a_witness_and_not_under_one_that_never_signed(
    sites: tuple[Site, Site], database_url: str, tmp_path: Path
) -> None:
    _, second = sites
    own = Site(EXCHANGE_ID, database_url, tmp_path / "own")
    own.folder.mkdir()
    file = tmp_path / "witnesses"
    with second.running(f"log {own.log_vkey()}", "quorum none") as url:
        old = witness_line(url)[1]
        new = rotated(second, url)
        lines = [f"witness before {old} {url}/log/witness", f"witness after {new} {url}/log/witness"]
        file.write_text("\n".join([*lines, "group second all before after", "quorum second", ""]))
        with world(database_url, own.folder, witness_policy=file) as running:
            lead_id, reader = running.register(), Reader(running.admin.http, own.log_vkey())
            running.agency("township").screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
            running.sequenced()
            (size,) = own.rows("SELECT max(size) FROM checkpoint")[0]
            cosigned(reader, old, size)
            cosigned(reader, new, size)
            found = download(running, "township", lead_id, tmp_path)
        never = rotated(second, url, "--at-once")
    pinned = [
        line for line in found.policy().read_text().splitlines() if line.startswith(("log ", "exchange ", "node "))
    ]
    both = ["witness before " + old, "witness after " + new]
    for status, quorum in (
        (0, ["witness second " + old, "quorum second"]),
        (0, ["witness second " + new, "quorum second"]),
        (0, [*both, "group second all before after", "quorum second"]),
        (1, ["witness second " + never, "quorum second"]),
        (1, [*both, "witness last " + never, "group second all before after last", "quorum second"]),
    ):
        assert verified(found, tmp_path / "pinned", *pinned, *quorum) == [status, status], quorum


def verified(bundle: Bundle, policy: Path, *lines: str) -> list[int]:
    """What both verifiers say of a bundle under a policy of these lines."""
    policy.write_text("\n".join([*lines, ""]))
    return [by_command(bundle.zip, "--policy", policy).status, by_shell(bundle.folder, policy).status]
