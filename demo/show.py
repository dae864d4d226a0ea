"""How the story looks on a terminal: one entry an act, in Chinese and English; plain text when piped."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from app.casework.acts import CATALOGUE
from app.casework.limits import LIMITS, number
from app.client import Receipt, Refused
from demo.cast import NAMES
from demo.moves import Says, Words

STATES = {
    "registered": "已登记",
    "screened": "已甄别",
    "in_transfer": "移送中",
    "received": "已签收",
    "returned": "已退回",
    "accepted": "已受理",
    "verifying": "核查中",
    "signing": "审核中",
    "concluded": "已出结论",
    "replied": "已反馈",
    "confirmed": "已确认",
    "cleared": "已清零",
    "archived": "已归档",
    "split": "已拆分",
    "merged": "已并案",
}
WEEKDAYS = "一二三四五六日"
TELLING = ("outcome", "case_no", "measure", "decision", "answer", "conclusion", "reason_code", "category", "volume_no")
TITLES = {number(rule.rule): rule.title_zh for rule in reversed(LIMITS.values())}  # the plain one of a number wins
AUTHORITY = {"law": "法律 law", "local": "本地规定 local", "default": "默认 default"}
INDENT = " " * 4


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

    def step_begins(self, number: int, now: datetime, heading: Words) -> None:
        at = now.astimezone(self.zone)
        chinese, english = heading
        self.line()
        self.line(
            Text.assemble(
                (f"第{number}步 step {number:<2} ", "bold cyan"),
                (f"{at:%Y-%m-%d} 周{WEEKDAYS[at.weekday()]} {at:%a %H:%M}  ", "cyan"),
                (f"{chinese} ", "bold"),
                (english, "dim"),
            )
        )

    def chapter(self, heading: Words) -> None:
        self.line()
        self.line(Text.assemble((f"{heading[0]} ", "bold cyan"), (heading[1], "dim")))

    def recorded(self, move: Says, receipt: Receipt) -> None:
        """Print an act whose receipt was verified, and the limits that it started."""
        entry = self._entry("✓", "green", move.act, move.node, move.to)
        state = receipt.lead_state
        said = (move.document_no, *(move.content.get(name) for name in TELLING))
        detail = next((str(each) for each in said if each), "")
        entry.append(f"线索 lead {move.lead} → {STATES.get(state, '')} {state}", "yellow")
        entry.append(f"  {detail}" if detail else "")
        self.line(entry)
        for limit in receipt.deadlines:
            self.line(INDENT + self._limit(limit), "dim")

    def refused(self, act: str, sender: str, lead: str, refusal: Refused) -> None:
        """Print a refusal as one: what was refused, under which rule, and that the exchange signed it."""
        self._refusal(self._entry("✗", "red", act, sender, ()), lead, refusal)

    def refused_file(self, sender: str, name: str, refusal: Refused) -> None:
        entry = Text.assemble(("  ✗ ", "red"), (set_cell_size("上传附件 upload", 42), "bold"), f"{NAMES[sender]}  ")
        self._refusal(entry, name, refusal)

    def _refusal(self, entry: Text, what: str, refusal: Refused) -> None:
        entry.append(f"{what} → {refusal.status} {refusal.slug}", "bold red")
        self.line(entry)
        problem = refusal.problem
        authority = AUTHORITY.get(str(problem.get("source")), "")
        places = " ".join(str(error["pointer"]) for error in problem.get("errors", ()) if "pointer" in error)
        basis = " ".join(str(part) for part in (problem.get("rule"), authority, problem.get("source_text")) if part)
        proof = "拒绝已签名 signed refusal" if refusal.signed else ""
        self.line(
            INDENT + " · ".join(str(part) for part in (problem.get("detail"), places, basis, proof) if part), "dim"
        )

    def told(self, node: str, lead: str, content: Mapping[str, str]) -> None:
        """Print what the exchange itself said of a deadline."""
        due = datetime.fromisoformat(content["due"]).astimezone(self.zone)
        self.line(
            Text.assemble(
                ("  ⏰ ", "magenta"),
                f"交换中心 → {NAMES[node]}  notice.deadline  线索 lead {lead}：{content['rule']} {content['event']}，",
                f"{NAMES.get(content['node'], content['node'])} 至 by {due:%m-%d %H:%M} ",
                (f"({AUTHORITY.get(content['source'], content['source'])})", "dim"),
            )
        )

    def hidden(self, nodes: Sequence[str], paths: Sequence[str], why: Words) -> None:
        who = "、".join(NAMES[node] for node in nodes)
        self.line(Text.assemble(("  ○ ", "blue"), f"{who}  GET {' '.join(paths)} → 404  ", *self._words(why)))

    def checked(self, node: str, what: str, why: Words) -> None:
        self.line(Text.assemble(("  ○ ", "blue"), f"{NAMES[node]}  {what}  ", *self._words(why)))

    def looked(self, node: str, person: str, came: str, *, opened: bool) -> None:
        """Print that a person asked for the sealed identity, and what came; never the identity itself."""
        words = ("已解密，与承诺值相符", "opened; fits its commitment") if opened else ("不得查看", "not to be seen")
        self.checked(node, f"{person} 查看举报人身份 → {came}", words)

    def fetches(self, node: str, fetches: Sequence[Mapping[str, Any]]) -> None:
        """Print who looked at the identity, as the agency that sealed it sees it."""
        for one in fetches:
            what = f"{NAMES[one['node']]} {one['person']} {one['at'][:16]} {one['purpose']}"
            self.checked(node, f"查看记录 on record: {what}", ("密封单位可见", "seen by who sealed it"))

    def sees(self, node: str, lead: str, entry: Mapping[str, Any], acts: Sequence[str]) -> None:
        """Print an agency's own view of a lead: its entry, and which acts it may read."""
        state, holder = entry["state"], NAMES.get(entry["holder"], entry["holder"])
        outcome = f"，结果 outcome {entry['outcome']}" if entry["outcome"] else ""
        self.line(
            Text.assemble(
                ("  ○ ", "blue"),
                f"{NAMES[node]} 所见 sees {lead}: {STATES.get(state, '')} {state}，承办 holder {holder}{outcome}  ",
                (f"可读 may read: {' '.join(acts) or '–'}", "dim"),
            )
        )

    def _words(self, why: Words) -> tuple[str, tuple[str, str]]:
        return f"{why[0]} ", (why[1], "dim")

    def note(self, chinese: str, english: str) -> None:
        self.line(Text.assemble(INDENT, ("» ", "magenta"), f"{chinese} ", (english, "dim")))

    def table(self, heading: str, rows: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
        """Print rows, the first of them the names of the columns; never cut, whatever the terminal is wide."""
        self.line()
        self.line(heading, "bold")
        for place, row in enumerate(rows):
            cells = (set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True))
            self.line("  " + " ".join(cells).rstrip(), "" if place else "dim")

    def _entry(self, mark: str, style: str, act: str, sender: str, recipients: Sequence[str]) -> Text:
        title = CATALOGUE[act].title
        way = NAMES[sender] + (" → " + "、".join(NAMES[node] for node in recipients) if recipients else "")
        return Text.assemble(
            (f"  {mark} ", style), (set_cell_size(f"{title[1]} {act}", 42), "bold"), f"{set_cell_size(way, 36)}  "
        )

    def _limit(self, limit: Mapping[str, str]) -> str:
        due = datetime.fromisoformat(limit["due"]).astimezone(self.zone)
        who = NAMES.get(limit["node"], limit["node"])
        return f"⏱ {limit['rule']} {TITLES.get(limit['rule'], '')}：{who} 至 by {due:%m-%d %H:%M}"
