"""How the story looks on a terminal: one entry an act, in Chinese and English; plain text when piped."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.cells import set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.client import Receipt, Refused
from app.demo.cast import NAMES

ACTS = {
    "lead.register": ("线索登记", "register"),
    "lead.screen": ("甄别", "screen"),
    "transfer.offer": ("移送", "offer"),
    "transfer.receipt": ("签收", "sign receipt"),
    "transfer.accept": ("受理", "accept"),
    "transfer.return": ("退回", "return"),
    "transfer.forward": ("转送", "forward"),
    "supplement.request": ("补正通知", "ask for more"),
    "supplement.answer": ("补正", "supplement"),
    "feedback.send": ("反馈", "feedback"),
    "feedback.respond": ("答复反馈", "respond"),
}
STATES = {
    "registered": "已登记",
    "screened": "已甄别",
    "in_transfer": "移送中",
    "received": "已签收",
    "supplement_wanted": "待补正",
    "returned": "已退回",
    "accepted": "已受理",
    "replied": "已反馈",
    "confirmed": "已确认",
    "contested": "有异议",
}
LIMITS = {"D04": "签收 receipt", "D05": "分流 decide", "D06": "补正 supplement", "D15": "确认 confirm"}
WORDS = {
    "progress": "进展 progress",
    "information": "情况通报 information",
    "conclusion": "结论 conclusion",
    "confirm": "确认 confirm",
    "contest": "提出异议 contest",
    "no_jurisdiction": "无管辖权 no jurisdiction",
    "disorder": "行业乱象 disorder",
    "general": "一般问题 general",
    "official_misconduct": "职务违法犯罪 official misconduct",
}
INDENT = " " * 12


class Show:
    """Prints; decides nothing. Colours and motion only where rich finds a terminal (and no NO_COLOR)."""

    def __init__(self, console: Console, zone: ZoneInfo) -> None:
        self.console = console
        self.zone = zone

    def line(self, text: str | Text = "", style: str = "") -> None:
        # soft_wrap: rich would break a line at 80 columns when the output is piped.
        self.console.print(text, style=style, soft_wrap=True, highlight=False, markup=False)

    def title(self) -> None:
        self.line()
        self.line("LeadBridge 线索桥 · 演示 demo", "bold")
        self.line("虚构的单位与线索，真实的签名、数据库与 HTTP。 Fictional agencies; real signatures.", "dim")
        self.line()

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show that something slow runs; leave a tick and its time when it is done."""
        begun = datetime.now(self.zone)
        with self.console.status(text, spinner="dots"):
            yield
        took = (datetime.now(self.zone) - begun).total_seconds()
        self.line(Text.assemble(("✓ ", "green"), f"{text} ", (f"{took:.1f} s", "dim")))

    def chapter(self, number: int, heading: tuple[str, str]) -> None:
        self.line()
        chinese, english = heading
        self.line(Text.assemble((f"第{number}件 {chinese} ", "bold cyan"), (f"Lead {number}: {english}", "cyan")))

    def recorded(self, act: str, sender: str, recipients: Sequence[str], detail: str, receipt: Receipt) -> None:
        """Print an act whose receipt was verified."""
        state = receipt.lead_state
        entry = self._entry(act, sender, recipients, receipt.document["received_at"], "✓", "green")
        entry.append(f"{STATES.get(state, '')} {state}".strip(), "yellow")
        self.line(entry)
        told = (receipt.lead_no, WORDS.get(detail, detail), *map(self._limit, receipt.deadlines))
        self.line(INDENT + " · ".join(part for part in told if part), "dim")

    def refused(self, act: str, sender: str, recipients: Sequence[str], refusal: Refused) -> None:
        """Print a refusal as one: what was refused, under which rule, and that the exchange signed it."""
        moment = datetime.now(self.zone).isoformat()
        entry = self._entry(act, sender, recipients, moment, "✗", "red")
        entry.append(f"refused: {refusal.slug}", "bold red")
        self.line(entry)
        named = (refusal.problem.get("rule"), refusal.problem.get("source"))
        basis = " · ".join(str(part) for part in named if part)
        proof = "signed refusal 拒绝已由交换中心签名" if refusal.signed else "unsigned 未签名"
        self.line(INDENT + str(refusal.problem.get("detail", "")), "red")
        self.line(INDENT + " · ".join(part for part in (basis, proof) if part), "dim")

    def note(self, chinese: str, english: str) -> None:
        self.line(Text.assemble(INDENT, ("» ", "magenta"), f"{chinese} ", (english, "dim")))

    def table(self, heading: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        table = Table(title=heading, title_justify="left", title_style="bold", box=None, pad_edge=False)
        for column in columns:
            table.add_column(column, no_wrap=True)
        for row in rows:
            table.add_row(*row)
        self.line()
        self.console.print(table, soft_wrap=True)

    def _entry(self, act: str, sender: str, recipients: Sequence[str], moment: str, mark: str, style: str) -> Text:
        chinese, english = ACTS.get(act, (act, ""))
        at = datetime.fromisoformat(moment).astimezone(self.zone)
        way = NAMES.get(sender, sender)
        if recipients:
            way += " → " + "、".join(NAMES.get(node, node) for node in recipients)
        return Text.assemble(
            (f"{at:%H:%M:%S}  ", "dim"),
            (f"{mark} ", style),
            (set_cell_size(f"{chinese} {english}", 24), "bold"),
            set_cell_size(way, 44),
        )

    def _limit(self, limit: Mapping[str, str]) -> str:
        what = LIMITS.get(limit["rule"], "")
        due = datetime.fromisoformat(limit["due"]).astimezone(self.zone)
        who = NAMES.get(limit["node"], limit["node"])
        return f"⏱ {limit['rule']} {what}：{who} 至 by {due:%m-%d %H:%M}"
