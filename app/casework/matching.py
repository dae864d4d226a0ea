"""Duplicates: when two leads name the same subject, and who may be told so. Pure.

Only the holder of the earlier lead is told. Whoever registers a lead learns nothing: else anybody could register a
name to find out whether it is looked into.
"""

import unicodedata
from collections.abc import Iterable
from typing import Literal

from app.casework.acts.register import Person
from app.casework.case import Case, LeadState
from app.casework.decision import Notice
from app.casework.kinds import Kind, Nodes

TraitKind = Literal["resident_id", "phone", "plate", "credit_code"]
Trait = tuple[TraitKind, str]
# Shorter ones are service lines (110, 12345) or no number at all: they would match everybody.
SHORTEST_PHONE, SHORTEST_PLATE = 7, 6
ENDED = (LeadState.MERGED, LeadState.ARCHIVED)


def traits(persons: Iterable[Person]) -> frozenset[Trait]:
    """Return what identifies the persons that a lead names, each in one spelling: ids in upper case, digits alone of
    a phone number (without the country code 86), a plate in upper case without separators."""
    found: set[Trait] = set()
    for person in persons:
        if person.id_no is not None:
            found.add(("resident_id", person.id_no.upper()))
        if person.credit_code is not None:
            found.add(("credit_code", person.credit_code.upper()))
        phone, plate = _phone(person.phone or ""), _plate(person.plate or "")
        if len(phone) >= SHORTEST_PHONE:
            found.add(("phone", phone))
        if len(plate) >= SHORTEST_PLATE:
            found.add(("plate", plate))
    return frozenset(found)


def told_of(earlier: Case, later: Case, nodes: Nodes) -> Notice | None:
    """Return what the holder of the earlier lead is told of the later one, or None if it may not be told.

    Nobody is told where a supervision organ registered or holds either lead or a part of it, where one of these
    agencies is concerned by either, or where either is sealed, merged or archived.
    """
    mine, other = earlier.leads[earlier.root_id], later.leads[later.root_id]
    leads = (*earlier.leads.values(), *later.leads.values())
    if any(lead.sealed or lead.state in ENDED for lead in (mine, other)):
        return None
    if any(nodes[node].kind is Kind.SUPERVISION for lead in leads for node in (lead.origin, lead.holder)):
        return None
    concerned = {node for lead in leads for node in lead.concerned}
    if concerned & {mine.origin, mine.holder, other.origin, other.holder}:
        return None
    return Notice("notice.match", mine.lead_id, mine.holder, {"lead_no": other.lead_no})


def _phone(written: str) -> str:
    digits = "".join(
        character for character in unicodedata.normalize("NFKC", written) if character.isascii() and character.isdigit()
    )
    digits = digits.removeprefix("00") if digits.startswith("0086") else digits
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


def _plate(written: str) -> str:
    return "".join(character for character in unicodedata.normalize("NFKC", written).upper() if character.isalnum())
