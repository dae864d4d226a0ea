"""Bundles put together otherwise by whoever owns them: parts exchanged, names that deceive, another policy."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence.bundles import Bundle, by_command, by_shell
from tests.evidence.test_tampering import copy, refused, resign

__all__ = ["copy"]
FIRST, SECOND, THIRD = "acts/001-lead.register", "acts/002-lead.screen", "acts/003-transfer.offer"
TOOLS = (
    *("sh", "awk", "cat", "cmp", "cut", "dd", "dirname", "find", "grep", "head", "mkdir", "mv"),
    *("od", "printf", "rm", "sed", "sort", "tail", "tr", "uniq", "wc", "xargs"),
)


def swap(folder: Path, one: str, other: str, *names: str) -> None:
    """Exchange two files or folders, or only what bears these names in them."""
    kept = folder / "swap"
    for name in names or ("",):
        first, second = folder / one / name, folder / other / name
        first.rename(kept)
        second.rename(first)
        kept.rename(second)


def change(folder: Path, name: str, change: Callable[[str], str]) -> None:
    before = (folder / name).read_bytes().decode()
    after = change(before)
    assert after != before
    (folder / name).write_bytes(after.encode())


def proof_of_a_smaller_tree(folder: Path) -> None:
    def smaller(text: str) -> str:
        head, note = text.split("\n\n", 1)
        origin, size, rest = note.split("\n", 2)
        return f"{head}\n\n{origin}\n{int(size) - 1}\n{rest}"

    for path in folder.glob("*/*/entry.tlog-proof"):
        change(folder, path.relative_to(folder).as_posix(), smaller)


def hidden_behind_left_out_names(folder: Path) -> None:
    """To a list of lines this one file looks like the two that the manifest does not list: itself and its signature."""
    (folder / "manifest.txt\n.").mkdir()
    (folder / "manifest.txt\n./manifest.jws").write_text("smuggled")


def linked(folder: Path) -> None:
    outside = folder.parent / "outside"
    (folder / f"{FIRST}/act.body").rename(outside)
    (folder / f"{FIRST}/act.body").symlink_to(outside)


def fifo(folder: Path) -> None:
    os.mkfifo(folder / "attachments/pipe")


REARRANGED: dict[str, Callable[[Path], object]] = {
    "two acts exchanged": lambda folder: swap(folder, FIRST, SECOND),
    "two bodies exchanged": lambda folder: swap(folder, f"{FIRST}/act.body", f"{SECOND}/act.body"),
    "two signatures exchanged": lambda folder: swap(folder, f"{FIRST}/act.jws", f"{SECOND}/act.jws"),
    "two receipts exchanged": lambda folder: swap(folder, FIRST, SECOND, "receipt.json", "receipt.jws"),
    "the proof of another act": lambda folder: shutil.copy(
        folder / f"{SECOND}/entry.tlog-proof", folder / f"{FIRST}/entry.tlog-proof"
    ),
    "entry and proof of another act": lambda folder: (
        shutil.copy(folder / f"{SECOND}/entry.tlog-proof", folder / f"{FIRST}/entry.tlog-proof"),
        shutil.copy(folder / f"{SECOND}/entry.bin", folder / f"{FIRST}/entry.bin"),
    ),
    "an act there twice": lambda folder: shutil.copytree(folder / THIRD, folder / "acts/009-transfer.offer"),
    "an act under another name": lambda folder: (folder / SECOND).rename(folder / "acts/002-lead.split"),
    "a checkpoint of a smaller tree": proof_of_a_smaller_tree,
    "a key under another name": lambda folder: next((folder / "keys").iterdir()).rename(
        folder / f"keys/{'A' * 43}.pem"
    ),
    "an attachment renamed": lambda folder: next((folder / "attachments").iterdir()).rename(
        folder / f"attachments/{'0' * 64}"
    ),
    "lines that end as on Windows": lambda folder: change(
        folder, "manifest.txt", lambda text: text.replace("\n", "\r\n")
    ),
    "a manifest line twice": lambda folder: change(
        folder, "manifest.txt", lambda text: text + text.splitlines(keepends=True)[0]
    ),
    "an absolute path in the manifest": lambda folder: change(
        folder, "manifest.txt", lambda text: f"{'0' * 64}  /etc/passwd\n{text}"
    ),
    "a path that climbs out": lambda folder: change(
        folder, "manifest.txt", lambda text: f"{'0' * 64}  ../outside\n{text}"
    ),
    "a file hidden behind a line feed": hidden_behind_left_out_names,
    "a name with a space": lambda folder: (folder / "acts/a b").write_text("x"),
    "a name with a line feed": lambda folder: (folder / "README\nREADME").write_text("x"),
    "a name like an option": lambda folder: (folder / "-help").write_text("x"),
    "a link": linked,
    "a pipe": fifo,
}
# What is of the manifest's own text is gone once it is written anew; and a pipe cannot be hashed.
OF_THE_MANIFEST = {
    "lines that end as on Windows",
    "a manifest line twice",
    "an absolute path in the manifest",
    "a path that climbs out",
    "a pipe",
}


@pytest.mark.parametrize("what", REARRANGED)
def test_what_was_rearranged_fails_in_both_even_when_the_manifest_is_signed_anew(copy: Bundle, what: str) -> None:
    REARRANGED[what](copy.folder)
    policy = copy.policy()
    outcome = by_shell(copy.folder, policy)
    assert outcome.status == 1, outcome.output
    assert refused(copy.folder, policy.read_text())
    if what in OF_THE_MANIFEST:
        return
    resign(copy.folder)
    outcome = by_shell(copy.folder)
    assert outcome.status == 1, outcome.output
    assert refused(copy.folder, None)


def test_the_policy_in_the_bundle_is_worth_nothing_and_the_one_outside_everything(copy: Bundle) -> None:
    trusted = copy.policy()
    other = trusted.with_name("other.policy")
    lines = trusted.read_text().splitlines()
    other.write_text("\n".join(line[:-3] + "AAA" if line.startswith("exchange ") else line for line in lines))
    for outcome in (by_command(copy.folder, "--policy", other), by_shell(copy.folder, other)):
        assert outcome.status == 1, outcome.output
    change(copy.folder, "policy.txt", lambda text: text + "# trust me\n")
    for outcome in (by_command(copy.folder, "--policy", trusted), by_shell(copy.folder, trusted)):
        assert outcome.status == 1, outcome.output
    resign(copy.folder)
    for outcome in (by_command(copy.folder), by_shell(copy.folder)):
        assert outcome.status == 3, outcome.output  # consistent, and says that nobody vouches for the keys
    for outcome in (by_command(copy.folder, "--policy", trusted), by_shell(copy.folder, trusted)):
        assert outcome.status == 1, outcome.output


@pytest.mark.parametrize("shell", [shell for shell in ("dash", "busybox", "bash") if shutil.which(shell)])
def test_other_shells_say_the_same(copy: Bundle, shell: str, tmp_path: Path) -> None:
    """Busybox with nothing but its own tools and openssl on the path."""
    path = None
    if shell == "busybox":
        path = tmp_path / "bin"
        path.mkdir()
        busybox, openssl = shutil.which("busybox"), shutil.which("openssl")
        assert busybox is not None
        assert openssl is not None
        for tool in TOOLS:
            (path / tool).symlink_to(busybox)
        (path / "openssl").symlink_to(openssl)
        shell = str(path / "sh")
    policy = copy.policy()
    assert by_shell(copy.folder, policy, shell=shell, path=path).status == 0
    assert by_shell(copy.folder, shell=shell, path=path).status == 3
    change(copy.folder, f"{FIRST}/act.body", lambda text: text.replace("township", "townshiq", 1))
    assert by_shell(copy.folder, policy, shell=shell, path=path).status == 1
    resign(copy.folder)
    assert by_shell(copy.folder, shell=shell, path=path).status == 1


def test_a_name_like_an_option_is_no_option_to_openssl(copy: Bundle) -> None:
    """`-out` would write over the file that is named after it; `-engine` would run code that the bundle brought."""
    (copy.folder / "-out").write_text("x")
    resign(copy.folder)
    readme = (copy.folder / "README").read_bytes()
    assert by_shell(copy.folder).status == 1
    assert (copy.folder / "README").read_bytes() == readme
    assert refused(copy.folder, None)
