"""The functions of verify.sh pass values. POSIX sh has no local names: these tests keep each from reading another's."""

import re
from pathlib import Path

import app.bundles.verifying

SCRIPT = Path(app.bundles.verifying.__file__).with_name("verify.sh").read_text()
CONSTANTS = {"tab", "tmp", "EXCHANGE", "ORIGIN", "WIDTH", "ROOT"}
_FUNCTION = re.compile(
    r"^(\w+)\(\) (\{ [^#\n][^\n]*\}(?: #[^\n]*)?|\{(?: #[^\n]*)?\n.*?^\})$", re.MULTILINE | re.DOTALL
)
_SET = re.compile(r"(?:^|[\s;(])([A-Za-z_]\w*)=")
_READ = re.compile(r"\$\{?#?([A-Za-z_]\w*)|\$\(\((?:0x\$)?([a-z]\w*)")
_COMMAND = r"(?m:(?:^\s*|[;{(|&!)]\s+|\b(?:if|then|else|do|while)\s+))"
_BY_READ = re.compile(r"(?:while |^ *)(?:IFS= )?read -r ([a-z_ ]+)", re.MULTILINE)


def _functions() -> dict[str, str]:
    """Each function's text, the one in `json` that awk reads left out."""
    without_awk = re.sub(r"    awk '\n.*?\n    ' ", "    awk ", SCRIPT, flags=re.DOTALL)
    return {match[1]: match[2] for match in _FUNCTION.finditer(without_awk)}


def _plain(text: str) -> str:
    """The text without its comments and without what stands between single quotes."""
    return re.sub(r"'[^'\n]*'", "''", re.sub(r"(?<!\S)#.*", "", text))


def _set_in(text: str) -> set[str]:
    text = _plain(text)
    loops = set(re.findall(r"\bfor (\w+) in", text))
    by_read = {name for names in _BY_READ.findall(text) for name in names.split()}
    return (set(_SET.findall(text)) | loops | by_read) - {"_", "IFS"}


def _read_in(text: str) -> set[str]:
    return {name for names in _READ.findall(_plain(text)) for name in names if name} - {"_"}


def _callees(name: str, functions: dict[str, str]) -> set[str]:
    found, waiting = set[str](), [name]
    while waiting:
        text = functions[waiting.pop()]
        called = {other for other in functions if re.search(_COMMAND + other + r"(?![\w=(.-])", text)} - found
        found |= called
        waiting += called
    return found - {name}


def test_a_function_reads_only_its_arguments_its_own_names_and_what_a_callee_answers() -> None:
    functions = _functions()
    assert len(functions) > 35
    for name, text in functions.items():
        answered = {"R"} | {answer for other in _callees(name, functions) for answer in _answers(functions[other])}
        foreign = _read_in(text) - _set_in(text) - CONSTANTS - answered
        assert not foreign, f"{name} reads {foreign}"


def test_an_answer_in_capitals_is_set_by_one_function_and_named_at_its_head() -> None:
    functions = _functions()
    setters: dict[str, list[str]] = {}
    for name, text in functions.items():
        for answer in _answers(text):
            setters.setdefault(answer, []).append(name)
            assert re.search(rf"\b{answer}\b", text.split("\n")[0]), f"{name} does not say that it sets {answer}"
    assert {"KID", "ISS", "ORIGIN", "LEAD_ID"} <= setters.keys()
    assert all(len(names) == 1 for names in setters.values()), setters


def test_no_function_writes_over_a_name_of_whoever_called_it() -> None:
    functions = _functions()
    outside = SCRIPT
    for text in functions.values():
        outside = outside.replace(text, "")
    of_the_steps = {variable for variable in _set_in(outside) if variable.islower()}
    for name, text in functions.items():
        own = {variable for variable in _set_in(text) if variable.islower()}
        assert not own & of_the_steps, f"{name} and the steps both set {own & of_the_steps}"
        for other in _callees(name, functions):
            assert not own & _set_in(functions[other]), f"{name} and {other} both set {own & _set_in(functions[other])}"


def _answers(text: str) -> set[str]:
    return {name for name in _set_in(text) if name.isupper() and name != "R"}


def test_the_program_and_the_script_take_the_same_eight_steps_in_one_order() -> None:
    program = Path(app.bundles.verifying.__file__).with_name("verify.py").read_text()
    steps = [re.findall(r"^ *# ([1-8])\. ([a-z ]+)(?::|,|$)", text, re.MULTILINE) for text in (SCRIPT, program)]
    assert [number for number, _ in steps[0]] == [str(number) for number in range(1, 9)]
    assert steps[0] == steps[1]
