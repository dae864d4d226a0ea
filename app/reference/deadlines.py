"""docs/reference/deadlines.md: every limit of time, who has it, which acts start and end it, what its end does."""

from collections.abc import Callable

from app.casework.acts import CATALOGUE, ActType
from app.casework.deadlines import AT_THE_END
from app.casework.lapse import SILENT
from app.casework.limits import LIMITS, VERSION, Limit
from app.casework.parts import ON_THE_LEAD
from app.reference.writing import SOURCES, Language, Words, anchor, heading, page_name, say, table

TITLE = ("Deadlines", "期限一览")
INTRO = (
    (
        f"Every limit of time in the table (version {VERSION}). An exchange may set other limits for a place by a file "
        "(`LEADBRIDGE_DEADLINES_FILE`); they are local rules. A running deadline keeps the limit with which it began."
    ),
    (
        f"时限表（版本 {VERSION}）中的全部期限。各地可以用文件另行规定（`LEADBRIDGE_DEADLINES_FILE`），属于地方规定。"
        "已经开始计算的期限沿用开始时的时限。"
    ),
)
UNITS: dict[str, Words] = {
    "hours": ("h", "小时"),
    "days": ("days", "日"),
    "working_days": ("working days", "个工作日"),
    "months": ("month", "个月"),
}
COUNTING: tuple[Words, ...] = (
    (
        "Hours run on, from second to second. They have no warning.",
        "以小时计的，连续计算，精确到秒，不预警。",
    ),
    (
        (
            "Days and months leave out the first day and end with their last one, at 24:00 of the exchange's "
            "zone, shown as 23:59:59.999. A last day off rolls over to the next working day."
        ),
        (
            "以日、月计的，开始当日不计入，至最后一日 24 时（交换中心所在时区）届满，写作 23:59:59.999；"
            "最后一日为休息日的，顺延至下一个工作日。"
        ),
    ),
    (
        (
            "Working days leave out weekends and public holidays, and count days that are worked instead, by the "
            "official calendar. In a year without one the due time is `provisional` and is counted anew when the "
            "calendar is there. A day off that becomes known later moves what runs to a later day."
        ),
        (
            "以工作日计的，不含周末和法定节假日，含调休上班日，依官方日历；尚无官方日历的年份为暂定（`provisional`），日"
            "历公布后重新计算。后来公布的休息日使正在计算的期限顺延。"
        ),
    ),
    (
        "Warnings come at nine in the morning, three working days and one working day before the last day.",
        "到期前三个工作日和一个工作日的上午九时预警。",
    ),
    (
        "What stands still keeps the time that was left: hours by the second, days by the day.",
        "中止计算的，恢复后按剩余时间继续：以小时计的精确到秒，以日计的精确到日。",
    ),
)
ENDS: dict[str, Words] = {
    "breached": (
        "`breached`: the breach is said once and stays on record; the deadline runs on until it is met",
        "`breached`：逾期，通知一次并永久留存；期限继续存在直至完成",
    ),
    "expired": (
        "`expired`: a time that was given, not owed, is over; no breach",
        "`expired`：可以行使而非应当履行的期限届满，不构成逾期",
    ),
    "auto_confirmed": (
        "`auto_confirmed`: silence confirms the conclusion",
        "`auto_confirmed`：逾期未答复的，视为确认结论",
    ),
}
WHOM: dict[str, Words] = {
    "D01": ("a petition office that registered a lead", "登记线索的信访部门"),
    "D02": (
        "a regulator that found police competent for a suspected crime",
        "认定涉嫌犯罪应由公安机关管辖的行业监管部门",
    ),
    "D03": ("the same regulator, after the time of D02", "同一行业监管部门，自 D02 届满起"),
    "D03-police": ("police that found another agency competent", "认定其他单位有管辖权的公安机关"),
    "D03-supervision": (
        "whoever found supervision competent, and supervision that found another agency competent for its own lead",
        "认定应由纪检监察机关管辖的单位；认定本机关登记的线索应由其他单位管辖的纪检监察机关",
    ),
    "D04": ("the receiver of the transfer", "接收移送的单位"),
    "D05": ("the receiver that signed", "已签收的单位"),
    "D06": ("the sender of the transfer", "移送单位"),
    "D06-notice": ("police; the table keeps it, no act starts it", "公安机关；仅列入时限表，没有文书起算"),
    "D07": ("the receiver that signed", "已签收的单位"),
    "D07-petition": ("the receiver that signed for a transfer of a petition office", "签收信访部门移送的单位"),
    "D08": (
        "police that found another agency competent for a signed `crime_case`",
        "签收 `crime_case` 后认定其他单位有管辖权的公安机关",
    ),
    "D08-supervision": ("supervision that found another agency competent", "认定其他单位有管辖权的纪检监察机关"),
    "D09": ("police that signed for a `crime_case`", "签收 `crime_case` 的公安机关"),
    "D10": ("the holder that verifies", "负责核查的承办单位"),
    "D10-regulator": ("a regulator that verifies", "负责核查的行业监管部门"),
    "D11": ("the holder that extended its verification", "延长核查的承办单位"),
    "D11-regulator": ("a regulator that extended its verification", "延长核查的行业监管部门"),
    "D12": ("the holder", "承办单位"),
    "D13": ("the holder", "承办单位"),
    "D14": ("the holder of a lead that came by a transfer", "经移送而来线索的承办单位"),
    "D15": ("the sender of the transfer along which the conclusion came", "结论所沿移送的移送单位"),
    "D16": (
        "who assigned the lead under supervision, else the coordination office that it is listed to",
        "督办交办的单位；没有的，为列有该线索的协调机构",
    ),
    "D17": ("the holder", "承办单位"),
    "D18": ("the holder", "承办单位"),
    "D19": ("each participant", "各参加单位"),
    "D19-urgent": ("each participant of an urgent consultation", "紧急会商的各参加单位"),
    "D20": ("each participant that accepted", "已接受商请的各参加单位"),
    "D21": ("the holder", "承办单位"),
    "D22": ("the agency whose `crime_case` police refused to file", "所移送 `crime_case` 未予立案的移送单位"),
    "D22-decision": ("the police that are to reconsider", "应当复议的公安机关"),
    "D22-procuratorate": (
        "the agency whose `crime_case` police refused twice",
        "所移送 `crime_case` 经复议仍未立案的移送单位",
    ),
    "D22-explain": ("police; the table keeps it, no act starts it", "公安机关；仅列入时限表，没有文书起算"),
    "D22-file": ("police; the table keeps it, no act starts it", "公安机关；仅列入时限表，没有文书起算"),
    "D23": ("the addressee of a supervision letter", "督办对象"),
    "D24": ("a regulator that a letter went to", "收函的行业监管部门"),
    "D25": ("the agency that was asked", "被申请单位"),
    "D26": ("the holder that made an emergency freeze; only it is told", "采取紧急冻结的承办单位；仅通知该单位"),
    "D27": ("the holder; the table keeps it, no act starts it", "承办单位；仅列入时限表，没有文书起算"),
}


def page(language: Language) -> list[str]:
    """Return the lines of the page."""
    lines = [
        *heading("deadlines", TITLE, INTRO, language),
        f"## {say(('How time is counted', '计算方法'), language)}",
        "",
    ]
    lines += [f"* {say(words, language)}" for words in COUNTING]
    lines += ["", f"## {say(('At the end', '届满后果'), language)}", ""]
    lines += [f"* {say(words, language)}" for words in ENDS.values()]
    lines += ["", f"## {say(('The limits', '各项期限'), language)}", ""]
    for limit in LIMITS.values():
        lines += _limit(limit, language)
    return lines


def _limit(limit: Limit, language: Language) -> list[str]:
    everything = "lead.merge", "lead.split", "lead.clear"
    on_the_lead = limit.rule in ON_THE_LEAD
    closing = (", and the end of the lead: ", "；线索终结：")
    ending = _acts(lambda kind: limit.rule in kind.ends and kind.ends not in (ON_THE_LEAD, tuple(LIMITS)), language)
    if on_the_lead:
        ending += say(closing, language) + _links(everything, language)
    rows = [
        (say(("limit", "时限"), language), f"{limit.amount} {say(UNITS[limit.unit], language)}"),
        (say(("source", "依据"), language), f"{say(SOURCES[limit.source.kind], language)}: {limit.source.text}"),
        (say(("for whom", "对象"), language), say(WHOM[limit.rule], language)),
        (say(("started by", "起算"), language), _acts(lambda kind: limit.rule in kind.starts, language)),
        (say(("ended by", "终止"), language), ending),
        (say(("stands still", "中止"), language), _still(limit, language)),
        (say(("when it passes", "届满"), language), say(ENDS[AT_THE_END.get(limit.rule, "breached")], language)),
    ]
    if limit.rule in SILENT:
        rows.append((say(("who is told", "通知"), language), say(("that agency alone", "仅该单位"), language)))
    rows = [(label, text) for label, text in rows if text]
    return [f"### {limit.rule}", "", f"{say((limit.title, limit.title_zh), language)}", "", *table(rows[0], rows[1:])]


def _still(limit: Limit, language: Language) -> str:
    held = _acts(lambda kind: limit.rule in kind.suspends, language)
    runs = _acts(lambda kind: limit.rule in kind.resumes, language)
    return say((f"from {held} to {runs}", f"自 {held} 至 {runs}"), language) if held else ""


def _acts(wanted: Callable[[ActType], bool], language: Language) -> str:
    return _links(tuple(name for name, kind in CATALOGUE.items() if wanted(kind)), language)


def _links(names: tuple[str, ...], language: Language) -> str:
    target = page_name("acts", language)
    return ", ".join(f"[{name}]({target}#{anchor(name)})" for name in sorted(names))
