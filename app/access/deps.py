"""How a route says that it is read: the record is entered first, and is durable before the answer leaves.

Routes whose reads are recorded use `Accounted` as their class. `reads(…)` among their dependencies records every call;
`ThisRead` lets a route record what depends on the question.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute

from app.access.acting import Acting, ActingPerson
from app.access.recorder import Access, Recorder
from app.deps import parts
from app.registry.caller import Caller

ENTERED = "accesses"


class Accounted(APIRoute):
    """Holds the answer back until the reads that it was recorded as are durable; a stream, until its first byte.

    A refusal waits too: who asks for what it may not know of is on record before it is told so.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answered = super().get_route_handler()

        async def accounted(request: Request) -> Response:
            try:
                return await answered(request)
            finally:
                for kept in getattr(request.state, ENTERED, ()):
                    await kept

        return accounted


def _recorder(request: Request) -> Recorder:
    return parts(request).of(Recorder)


TheRecorder = Annotated[Recorder, Depends(_recorder)]


def enter(request: Request, recorder: Recorder, access: Access) -> None:
    """Enter a read whose route is `Accounted`."""
    setattr(request.state, ENTERED, (*getattr(request.state, ENTERED, ()), recorder.enter(access)))


@dataclass(frozen=True, slots=True)
class Read:
    """A node's read that is under way."""

    request: Request
    recorder: Recorder
    node_id: str
    acting: Acting

    def note(self, what: str, subject: str | None = None, opening_id: UUID | None = None) -> None:
        """Record what is read; the answer waits for it."""
        access = Access(self.node_id, self.acting.person, self.acting.purpose, what, subject, opening_id)
        enter(self.request, self.recorder, access)


def _this_read(request: Request, caller: Caller, acting: ActingPerson, recorder: TheRecorder) -> Read:
    return Read(request, recorder, caller.node_id, acting)


ThisRead = Annotated[Read, Depends(_this_read)]


def reads(what: str, named: str | None = None) -> Any:
    """Return a dependency that records each call as a read of `what`, of the id in the path that is `named`."""

    async def noted(request: Request, read: ThisRead) -> None:
        read.note(what, None if named is None else request.path_params[named])

    return Depends(noted)
