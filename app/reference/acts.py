"""docs/reference/acts.md: every act, in the order of the work."""

from app.casework.acts import CATALOGUE, ActType
from app.casework.acts.catalogue import EVERY_KIND
from app.casework.case import LeadState
from app.casework.kinds import Kind
from app.casework.limits import LIMITS
from app.casework.parts import ON_THE_LEAD
from app.intake.routes import example_body
from app.reference.contents import content_table
from app.reference.refusals import refusals
from app.reference.writing import Language, Words, anchor, code, heading, json_block, page_name, say, table

TITLE = ("Acts", "文书一览")
INTRO = (
    (
        "Every act that an agency can sign, in the order of the work: who, when, to whom, what it starts and ends, "
        "what follows, and how it is refused."
    ),
    "各单位可以签发的全部文书，按办理顺序排列：由谁、何时、发给谁，起止哪些期限，有何后果，以及如何被拒绝。",
)
# In the order of the work; what no group names stands under the last.
GROUPS: tuple[tuple[Words, tuple[str, ...]], ...] = (
    (("Registering", "登记与甄别"), ("lead.register", "lead.screen", "lead.split", "lead.merge")),
    (
        ("Handing on", "移送"),
        (
            *("transfer.offer", "transfer.receipt", "transfer.accept", "transfer.return", "transfer.forward"),
            *("transfer.withdraw", "supplement.request", "supplement.answer"),
        ),
    ),
    (
        ("Verifying", "核查"),
        (
            *("verification.assign", "verification.extend", "verification.measure", "verification.report"),
            "signoff.sign",
        ),
    ),
    (("Answering", "反馈与复查"), ("feedback.send", "feedback.respond", "lead.recheck")),
    (("Procuratorate and court", "检察与审判"), ("case.link", "supplementary.return", "supplementary.complete")),
    (
        ("Counsel", "会商"),
        tuple(
            f"consultation.{step}" for step in ("convene", "answer", "opinion", "minutes", "sign", "action", "close")
        ),
    ),
    (("Supervision", "督办"), ("supervision.letter", "supervision.reply")),
    (("Letters", "函件"), ("letter.send", "letter.reply")),
    (("Protecting", "保护"), ("protection.request", "protection.answer", "interference.record", "identity.open")),
    (("Noting", "注记"), ("check.answer", "clarification.issue", "correction.note")),
    (("Closing", "办结"), ("lead.clear", "lead.archive", "lead.reopen", "lead.erase")),
)
FURTHER = ("Further acts", "其他文书")
ALWAYS: tuple[tuple[str, Words], ...] = (
    ("malformed-json", ("the body is no strict JSON", "报文不是严格的 JSON")),
    ("bad-signature", ("the signature does not hold", "签名无效")),
    ("stale-iat", ("signed more than 300 s ago or ahead", "签名时间相差超过 300 秒")),
    ("revoked-key", ("the key was revoked", "密钥已经吊销")),
    ("forbidden-act", ("kind, role, or no part in the lead", "单位类别、身份不符，或者在该线索上已无办理资格")),
    (
        "not-found",
        ("lead, transfer or other id that the sender may not know of", "发文单位不得知悉的线索、移送或者其他编号"),
    ),
    ("act-id-reused", ("the id stands for another document", "行为编号已用于另一份文书")),
    ("id-taken", ("a new id exists already", "新设的编号已经存在")),
    ("unknown-prev", ("`prev` names nothing that the sender has seen", "`prev` 所指不是发文单位见过的文书")),
    (
        "wrong-state",
        ("lead or transfer in another state, or the content erased", "线索或者移送状态不符，或者内容已经销毁"),
    ),
    ("payload-too-large", ("more than 256 KiB", "超过 256 KiB")),
    ("unsupported-media-type", ("no `application/json`", "不是 `application/json`")),
    (
        "invalid-document",
        ("schema, recipients, members that contradict each other", "格式、收文单位不符，或者成员相互矛盾"),
    ),
    ("classified-material", ("a mark of a state secret (`R-SECRETS`)", "带有国家秘密标志（`R-SECRETS`）")),
    ("wrong-endpoint", ("path and body differ", "路径与报文不一致")),
    ("missing-attachment", ("a file was not uploaded", "附件尚未上传")),
    ("too-many-requests", ("the limit of requests is reached", "请求过于频繁")),
    ("overloaded", ("the queue is full; send the same bytes again", "队列已满，原样重发")),
)


def groups() -> list[tuple[Words, list[ActType]]]:
    """Return every act of the table under its group."""
    named = {name for _, names in GROUPS for name in names}
    further = [name for name in sorted(CATALOGUE) if name not in named]
    listed = (*GROUPS, (FURTHER, tuple(further)))
    return [(title, [CATALOGUE[name] for name in names]) for title, names in listed if names]


def page(language: Language) -> list[str]:
    """Return the lines of the page."""
    lines = heading("acts", TITLE, INTRO, language)
    lines += _for_every_act(language)
    for title, kinds in groups():
        lines += [f"## {say(title, language)}", ""]
        for kind in kinds:
            lines += _act(kind, language)
    return lines


def _for_every_act(language: Language) -> list[str]:
    target = page_name("problems", language)
    said = (
        (
            f"Any act can be refused with these [problems]({target}); what is particular to an act stands with it. "
            "A node that the lead turned out to concern drops out of the recipients that an act implies; who "
            "names it all the same is refused."
        ),
        (
            f"任何文书都可能因下列[情形]({target})被拒绝，各文书特有的情形列于该文书之下。"
            "收文单位被认定为线索所涉单位的，应当不再列入；仍然列入的，予以拒绝。"
        ),
    )
    envelope = (
        "A whole body. The members around `content` are the same in every act:",
        "完整报文示例。`content` 以外的成员各文书相同：",
    )
    rows = [(f"`{slug}`", say(why, language)) for slug, why in ALWAYS]
    return [
        f"## {say(('For every act', '各文书共同适用'), language)}",
        "",
        say(said, language),
        "",
        *table(say((("problem", "why"), ("类型", "情形")), language), rows),
        say(envelope, language),
        "",
        *json_block(example_body(CATALOGUE["transfer.receipt"])),
    ]


def _act(kind: ActType, language: Language) -> list[str]:
    rows = [
        (say(label, language), text)
        for label, text in (
            (("who", "由谁办理"), f"{say(kind.who, language)}{_kinds(kind, language)}"),
            (("lead in state", "线索状态"), _states(kind, language)),
            (("transfer in state", "移送状态"), code(*kind.allowed.transfer)),
            (("recipients", "收文单位"), say(kind.recipients, language)),
            (("starts", "起算期限"), limits(kind.starts, language)),
            (("ends", "终止期限"), limits(kind.ends, language)),
            (("holds", "中止计算"), limits(kind.suspends, language)),
            (("lets run on", "恢复计算"), limits(kind.resumes, language)),
            (("state after", "此后状态"), code(*kind.becomes) or say(("stays", "不变"), language)),
            (("notices", "通知"), code(*kind.notices)),
            (("what follows", "后果"), say(kind.follows, language)),
        )
        if text
    ]
    endpoint = f"`POST {kind.path}`"
    return [
        f"### {kind.name}",
        "",
        f"{' · '.join(kind.title)}: {endpoint}",
        "",
        *table(rows[0], rows[1:]),
        *_refusals(kind, language),
        *content_table(kind, language),
        *_example(kind, language),
    ]


def _kinds(kind: ActType, language: Language) -> str:
    """Return the kinds of agency that may do an act: those that may, or the few that may not."""
    if kind.kinds == EVERY_KIND:
        return ""
    barred = [one for one in Kind if one not in kind.kinds]
    if len(barred) < len(kind.kinds):
        return say((f". Not: {code(*barred)}", f"。不含：{code(*barred)}"), language)
    named = code(*(one for one in Kind if one in kind.kinds))
    return say((f". Kinds: {named}", f"。单位类别：{named}"), language)


def _states(kind: ActType, language: Language) -> str:
    if kind.opens_case:
        return say(("none: the lead comes into the world", "无，线索由此产生"), language)
    said = [_named(kind.allowed.states, language)] if kind.allowed.states else []
    said += [
        f"{say(one.when, language)}{say((': ', '：'), language)}{_named(one.states, language)}"
        for one in kind.allowed.only_if
    ]
    return say(("; ", "；"), language).join(said)


def _named(states: tuple[LeadState, ...], language: Language) -> str:
    """Return states by name, or by what is missing where that is shorter."""
    missing = [one for one in LeadState if one not in states]
    if not missing:
        return say(("every state", "任何状态"), language)
    if len(missing) < len(states) and len(states) > 8:
        return say((f"any but {code(*missing)}", f"{code(*missing)} 以外的任何状态"), language)
    return code(*states)


def limits(rules: tuple[str, ...], language: Language) -> str:
    """Return limits as links to their page; what ends whatever runs says so."""
    if rules == ON_THE_LEAD:
        return say(
            ("whatever still runs on the lead or on its transfers", "该线索及其移送上仍在计算的全部期限"), language
        )
    if rules == tuple(LIMITS):
        return say(
            ("whatever still runs, for whom the lead is erased", "对其销毁该线索的单位仍在计算的全部期限"), language
        )
    target = page_name("deadlines", language)
    return ", ".join(f"[{rule}]({target}#{anchor(rule)})" for rule in sorted(rules))


def _refusals(kind: ActType, language: Language) -> list[str]:
    target = page_name("rules", language)
    rows = [(f"{one.status} `{one.slug}`", say(said, language)) for one, said in refusals(kind.rule)]
    rows += [
        (f"422 [{rule.rule}]({target}#{anchor(rule.rule)})", say((rule.text, rule.text_zh), language))
        for rule in kind.rules
    ]
    return table(say((("refused with", "because"), ("拒绝", "原因")), language), rows) if rows else []


def _example(kind: ActType, language: Language) -> list[str]:
    """Return the content of an example; the envelope around it stands at the top of the page, once."""
    return [say(("Example of the content:", "正文事项示例："), language), "", *json_block(kind.example)]
