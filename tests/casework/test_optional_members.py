"""A member that may be left out may be null: one meaning, whatever its default (docs/protocol.md section 1.2)."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from app.casework.acts import CATALOGUE
from app.casework.values import Content


def parts(model: type[BaseModel]) -> Iterator[type[Content]]:
    """Yield a model of a signed body and every model that stands in it."""
    found: set[type[Content]] = set()
    open_types: list[Any] = [model]
    while open_types:
        kind = open_types.pop()
        open_types += get_args(kind)
        if isinstance(kind, type) and issubclass(kind, Content) and kind not in found:
            found.add(kind)
            open_types += [field.annotation for field in kind.model_fields.values()]
    yield from found


BODIES = sorted({part for kind in CATALOGUE.values() for part in parts(kind.document)}, key=str)


def missing_or_wrong(model: type[Content], body: dict[str, Any]) -> set[tuple[Any, str]]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)
    return {(row["loc"], row["type"]) for row in refused.value.errors()}


@pytest.mark.parametrize("model", BODIES, ids=lambda model: model.__name__)
def test_null_in_an_optional_member_is_the_same_as_no_member(model: type[Content]) -> None:
    optional = {field.alias or name: None for name, field in model.model_fields.items() if not field.is_required()}
    # An unknown member makes every model refuse, so that what else it refuses can be compared.
    nothing = {"unknown": 1}
    assert missing_or_wrong(model, nothing | optional) == missing_or_wrong(model, nothing)


def test_null_in_a_member_that_must_be_there_is_refused() -> None:
    model = CATALOGUE["lead.screen"].document
    assert (("classification",), "literal_error") in missing_or_wrong(model, {"classification": None})
