"""The report of June: what the statistics of each agency say at the end of the story."""

from collections.abc import Mapping

from demo.desk import Desk
from demo.show import Show

MEASURES = (
    ("受理 received", ("figures", "received")),
    ("回复 replied", ("figures", "replied")),
    ("在核 verifying", ("figures", "in_verification")),
    ("转出 passed on", ("figures", "passed_on")),
    ("退回 returned", ("figures", "returned")),
    ("并案 merged", ("figures", "merged")),
    ("办结率 clear rate", ("rates", "clear")),
    ("曾逾期 overdue ever", ("process", "overdue_ever")),
    ("督办函 urged", ("work", "supervision_letters")),
    ("会商 consultations", ("work", "consultations")),
    ("补充侦查 rounds", ("work", "supplementary_rounds")),
    ("转化率 conversion", ("rates", "conversion")),
)


def show_june(desks: Mapping[str, Desk], show: Show) -> None:
    """Print the figures of every agency, as it reads them itself; only those that received a lead."""
    read = {desk.role.name: desk.get("/v1/statistics")["own"] for desk in desks.values()}
    mine = {name: own for name, own in read.items() if own["figures"]["received"]}
    rows = [("指标 figure", *mine)]
    rows += [(name, *(_cell(own[part][member]) for own in mine.values())) for name, (part, member) in MEASURES]
    show.table("六月报表 Report of June", rows, (20, *(16 for _ in mine)))


def _cell(value: float | str | None) -> str:
    if isinstance(value, float):
        return f"{value:.2f} %"
    return "–" if value is None else str(value)
