"""Where two cases differ: the first place, named so that nothing of the content is shown."""

from typing import Any

from app.casework.case import Case

# What these hold is content: persons' names, texts. The place says enough.
_CONTENT = ("chapters", "outcome")


class Differs(Exception):
    """A stored case is not what its acts and notices make of it; the text says where."""


def verify_same(stored: Case, rebuilt: Case) -> Case:
    """Return the stored case; raise `Differs`, naming the first place, unless both are equal."""
    again = Case.model_validate_json(rebuilt.model_dump_json())
    if again == stored:
        return stored
    raise Differs(_first(stored.model_dump(), again.model_dump(), ()) or "the cases differ")


def _first(stored: Any, rebuilt: Any, path: tuple[str, ...]) -> str | None:
    if isinstance(stored, dict) and isinstance(rebuilt, dict):
        names: list[Any] = [*stored, *(name for name in rebuilt if name not in stored)]
        pairs = [(str(name), stored.get(name), rebuilt.get(name)) for name in names]
    elif isinstance(stored, (list, tuple)) and isinstance(rebuilt, (list, tuple)):
        if len(stored) != len(rebuilt):
            return f"{'.'.join(path)}: {len(stored)} stored, {len(rebuilt)} rebuilt"
        pairs = [(str(place), one, other) for place, (one, other) in enumerate(zip(stored, rebuilt, strict=True))]
    elif stored == rebuilt:
        return None
    elif any(name in _CONTENT for name in path):
        return f"{'.'.join(path)} differs"
    else:
        return f"{'.'.join(path)}: {_shown(stored)} stored, {_shown(rebuilt)} rebuilt"
    return next((found for name, one, other in pairs if (found := _first(one, other, (*path, name)))), None)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return "something" if isinstance(value, (dict, list, tuple)) else str(value)
