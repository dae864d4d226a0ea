"""One act is walked in `docs/architecture.md` with file names: those that a call profile of the service finds."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from app.client import OfferLetter, uuid7
from tests.agencies import world

ROOT = Path(__file__).resolve().parents[2]
APP = f"{ROOT}/app/"
# Where the way of an act begins in each task that it passes through: request, commit, round of the sequencer.
BEGINNINGS = {("door.py", "_take"): "receipt", ("docket.py", "_settle"): "receipt", ("sequencer.py", "sequence"): "log"}
# From the door to the receipt, with the act on record and queued for log and inbox; a newcomer reads these.
MOST = 36


class Entered:
    """The files of `app/` that calls under a beginning entered, while `counting`."""

    def __init__(self) -> None:
        self.on_the_way: dict[str, set[str]] = {"receipt": set(), "log": set()}
        self.counting = False

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        name = frame.f_code.co_filename
        if not self.counting or event != "call" or not name.startswith(APP):
            return
        above: FrameType | None = frame
        while above is not None:
            way = BEGINNINGS.get((Path(above.f_code.co_filename).name, above.f_code.co_name))
            if way is not None:
                self.on_the_way[way].add("app/" + name.removeprefix(APP))
                return
            above = above.f_back

    @property
    def files(self) -> set[str]:
        return set().union(*self.on_the_way.values())


@contextmanager
def profiled() -> Iterator[Entered]:
    """Watch the calls of every thread that starts inside; the server is one."""
    entered = Entered()
    threading.setprofile(entered)
    try:
        yield entered
    finally:
        threading.setprofile(None)


def told() -> set[str]:
    """Return the files that the page names for one act."""
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    section = page.split("\n## One act\n")[1].split("\n## ")[0]
    return set(re.findall(r"`(app/[\w/]+\.py)`", section))


def test_the_files_of_one_act_are_those_that_the_page_names(database_url: str, tmp_path: Path) -> None:
    with profiled() as entered, world(database_url, tmp_path) as site:
        town, police, lead_id = site.agency("township"), site.agency("police"), site.register()
        town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
        letter: OfferLetter = {
            "route": "report_up",
            "basis": "依职责",
            "competence_reason": "属地",
            "known_facts": "未经核实",
        }
        entered.counting = True
        town.offer(lead_id, police.node_id, transfer_id=uuid7(), letter=letter)
        site.hear(police, "transfer.offer", lead_id)
        entered.counting = False
    assert sorted(entered.files - told()) == []
    assert sorted(told() - entered.files) == []
    to_the_receipt = {name for name in entered.on_the_way["receipt"] if not name.startswith("app/serving/")}
    assert len(to_the_receipt) <= MOST, sorted(to_the_receipt)
