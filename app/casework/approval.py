"""审批人: who approved a step, in which office, at which level, and when. One form for every act that needs it."""

from app.casework.kinds import Level
from app.casework.values import Content, Instant, Label


class Approver(Content):
    """The person who answers for a step that needs approval; `level` is that of the approver's own agency."""

    name: Label
    title: Label
    level: Level
    approved_at: Instant
