"""`leadbridge demo`, from the first line to the last: set the stage, play, sum up, stay up, clean away."""

import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from demo import auditing, evidence, figures, stage
from demo.cast import POLICE, TOWN
from demo.clock import Hand
from demo.desk import Desk, Tally
from demo.show import Show
from demo.stage import StageFailed
from demo.story import Story, moment

ZONE = ZoneInfo("Asia/Shanghai")
DAWN = moment("03-02 08:00")


def perform(*, once: bool, port: int | None, data_dir: Path | None, console: Console) -> None:
    """Play the story. Without `once` the exchange stays up until Ctrl-C; raises what the story broke on."""
    show = Show(console, ZONE)
    begun = time.monotonic()
    show.title()
    with folder(data_dir) as home:
        hand = Hand(home / "clock")
        played = hand.file.exists()
        if played and once:
            raise StageFailed(f"the story was played in {home} already: name another folder, or leave out --once")
        if not played:
            hand.set(DAWN)
        try:
            with stage.exchange(home, port, hand, show) as (url, password, database_url):
                if not played:
                    tell(home, url, password, hand, show)
                    auditing.audit(home, database_url, show)
                    show.line(f"✓ 用时 took {time.monotonic() - begun:.1f} s", "green")
                if not once:
                    look_around(home, url, password, hand, show)
                    while True:
                        signal.pause()
        except KeyboardInterrupt:
            show.line()
            show.line("正在停止… Stopping.", "dim")
            if once:
                raise


def tell(home: Path, url: str, password: str, hand: Hand, show: Show) -> None:
    """Seat the agencies, play the story, and show what it left: figures, inboxes, evidence."""
    with show.step("录入工作日历，登记八个单位，各持自己的密钥 The calendar; eight agencies, each with its own keys"):
        stage.calendar(url, password)
        cast = stage.enrolled(home, url, password, hand)
    tally = Tally()
    desks = {node: Desk(enrolment, role, hand, tally) for node, (role, enrolment) in cast.items()}
    # As the two would compare thumbprints by telephone: nothing is sealed to a key that nobody pinned.
    desks[TOWN.node_id].pin(POLICE.node_id, desks[POLICE.node_id].keys.act.kid)
    story = Story(desks, hand, show, tally)
    story.play()
    figures.show_june(desks, show)
    evidence.prove(story, home, show)
    summary(desks, show)


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


def summary(desks: Mapping[str, Desk], show: Show) -> None:
    """Read every inbox to its end and say what was checked. Raises Unproven when an inbox is not whole."""
    rows = [("单位", "node", "编号 numbers", "文书 acts", "通知 notices")]
    for node, desk in desks.items():
        count = desk.catch_up()
        numbers = "–" if count == 0 else "1" if count == 1 else f"1–{count}"
        notices = count - desk.acts_heard()
        rows.append((desk.role.name, node, numbers, str(desk.acts_heard()), str(notices)))
    tally = next(iter(desks.values())).tally
    show.table("收件箱：编号连续，无缺号 Inboxes: numbered without a gap", rows, (18, 24, 14, 10, 12))
    show.line()
    checked = tally.receipts + tally.refusals + tally.acts_read
    show.line(
        f"✓ 核验签名文件 {checked} 份 signed documents verified: {tally.receipts} receipts, "
        f"{tally.refusals} signed refusal(s), {tally.acts_read} acts and notices read back",
        "green",
    )


def look_around(home: Path, url: str, password: str, hand: Hand, show: Show) -> None:
    """Say where to look while the exchange stays up."""
    key = home / "agencies" / POLICE.node_id
    show.line()
    show.line("四处看看 Look around", "bold")
    places = [
        ("接口文档 API docs", f"{url}/docs"),
        ("登记员、操作员 administrators", f"{stage.REGISTRAR}, {stage.OPERATOR}  密码 password {password}"),
        ("日志头 newest head of the log", f"curl -s {url}/log/checkpoint"),
        ("卷宗证据 bundles", str(home / "bundles")),
        ("服务日志 log of the service", str(home / "server.log")),
    ]
    if hand.release():
        places.insert(3, ("公安局收件箱 inbox of the police", f"./run inbox --key {key}"))
    for what, how in places:
        show.line(f"  {what}: {how}")
    now = hand().astimezone(ZONE)
    show.line(f"  交换中心的时间 the exchange's clock: {now:%Y-%m-%d %H:%M}", "dim")
    show.line()
    show.line("Ctrl-C 结束 ends it.", "dim")
