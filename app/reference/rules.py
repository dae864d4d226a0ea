"""docs/reference/rules.md: every rule of casework, its authority, and the acts that it can refuse."""

from app.casework.acts import CATALOGUE
from app.casework.rules import Rule
from app.casework.secrecy import SECRETS_LAW
from app.reference.writing import SOURCES, Language, anchor, heading, page_name, say, table

TITLE = ("Rules", "规则一览")
INTRO = (
    (
        "Every rule that can refuse an act with `rule-violated`, `R-SECRETS` with `classified-material`. Its id "
        "stands in `rule` of the answer, its authority in `source` and `source_text`."
    ),
    (
        "可以使文书以 `rule-violated` 被拒绝的全部规则；`R-SECRETS` 对应 `classified-material`。应答的 `rule` 为规则"
        "编号，`source` 和 `source_text` 为其依据。"
    ),
)
SECRETS = Rule(
    "R-SECRETS",
    SECRETS_LAW,
    "Material marked as a state secret must not enter this system.",
    "本系统不得处理标注国家秘密的材料。",
)


def page(language: Language) -> list[str]:
    """Return the lines of the page."""
    found: dict[str, list[Rule]] = {SECRETS.rule: [SECRETS]}
    refused: dict[str, list[str]] = {}
    for name, kind in sorted(CATALOGUE.items()):
        for rule in kind.rules:
            texts = found.setdefault(rule.rule, [])
            texts += [rule] if rule not in texts else []
            refusing = refused.setdefault(rule.rule, [])
            refusing += [name] if name not in refusing else []
    lines = heading("rules", TITLE, INTRO, language)
    for rule_id, texts in sorted(found.items()):
        lines += [f"## {rule_id}", ""]
        heads = say((("authority", "source", "rule"), ("效力", "依据", "规则")), language)
        lines += table(
            heads,
            [
                (
                    say(SOURCES[rule.source.kind], language),
                    rule.source.text,
                    say((rule.text, rule.text_zh), language),
                )
                for rule in texts
            ],
        )
        links = [_act(name, language) for name in refused.get(rule_id, ())]
        acts = ", ".join(links) or say(("every act", "全部文书"), language)
        lines += [say((f"Can refuse: {acts}.", f"适用文书：{acts}。"), language), ""]
    return lines


def _act(name: str, language: Language) -> str:
    return f"[{name}]({page_name('acts', language)}#{anchor(name)})"
