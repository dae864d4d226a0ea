"""The table of acts: name, endpoint, document, who may, what follows. Intake, docket and API page are made of it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NotRequired, TypedDict, TypeVar, Unpack

from app.casework.allowed import NOT_ENDED, Allowed
from app.casework.case import Case, Lead, LeadState
from app.casework.decision import Decision
from app.casework.document import Act, Document
from app.casework.kinds import Kind
from app.casework.rules import SELF_INTEREST, Rule
from app.casework.scene import Given, Scene
from app.casework.values import Content
from app.errors import ForbiddenAct

C = TypeVar("C", bound=Content)
EVERY_KIND = frozenset(Kind)
NOBODY = ("nobody: `[]`", "无，应为 `[]`")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActType:
    """One act as the service knows it. `kinds` may do it, in the states of `allowed` (docs/protocol.md section 4.2).

    `recipients` says exactly to whom it goes. `starts`, `ends`, `suspends` and `resumes` name the limits (`LIMITS`)
    whose deadlines it may start, end, hold or let run on; `becomes` the states that it may give its lead; `notices`
    those that the exchange may say because of it; `follows` what comes of it besides, and who may read from then on.
    `outside` marks an act about the lead that is taken also from whoever has no part in it. `passed_on` says whether
    `full` disclosure opens one such act on the lead to the next receiver.
    """

    name: str
    path: str
    document: type[Document[Any]]
    rule: Callable[[Scene[Any]], Decision]
    who: tuple[str, str]
    title: tuple[str, str]
    example: dict[str, Any]
    follows: tuple[str, str]
    kinds: frozenset[Kind] = EVERY_KIND
    rules: tuple[Rule, ...] = ()
    recipients: tuple[str, str] = NOBODY
    allowed: Allowed = NOT_ENDED
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    suspends: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()
    becomes: tuple[LeadState, ...] = ()
    notices: tuple[str, ...] = ()
    opens_case: bool = False
    outside: bool = False
    passed_on: Callable[[Lead, str], bool] = lambda _lead, _act_id: True
    claims: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    new_ids: Callable[[Any], Iterable[str]] = lambda _: ()
    lead_numbers: Callable[[Any], int] = lambda _: 0
    other_leads: Callable[[Any], Iterable[str]] = lambda _: ()

    def claimed(self, content: Any) -> tuple[str, ...]:
        """Return the ids that an act brings into the world; each must be free."""
        return (*(getattr(content, name) for name in self.claims), *self.new_ids(content))

    @property
    def path_ids(self) -> tuple[str, ...]:
        """The names of the ids in the path; each also stands in the body."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    def named(self, content: Any) -> tuple[str, ...]:
        """Return the ids that an act refers to besides its lead's: each belongs to that lead, or the act is refused."""
        members = (*(name for name in self.path_ids if name != "lead_id"), *self.names)
        return tuple(one for name in members if (one := getattr(content, name)) is not None)

    @property
    def operation_id(self) -> str:
        family, verb = self.name.split(".")
        return f"{verb}_{family}"


CATALOGUE: dict[str, ActType] = {}


def never(_lead: Lead, _act_id: str) -> bool:
    """Say of every act that it is not passed on."""
    return False


class Particulars(TypedDict):
    """What the table says of an act besides its name, endpoint and content. Texts are (English, Chinese)."""

    title: tuple[str, str]
    who: tuple[str, str]
    example: dict[str, Any]
    follows: tuple[str, str]
    kinds: NotRequired[frozenset[Kind]]
    rules: NotRequired[tuple[Rule, ...]]
    recipients: NotRequired[tuple[str, str]]
    allowed: NotRequired[Allowed]
    starts: NotRequired[tuple[str, ...]]
    ends: NotRequired[tuple[str, ...]]
    suspends: NotRequired[tuple[str, ...]]
    resumes: NotRequired[tuple[str, ...]]
    becomes: NotRequired[tuple[LeadState, ...]]
    notices: NotRequired[tuple[str, ...]]
    opens_case: NotRequired[bool]
    outside: NotRequired[bool]
    passed_on: NotRequired[Callable[[Lead, str], bool]]
    claims: NotRequired[tuple[str, ...]]
    names: NotRequired[tuple[str, ...]]
    new_ids: NotRequired[Callable[[Any], Iterable[str]]]
    lead_numbers: NotRequired[Callable[[Any], int]]
    other_leads: NotRequired[Callable[[Any], Iterable[str]]]


def act(
    name: str, path: str, content: type[C], **particulars: Unpack[Particulars]
) -> Callable[[Callable[[Scene[C]], Decision]], Callable[[Scene[C]], Decision]]:
    """Enter a rule into the table of acts.

    What the table says is not said again: the rule asks `allowed` by `scene.require_state()` and `require_leg()`, and
    tests hold every decision to `starts`, `ends`, `suspends`, `resumes`, `becomes`, `notices` and `rules`. `claims` are
    the members of the content that bring new ids, `new_ids` finds those that stand deeper; `names` are those that refer
    to what is already on record, where the endpoint does not name it; `lead_numbers` says how many fresh lead numbers
    the rule needs, `other_leads` which other leads it names.
    """

    def enter(rule: Callable[[Scene[C]], Decision]) -> Callable[[Scene[C]], Decision]:
        kind = ActType(
            name=name,
            path=path,
            document=Document[content],  # type: ignore[valid-type]  # pydantic builds the class at run time
            rule=rule,
            **particulars,
        )
        if kind.recipients is not NOBODY and SELF_INTEREST not in kind.rules:
            # Whoever is addressed may be one that the lead concerns: `Scene.require_recipients`.
            kind = replace(kind, rules=(SELF_INTEREST, *kind.rules))
        CATALOGUE[name] = kind
        return rule

    return enter


def decide(case: Case, act: Act[Any], given: Given) -> Decision:
    """Return what follows from an act, or raise the first refusal in the order of docs/protocol.md section 6."""
    kind_of_act = CATALOGUE[act.name]
    scene: Scene[Any] = Scene(case, act, given, kind_of_act.allowed)
    if not kind_of_act.opens_case:
        scene.require_known(kind_of_act.path_ids)
    if scene.sender.kind not in kind_of_act.kinds:
        raise ForbiddenAct(
            f"An agency of kind {scene.sender.kind} may not do {act.name}.",
            f"{scene.sender.kind} 类单位无权办理 {act.name}。",
        )
    # What is about a transfer, a feedback, a consultation or a letter is for its sides, and their own rules judge it.
    if kind_of_act.path_ids == ("lead_id",) and not kind_of_act.outside:
        scene.require_part()
    if not kind_of_act.opens_case:
        # Before the rule: what it would refuse depends on what is left of the lead, and that on parts unseen.
        scene.require_content()
    return kind_of_act.rule(scene)
