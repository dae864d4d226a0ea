"""What goes wrong between an agency and the exchange, seen from the agency."""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """The exchange said no (RFC 9457). `signed` tells whether it proved its refusal of this very act.

    `problem` is the whole problem document: `detail` in the language asked for, `rule`, `source` and `errors`
    where they help. A refused act changed nothing and used up no id.
    """

    def __init__(self, slug: str, status: int, problem: Mapping[str, Any], *, signed: bool) -> None:
        super().__init__(slug, status)
        self.slug = slug
        self.status = status
        self.problem = dict(problem)
        self.signed = signed

    def __str__(self) -> str:
        said = (self.problem.get(name) for name in ("detail", "error_description", "title", "error"))
        text = next(filter(None, said), "")
        where = [f"{e.get('pointer') or e.get('loc') or ''} {e.get('detail') or e.get('msg') or ''}".strip()
                 for e in self.problem.get("errors", [])]  # fmt: skip
        return f"{self.slug} ({self.status}): {' '.join([str(text), *where])}".rstrip(": ")


class Unproven(Exception):
    """What came back is not what the exchange must be able to prove. Do not act on it; keep it."""


class Erased(Exception):
    """The content of an act was erased after its retention: the act `erased_by` says by whom and why.

    Its receipt and its place in the log stay proven.
    """

    def __init__(self, act_id: str, erased_by: str) -> None:
        super().__init__(act_id, erased_by)
        self.act_id = act_id
        self.erased_by = erased_by

    def __str__(self) -> str:
        return f"act {self.act_id} was erased by act {self.erased_by}"


class Unanswered(Exception):
    """No answer after every attempt. The act may or may not be recorded: send the same bytes again."""
