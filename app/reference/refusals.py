"""The sentences with which the rule of an act refuses, read out of the rule itself and of what it calls.

What every act asks in the same way (recipients, `prev`, states, a lead that nobody may know of) is left out: the page
says it once.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from app.casework.scene import Scene
from app.errors import ForbiddenAct, Problem
from app.reference.writing import Words

# Asked of every act in the same way.
GENERAL = frozenset(
    {"require_known", "require_introduced", "require_part", "require_content", "require_recipients", "require_prev"}
    | {"require_no_recipients", "require_state", "require_leg", "require_not_concerned", "require_role"}
)


def refusals(rule: Callable[..., Any]) -> list[tuple[type[Problem], Words]]:
    """Return each refusal with its sentence in both languages, by status, in the order of the rule."""
    found = dict.fromkeys(_said(rule, set()))
    return sorted(found, key=lambda one: one[0].status)


def _said(function: Any, behind: set[Any]) -> Iterator[tuple[type[Problem], Words]]:
    if function in behind:
        return
    behind.add(function)
    for call in _calls(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        called = _called(call, function.__globals__)
        if called == "require_role":
            yield ForbiddenAct, _role(call, function.__globals__)
        elif isinstance(called, type) and issubclass(called, Problem) and len(call.args) >= 2:
            yield called, (_text(call.args[0]), _text(call.args[1]))
        elif isinstance(called, FunctionType) and called.__module__.startswith("app.casework"):
            yield from _said(called, behind)


def _calls(source: ast.Module) -> list[ast.Call]:
    """Return the calls in a function's body, in the order in which they stand there."""
    bodies = [part for defined in source.body if isinstance(defined, ast.FunctionDef) for part in defined.body]
    found = [one for part in bodies for one in ast.walk(part) if isinstance(one, ast.Call)]
    return sorted(found, key=lambda call: (call.lineno, call.col_offset))


def _called(call: ast.Call, known: dict[str, Any]) -> Any:
    """Return what is called: a function or class of the module, a method of the scene, or None."""
    match call.func:
        case ast.Name(id=name):
            return known.get(name)
        case ast.Attribute(value=ast.Name(id="scene" | "self"), attr="require_role"):
            return "require_role"
        case ast.Attribute(value=ast.Name(id="scene" | "self"), attr=name) if name not in GENERAL:
            return getattr(Scene, name, None)
    return None


def _role(call: ast.Call, known: dict[str, Any]) -> Words:
    """Return the sentence of `require_role`, whose role stands there in words or as a constant."""
    said = call.args[1:]
    match said:
        case [ast.Starred(value=ast.Name(id=name))]:
            role, role_zh = known[name]
        case _:
            role, role_zh = (_text(one) for one in said)
    return f"Only the {role} may do this.", f"只有{role_zh}可以办理。"


def _text(written: ast.expr) -> str:
    """Return a text as it stands in the source, with … for what is put in."""
    match written:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) for part in parts)
    return "…"
