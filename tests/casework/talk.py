"""A consultation on a lead that the police hold, one step after another."""

from typing import Any
from uuid import uuid4

from app.casework.decision import Decision
from app.casework.open_matters import STANDS_OPEN
from app.casework.records.consultation import Consultation, Consultations
from tests.casework.stage import Stage

ASKED = ("procuratorate-one", "regulator-one")
ACTION = {"action_id": "a1", "owner": "regulator-one", "text": "提供检定记录", "due": "2026-04-03"}


class Talk:
    """A lead that the police hold, and one consultation on it."""

    def __init__(self, *asked: str, convener: str = "police-one", stage: Stage | None = None, **content: Any) -> None:
        if stage is None:
            stage = Stage()
            stage.with_police()
        self.stage, self.convener, self.asked = stage, convener, asked or ASKED
        self.talk_id = str(uuid4())
        self.convened = stage.act(
            "consultation.convene",
            convener,
            {
                "consultation_id": self.talk_id,
                "kind": "major_case",
                "ground": "major",
                "participants": list(self.asked),
                "agenda": [{"item_id": "k1", "question": "管辖如何确定"}],
                **content,
            },
            self.asked,
        )

    @property
    def now(self) -> Consultation:
        found = self.stage.lead.chapter(Consultations).find(self.talk_id)
        assert found is not None
        return found

    @property
    def state(self) -> str:
        return str(self.now.state(self.stage.lead))

    def do(self, step: str, sender: str, *, to: tuple[str, ...] | None = None, **content: Any) -> Decision:
        if to is None:
            declined = self.now.answering("decline")
            to = tuple(one for one in (self.convener, *self.asked) if one != sender and one not in declined)
        return self.stage.act(
            f"consultation.{step}", sender, {"consultation_id": self.talk_id, **content}, to, prev=self.seen(sender)
        )

    def seen(self, sender: str) -> str:
        refs = [ref.jws_sha256 for ref in self.stage.case.acts if sender in ref.readers]
        return refs[-1] if refs else "f" * 64

    def answer(self, sender: str, answer: str = "accept", **content: Any) -> Decision:
        return self.do("answer", sender, **{"answer": answer, "attendees": ["孙某某"], **content})

    def decline(self, sender: str) -> Decision:
        return self.answer(sender, "decline", reason="不属职责范围", attendees=[])

    def opine(self, sender: str, **content: Any) -> Decision:
        return self.do("opinion", sender, **{"item_id": "k1", "opinion": "建议补充调取", "dissent": False, **content})

    def minute(self, version: int = 1, sender: str | None = None, **content: Any) -> Decision:
        body = {"version": version, "attendees": ["赵某"], "summary": "交换意见", "dissents": [], "actions": []}
        return self.do("minutes", sender or self.convener, **{**body, **content})

    def sign(self, sender: str, over: str | None = None, **content: Any) -> Decision:
        minutes = self.now.minutes
        jws = over or (minutes.jws_sha256 if minutes else "0" * 64)
        return self.do("sign", sender, **{"minutes_jws_sha256": jws, "agree": True, **content})

    def report(self, sender: str, action_id: str = "a1") -> Decision:
        return self.do("action", sender, action_id=action_id, result="已提供")

    def close(self, sender: str | None = None) -> Decision:
        return self.do("close", sender or self.convener, summary="议定事项均已落实")

    def deadlines(self, rule: str) -> set[str]:
        running = self.stage.case.open_deadlines(self.stage.lead_id)
        return {deadline.node for deadline in running if deadline.rule == rule and deadline.subject == self.talk_id}


def accepted(*asked: str) -> Talk:
    talk = Talk(*asked)
    for node in talk.asked:
        talk.answer(node)
    return talk


def held_by(supervision: bool = True) -> Stage:
    """A lead that the police passed to supervision, which signed for it."""
    stage = Stage()
    leg = stage.with_police()
    stage.on_leg("transfer.accept", leg, "police-one")
    onward = stage.offer("police-one", "supervision-one")
    if supervision:
        stage.sign(onward, "supervision-one")
    return stage


def open_matters(stage: Stage) -> list[str]:
    return [one.subject for found in STANDS_OPEN for one in found(stage.case, stage.lead)]
