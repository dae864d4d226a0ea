"""`leadbridge demo`, from the first line to the last: set the stage, play, sum up, stay up, clean away."""

import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from app.demo import stage
from app.demo.desk import Desk, Tally
from app.demo.show import Show
from app.demo.story import Story

ZONE = ZoneInfo("Asia/Shanghai")


def perform(*, once: bool, port: int | None, data_dir: Path | None, console: Console) -> None:
    """Play the story. Without `once` the exchange stays up until Ctrl-C; raises what the story broke on."""
    show = Show(console, ZONE)
    begun = time.monotonic()
    show.title()
    with folder(data_dir) as home:
        try:
            with stage.exchange(home, port, show) as (url, password):
                desks = seated(home, url, password, show)
                Story(desks, show, datetime.now(ZONE)).play()
                summary(desks, show, time.monotonic() - begun)
                if not once:
                    look_around(home, url, password, show)
                    while True:
                        signal.pause()
        except KeyboardInterrupt:
            show.line()
            show.line("正在停止… Stopping.", "dim")
            if once:
                raise


@contextmanager
def folder(given: Path | None) -> Iterator[Path]:
    """Yield the given folder to keep everything in, or a temporary one that is removed at the end."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield given.resolve()
        return
    temporary = Path(tempfile.mkdtemp(prefix="leadbridge-demo-"))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def seated(home: Path, url: str, password: str, show: Show) -> dict[str, Desk]:
    """Return the agencies, enrolled, each at its desk."""
    with show.step("登记七个单位，各持自己的密钥 Enrolling seven agencies, each with its own keys"):
        cast = stage.enrolled(home, url, password)
    tally = Tally()
    return {node: Desk(enrolment, role, show, tally) for node, (role, enrolment) in cast.items()}


def summary(desks: Mapping[str, Desk], show: Show, took: float) -> None:
    """Read every inbox to its end and say what was checked. Raises Unproven when an inbox is not whole."""
    rows = []
    for node, desk in desks.items():
        count = desk.catch_up()
        numbers = "–" if count == 0 else "1" if count == 1 else f"1–{count}"
        notices = count - desk.acts_heard()
        rows.append((desk.role.name, node, numbers, str(desk.acts_heard()), str(notices)))
    tally = next(iter(desks.values())).tally
    columns = ("单位", "node", "编号 numbers", "文书 acts", "通知 notices")
    show.table("收件箱：编号连续，无缺号 Inboxes: numbered without a gap", columns, rows)
    show.line()
    checked = tally.receipts + tally.refusals + tally.acts_read
    show.line(
        f"✓ 核验签名文件 {checked} 份 signed documents verified: {tally.receipts} receipts, "
        f"{tally.refusals} signed refusal(s), {tally.acts_read} acts and notices read back",
        "green",
    )
    show.line(f"✓ 用时 took {took:.1f} s", "green")


def look_around(home: Path, url: str, password: str, show: Show) -> None:
    """Say where to look while the exchange stays up."""
    key = home / "agencies" / "police-990121"
    show.line()
    show.line("四处看看 Look around", "bold")
    for what, how in (
        ("接口文档 API docs", f"{url}/docs"),
        ("登记员 registrar", f"{stage.REGISTRAR}  密码 password {password}"),
        ("试一试 try", f"curl -s {url}/.well-known/leadbridge"),
        ("公安局收件箱 inbox of the police", f"./run inbox --key {key}"),
        ("日志 log", str(home / "server.log")),
    ):
        show.line(f"  {what}: {how}")
    show.line()
    show.line("Ctrl-C 结束 ends it.", "dim")
