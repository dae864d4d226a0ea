"""The members of an act's content as a table: path, type, whether it must be there, what it means."""

from collections.abc import Iterator
from typing import Any

from app.casework.acts import ActType
from app.casework.values import NODE_ID_PATTERN
from app.reference.members import meaning
from app.reference.writing import Language, code, say, table

FORMATS = {
    "uuid": ("UUID", "UUID"),
    "date-time": ("time (RFC 3339)", "时间（RFC 3339）"),
    "date": ("date", "日期"),
}
PATTERNS = {NODE_ID_PATTERN: ("node id", "单位编号"), "^[0-9a-f]{64}$": ("SHA-256, hex", "SHA-256（十六进制）")}
HEADS = (("member", "type", "required", "meaning"), ("成员", "类型", "必填", "含义"))


def content_table(kind: ActType, language: Language) -> list[str]:
    """Return the table of an act's content."""
    rows = [
        (
            f"`{path}`",
            type_of(shape, language),
            say(("yes", "是"), language) if must else "",
            say(meaning(kind.name, path), language),
        )
        for path, shape, must in members(kind)
    ]
    return table(HEADS[language != "en"], rows)


def members(kind: ActType) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield path, JSON Schema and necessity of every member of an act's content, those inside after their own."""
    document = kind.document.model_json_schema()
    known = document["$defs"]
    schema = _resolved(document["properties"]["content"], known)
    yield from _inside(schema, known, "")


def _inside(schema: dict[str, Any], known: dict[str, Any], before: str) -> Iterator[tuple[str, dict[str, Any], bool]]:
    for name, given in schema.get("properties", {}).items():
        shape = _resolved(given, known)
        path = f"{before}{name}"
        yield path, shape, name in schema.get("required", ())
        if "properties" in shape:
            yield from _inside(shape, known, f"{path}.")
        elif "properties" in shape.get("items", {}):
            yield from _inside(shape["items"], known, f"{path}[].")


def _resolved(shape: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with its references followed; of a value or null, the value."""
    if "$ref" in shape:
        return _resolved(known[shape["$ref"].rpartition("/")[2]], known)
    others = [one for one in shape.get("anyOf", ()) if one.get("type") != "null"]
    if len(others) == 1:
        return _resolved(others[0], known)
    if "items" in shape:
        return {**shape, "items": _resolved(shape["items"], known)}
    return shape


def type_of(shape: dict[str, Any], language: Language) -> str:
    """Return the type of a member in words."""
    if "anyOf" in shape:
        return say((" or ", "或者"), language).join(type_of(one, language) for one in shape["anyOf"])
    if "enum" in shape:
        return code(*shape["enum"])
    match shape.get("type"):
        case "array":
            inside = (
                say(("objects", "对象"), language)
                if "properties" in shape["items"]
                else type_of(shape["items"], language)
            )
            return say((f"list of {inside}", f"列表（{inside}）"), language)
        case "object":
            return say(("object", "对象"), language)
        case "boolean":
            return "`true`, `false`"
        case "integer":
            return say(("integer", "整数"), language) + _bounds(shape)
    named = FORMATS.get(shape.get("format", "")) or PATTERNS.get(shape.get("pattern", ""))
    if named:
        return say(named, language)
    most = shape.get("maxLength")
    longest = f" ≤ {most:,}".replace(",", " ") if most else ""
    return say(("text", "文本"), language) + longest


def _bounds(shape: dict[str, Any]) -> str:
    least, most = shape.get("minimum"), shape.get("maximum")
    if least is None:
        return ""
    return f" {least}–{most}" if most is not None else f" ≥ {least}"
