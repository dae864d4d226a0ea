"""docs/reference/problems.md: every kind of refusal, why it comes, what to do, what it looks like."""

from app.problem_causes import CAUSES
from app.problem_pages import example, kinds_of_problems
from app.reference.writing import Language, heading, json_block, say

TITLE = ("Problems", "拒绝类型一览")
INTRO = (
    (
        "Every answer that is no success is a problem document (RFC 9457), in Chinese where `Accept-Language` "
        "prefers it. `GET /problems/{slug}` of an exchange says the same. A client judges by `type` and `status`, "
        "never by the words."
    ),
    (
        "凡不成功的应答均为问题文档（RFC 9457），`Accept-Language` 优先中文的以中文答复。交换中心的 `GET "
        "/problems/{slug}` 内容相同。客户端应当依据 `type` 和 `status` 判断，不依据文字。"
    ),
)


def page(language: Language) -> list[str]:
    """Return the lines of the page."""
    lines = heading("problems", TITLE, INTRO, language)
    for kind in kinds_of_problems():
        said = CAUSES[kind.slug]
        lines += [
            f"## {kind.slug}",
            "",
            f"{kind.status}, {say((kind.title, kind.title_zh), language)}",
            "",
            f"* {say(('Cause', '原因'), language)}{say((': ', '：'), language)}{say(said.cause, language)}",
            f"* {say(('What to do', '处理办法'), language)}{say((': ', '：'), language)}{say(said.remedy, language)}",
            "",
            *json_block(example(kind, language)),
        ]
    return lines
