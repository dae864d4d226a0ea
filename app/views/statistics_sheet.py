"""An agency's figures as the rows of a sheet. Pure."""

from typing import Any

from app.statistics.overview import Statistics


def figure_cells(found: Statistics) -> list[list[Any]]:
    """Return rows of part, measure and value; what there is nothing to say of stays empty."""
    head: list[list[Any]] = [
        ["head", "node", found.node],
        ["head", "as_of", found.as_of.isoformat()],
        ["head", "formula_version", found.formula_version],
        ["head", "month", found.month],
    ]
    own = found.own.model_dump(mode="json")
    rows = [
        [part, name, value] for part in ("figures", "process", "work", "rates") for name, value in own[part].items()
    ]
    rows += [[f"days {one['rule']}", name, one[name]] for one in own["days"] for name in ("count", "median", "p90")]
    listed = found.listed.model_dump() if found.listed is not None else {}
    return [*head, *rows, *(["listed", name, value] for name, value in listed.items())]
