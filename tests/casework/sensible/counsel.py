"""Consultations, from the request to the close."""

from collections.abc import Iterator
from typing import Any

from app.casework.acts import CATALOGUE
from app.casework.kinds import Kind
from app.casework.records.consultation import Consultation, Consultations
from tests.casework.sensible.words import Said, example, parties, sensible
from tests.casework.stage import Stage


@sensible("consultation.convene")
def convene(stage: Stage) -> Iterator[Said]:
    known = [one.consultation_id for one in stage.lead.chapter(Consultations).held]
    for who in parties(stage, Kind.POLICE, Kind.SUPERVISION, Kind.PROCURATORATE, Kind.COORDINATION):
        for kind, asked in (
            ("early_intervention", ("procuratorate-one",)),
            ("joint_meeting", ("court-one", "regulator-one")),
            ("major_case", ("procuratorate-one", "town-one")),
        ):
            with_ = {"with": known[-1]} if known and kind == "major_case" else {}
            body = example("consultation.convene", kind=kind, participants=list(asked), **with_)
            yield Said(who, body, asked)


def sitting(stage: Stage) -> list[Consultation]:
    return [one for one in stage.lead.chapter(Consultations).held if one.closed_at is None]


def in_counsel(stage: Stage, name: str, held: Consultation, who: str, **other: Any) -> Said:
    """Return an act in a consultation, to the convener and all participants that did not decline, but the sender."""
    left_out = {who, *stage.lead.concerned}
    to = tuple(one for one in (held.convener, *held.answering("accept", None)) if one not in left_out)
    return Said(who, example(name, consultation_id=held.consultation_id, **other), to)


@sensible("consultation.answer")
def answer(stage: Stage) -> Iterator[Said]:
    for held in sitting(stage):
        for who in held.answering(None):
            for said in ("accept", "accept", "decline"):
                yield in_counsel(stage, "consultation.answer", held, who, answer=said, reason="职责")


@sensible("consultation.opinion")
def give_opinion(stage: Stage) -> Iterator[Said]:
    for held in sitting(stage):
        for who in (held.convener, *held.answering("accept")):
            yield in_counsel(stage, "consultation.opinion", held, who, item_id=held.items[0])


@sensible("consultation.minutes")
def write_minutes(stage: Stage) -> Iterator[Said]:
    planned = CATALOGUE["consultation.minutes"].example["actions"][0]
    for held in sitting(stage):
        if held.minutes is None or not held.minutes.signatures:
            version = held.minutes.version + 1 if held.minutes else 1
            actions = [planned | {"owner": owner} for owner in held.answering("accept")[:1]]
            body = {"version": version, "dissents": [], "actions": actions}
            yield in_counsel(stage, "consultation.minutes", held, held.convener, **body)


@sensible("consultation.sign")
def sign_minutes(stage: Stage) -> Iterator[Said]:
    for held in sitting(stage):
        if held.minutes is not None:
            signed = {one.node for one in held.minutes.signatures}
            for who in held.answering("accept"):
                if who not in signed:
                    over = {"minutes_jws_sha256": held.minutes.jws_sha256}
                    yield in_counsel(stage, "consultation.sign", held, who, **over)


@sensible("consultation.action")
def report_action(stage: Stage) -> Iterator[Said]:
    for held in sitting(stage):
        for action in held.minutes.actions if held.minutes else ():
            if action.result is None:
                yield in_counsel(stage, "consultation.action", held, action.owner, action_id=action.action_id)


@sensible("consultation.close")
def close(stage: Stage) -> Iterator[Said]:
    for held in sitting(stage):
        yield in_counsel(stage, "consultation.close", held, held.convener)
