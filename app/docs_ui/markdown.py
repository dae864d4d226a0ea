"""A paper as HTML: headings with the ids that GitHub gives them, links that lead to what is served, no raw HTML."""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

Resolve = Callable[[str], str | None]
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
# A wide table scrolls in a box of its own, and the page does not.
_MARKDOWN.add_render_rule("table_open", lambda *_: '<div class="table"><table>\n')
_MARKDOWN.add_render_rule("table_close", lambda *_: "</table></div>\n")
_LONG_CODE = 16
_BREAKS = re.compile(r"(?:(?<=\S[,\[/|=])|(?<=[\w\[]\{))(?=.)")
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef“”‘’…—]")  # Chinese and its punctuation
_ALIGNED = re.compile(r"text-align:(left|center|right)")


@dataclass(frozen=True, slots=True)
class Rendered:
    """The HTML of a paper; `sections` are id and text of its second-level headings, in order."""

    html: str
    sections: tuple[tuple[str, str], ...]


def render(text: str, resolve: Resolve) -> Rendered:
    """Return Markdown as HTML. `resolve` gives each link and picture its address, or None if it leads nowhere here.

    Such a link becomes code: it names a file of the source, which a reader finds there.
    """
    tokens = _MARKDOWN.parse(text)
    seen: Counter[str] = Counter()
    sections = []
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            words = _words(tokens[place + 1])
            anchor = _unused(slug(words), seen)
            token.attrSet("id", anchor)
            if token.tag == "h2":
                sections.append((anchor, words))
        elif token.type == "inline":
            token.children = _led(_joined(token.children or []), resolve)
        elif (aligned := _ALIGNED.fullmatch(str(token.attrGet("style")))) is not None:
            # The page's policy forbids styles in the HTML.
            token.attrs = {"class": aligned[1]}
    return Rendered(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}), tuple(sections))


def _code_with_breaks(_renderer: object, tokens: Sequence[Token], place: int, *_: object) -> str:
    """Return code that may be broken where its parts end: a table of paths and members would not fit otherwise."""
    content = tokens[place].content
    parts = _BREAKS.split(content) if len(content) > _LONG_CODE else [content]
    return f"<code>{'<wbr>'.join(escape(part) for part in parts)}</code>"


_MARKDOWN.add_render_rule("code_inline", _code_with_breaks)


def slug(heading: str) -> str:
    """Return the id that GitHub gives a heading: lower case, blanks as hyphens, punctuation left out, Chinese kept."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _unused(anchor: str, seen: Counter[str]) -> str:
    seen[anchor] += 1
    return anchor if seen[anchor] == 1 else f"{anchor}-{seen[anchor] - 1}"


def _words(heading: Token) -> str:
    return "".join(part.content for part in heading.children or () if part.type in ("text", "code_inline"))


def _joined(parts: list[Token]) -> list[Token]:
    """Return the parts of a text in which a line that ends amid Chinese leaves no blank."""
    for place, part in enumerate(parts):
        if part.type == "softbreak":
            before = next((other.content[-1] for other in reversed(parts[:place]) if other.content), "")
            after = next((other.content[0] for other in parts[place:] if other.content), "")
            if _WIDE.match(before) and _WIDE.match(after):
                parts[place] = Token("text", "", 0)
    return parts


def _led(parts: Sequence[Token], resolve: Resolve) -> list[Token]:
    kept = []
    dead = False
    for part in parts:
        if part.type == "link_open":
            address = resolve(str(part.attrGet("href")))
            dead = address is None
            part.attrSet("href", address or "")
        if dead and part.type == "text":
            kept.append(_code(part.content))
        elif part.type == "image":
            kept.append(_picture(part, resolve))
        elif not dead or part.type not in ("link_open", "link_close"):
            kept.append(part)
        dead = dead and part.type != "link_close"
    return kept


def _code(content: str) -> Token:
    return Token("code_inline", "code", 0, content=content)


def _picture(part: Token, resolve: Resolve) -> Token:
    address = resolve(str(part.attrGet("src")))
    if address is None or urlsplit(address).scheme:
        return Token("text", "", 0, content=part.content)  # a picture from elsewhere would not load
    part.attrSet("src", address)
    return part


def resolver(source: str, address: str, find: Resolve) -> Resolve:
    """Return how links of one paper are led: `find` gives the address of a path in the project, or None.

    Addresses come out relative to the paper's own, so that the guide also works behind a proxy that puts a prefix
    before it. Links to other sites and to a place on the same page stay as they are.
    """
    up = "../" * address.count("/") or "./"

    def resolve(link: str) -> str | None:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or not parts.path:
            return link
        found = find(posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(parts.path))))
        if found is None:
            return None
        return up + quote(found, safe="/#") + (f"#{parts.fragment}" if parts.fragment else "")

    return resolve
