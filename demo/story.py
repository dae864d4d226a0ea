"""The story as it is played: every move over HTTP, every outcome that is shown read from the exchange's answer."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Unpack

from app.client import Attachment, Envelope, Receipt, Refused, uuid7
from demo import texts
from demo.answers import ANSWERS
from demo.arrival import ARRIVAL
from demo.clock import Hand
from demo.counsel import COUNSEL
from demo.desk import Desk, Tally
from demo.ending import ENDING
from demo.moves import Downloads, Hears, Move, Opens, Says, Searches, Sees, Step, Unknown, Uploads, Watches, Words
from demo.show import Show
from demo.verifying import VERIFYING

STEPS: Sequence[Step] = (*ARRIVAL, *VERIFYING, *COUNSEL, *ANSWERS, *ENDING)
YEAR = 2026


class StoryBroken(Exception):
    """Something went otherwise than the story says."""


def moment(at: str) -> datetime:
    """Return a time of the story, `03-02 09:00`, in Shanghai."""
    return datetime.fromisoformat(f"{YEAR}-{at}:00+08:00")


@dataclass
class Story:
    """The desks by node id, the hand that moves everybody's clock, and the ids that the story gives."""

    desks: Mapping[str, Desk]
    hand: Hand
    show: Show
    tally: Tally
    ids: dict[str, str] = field(default_factory=lambda: defaultdict(uuid7))
    receipts: dict[str, Receipt] = field(default_factory=dict)
    last: tuple[Desk, str] | None = None

    def play(self) -> None:
        """Play all steps. Raises StoryBroken, Refused, Unproven or Unanswered when one goes otherwise."""
        for step in STEPS:
            self._rest()
            self.hand.set(moment(step.at))
            self.show.step_begins(step.number, self.hand(), step.heading)
            for move in step.moves:
                self._play(move)

    def _rest(self) -> None:
        """Wait until the last act is in the log: days may pass then, and the exchange has kept its promise."""
        if self.last is not None:
            desk, act_id = self.last
            desk.when_logged(f"/v1/acts/{act_id}/proof")
            self.last = None

    def _play(self, move: Move) -> None:
        plays: dict[type[Any], Callable[[Any], None]] = {
            Says: self._says,
            Uploads: self._uploads,
            Downloads: self._downloads,
            Unknown: self._unknown,
            Opens: self._opens,
            Watches: self._watches,
            Sees: self._sees,
            Hears: self._hears,
            Searches: self._searches,
        }
        plays[type(move)](move)

    def _sees(self, move: Sees) -> None:
        desk, lead = self.desks[move.node], self.ids[move.lead]
        self.show.sees(move.node, move.lead, desk.lead(lead), [item["act"] for item in desk.timeline(lead)])

    def _hears(self, move: Hears) -> None:
        content = self.desks[move.node].told(self.ids[move.lead], rule=move.rule, event=move.event)
        self.show.told(move.node, move.lead, content)

    def _searches(self, move: Searches) -> None:
        found = list(self.desks[move.node].leads(q=move.q))
        if len(found) != move.found:
            raise StoryBroken(f"{move.q} finds {len(found)} leads, not {move.found}")
        self.show.checked(move.node, f"q={move.q} → {len(found)}", move.why)

    def _says(self, move: Says) -> None:
        desk = self.desks[move.node]
        envelope: Envelope = {}
        if move.document_no is not None:
            envelope["document_no"] = move.document_no
        if move.files:
            envelope["attachments"] = [self._file(desk, number) for number in range(1, move.files + 1)]
        if move.sealed_for:
            envelope |= desk.seal_identity(self.ids[move.lead], texts.REPORTER, move.sealed_for).envelope
        try:
            receipt = self._act(desk, move, **envelope)
        except Refused as refusal:
            self._expect(move.refused, refusal, move.act)
            self.tally.refusals += refusal.signed
            self.show.refused(move.act, move.node, move.lead, refusal)
            return
        if move.refused is not None:
            raise StoryBroken(f"{move.act} was not refused with {move.refused}")
        self.tally.recorded(move.to)
        self.receipts[move.name or move.act] = receipt
        self.last = desk, receipt.act_id
        self.show.recorded(move, receipt)

    def _opens(self, move: Opens) -> None:
        desk, of_act = self.desks[move.node], self.receipts[move.of].act_id
        try:
            opened = desk.open_identity(of_act, person=move.person, purpose=move.purpose)
        except Refused as refusal:
            self._expect(move.refused, refusal, f"{move.person}'s look")
            self.show.looked(move.node, move.person, f"{refusal.status} {refusal.slug}", opened=False)
            return
        if move.refused is not None or opened.identity != texts.REPORTER:
            raise StoryBroken(f"{move.person} opened what should be {move.refused or 'the identity that was sealed'}")
        self.show.looked(move.node, move.person, f"{len(opened.plaintext)} bytes", opened=True)

    def _watches(self, move: Watches) -> None:
        openings = self.desks[move.node].openings(self.ids[move.lead])
        fetches = [one for opening in openings for one in opening["fetches"]]
        if len(fetches) != move.fetches:
            raise StoryBroken(f"{len(fetches)} fetches are on record, not {move.fetches}")
        self.show.fetches(move.node, fetches)

    def _act(self, desk: Desk, move: Says, **envelope: Unpack[Envelope]) -> Receipt:
        content = self._filled(move.content)
        return desk.act(move.act, self.ids[move.lead], content, recipients=move.to, **envelope)

    def _file(self, desk: Desk, number: int) -> Attachment:
        return desk.upload(f"附件{number}（虚构）".encode(), name=f"附件{number}.txt", media_type="text/plain", pages=1)

    def _expect(self, wanted: str | None, refusal: Refused, what: str) -> None:
        rule = refusal.problem.get("rule")
        said = " ".join(str(part) for part in (refusal.status, refusal.slug, rule) if part is not None)
        if wanted is None:
            raise refusal
        if said != wanted:
            raise StoryBroken(f"{what} was refused with {said}, not {wanted}")

    def _uploads(self, move: Uploads) -> None:
        try:
            self.desks[move.node].upload(move.text.encode(), name=move.file, media_type="text/plain")
        except Refused as refusal:
            self._expect(move.refused, refusal, move.file)
            self.show.refused_file(move.node, move.file, refusal)
        else:
            raise StoryBroken(f"{move.file} was not refused")

    def _downloads(self, move: Downloads) -> None:
        desk, lead = self.desks[move.node], self.ids[move.lead]
        newest = [item["act_id"] for item in desk.timeline(lead) if item["act"] == move.act][-1]
        enclosed = desk.get_act(newest).document["attachments"]
        size = sum(len(desk.download(one["sha256"])) for one in enclosed)
        words: Words = ("下载附件，哈希一致", "enclosures downloaded; their hashes agree")
        self.show.checked(move.node, f"{len(enclosed)} × GET /v1/attachments → {size} bytes", words)

    def _unknown(self, move: Unknown) -> None:
        for node in move.nodes:
            for path in move.paths:
                try:
                    self.desks[node].get(self._path(path))
                except Refused as refusal:
                    self._expect("404 not-found", refusal, path)
                else:
                    raise StoryBroken(f"{node} may read {path}")
        self.show.hidden(move.nodes, move.paths, move.why)

    def _path(self, path: str) -> str:
        return "/".join(self.ids[part[1:]] if part.startswith("@") else part for part in path.split("/"))

    def _filled(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._filled(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._filled(one) for one in value]
        return self._text(value[1:]) if isinstance(value, str) and value.startswith("@") else value

    def _text(self, said: str) -> str:
        kind, _, name = said.partition(":")
        if kind == "now":
            return self.hand().isoformat(timespec="seconds")
        if kind == "jws":
            return self.receipts[name].act_jws_sha256
        return self.receipts[name].act_id if kind == "act" else self.ids[said]
