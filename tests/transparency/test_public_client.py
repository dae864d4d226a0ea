"""The log as a public client reads it: the packages by which Go checks its own modules, unchanged, from Debian."""

import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.agencies import World
from tests.needs import need
from tests.transparency.reader import Reader
from tests.transparency.test_log import fill, grown

GO_PACKAGES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb")
CLIENT = Path(__file__).with_name("public_client") / "main.go"

pytestmark = pytest.mark.toolchain


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client, built from the packages that Debian carries and nothing else."""
    need(shutil.which("go") and GO_PACKAGES.exists(), "no Go with golang.org/x/mod here: sh tests/install_go.sh")
    built, cache = tmp_path_factory.mktemp("go") / "client", tmp_path_factory.mktemp("cache")
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(cache)}
    subprocess.run(["go", "build", "-o", built, CLIENT], env=environment, check=True, timeout=300)
    return built


def read(client: Path, exchange: World, vkey: str, *older: Path) -> subprocess.CompletedProcess[str]:
    arguments = [str(client), f"{exchange.url}/log", vkey, *map(str, older)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)


def test_go_finds_every_entry_under_the_signed_root_and_the_older_tree_in_it(
    client: Path, exchange: World, reader: Reader, tmp_path: Path
) -> None:
    exchange.register()
    fill(exchange, 300)
    older_size = grown(exchange, reader).size
    older = tmp_path / "checkpoint"
    older.write_bytes(httpx.get(f"{exchange.url}/log/checkpoint").content)
    exchange.register()
    fill(exchange, 300)
    size = grown(exchange, reader).size
    found = read(client, exchange, reader.vkey, older)
    assert (found.returncode, found.stderr) == (0, "")
    assert (
        found.stdout == f"continues the tree of {older_size} entries; {size} entries included under the signed root\n"
    )


def test_go_refuses_a_checkpoint_of_another_key_and_a_tree_that_does_not_continue(
    client: Path, exchange: World, reader: Reader, tmp_path: Path
) -> None:
    grown(exchange, reader)
    other = reader.vkey.split("+")[0] + "+51bd4b6d+ATmiSBGxcRBOUSlUAQyOWqfpQA2wFV0vl3GkOZhUEXAq"
    assert read(client, exchange, other).returncode == 1
    forged = httpx.get(f"{exchange.url}/log/checkpoint").text.replace("\n", "\n1", 1)
    (tmp_path / "forged").write_text(forged)
    assert read(client, exchange, reader.vkey, tmp_path / "forged").returncode == 1
