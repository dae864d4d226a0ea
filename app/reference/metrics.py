"""docs/reference/metrics.md: what `/metrics` shows, and what to watch."""

import importlib

from prometheus_client import REGISTRY, Metric

from app.reference.writing import Language, Words, code, heading, say, table

TITLE = ("Metrics", "指标一览")
INTRO = (
    (
        "`/metrics` of the API answers in the text format of Prometheus. A `worker` by itself serves no HTTP: what its "
        "loops count (places in the log, lapses, cosignatures) shows only where `serve` runs them in its own process. "
        "`process_*` and `python_*` are those of the client library."
    ),
    (
        "接口进程的 `/metrics` 以 Prometheus 文本格式应答。单独运行的 `worker` 不提供 HTTP，"
        "其循环的计数（日志序号、到期事项、会签）仅在 `serve` 同时运行这些循环时可见。"
        "`process_*` 和 `python_*` 由客户端库提供。"
    ),
)
# Where the metrics stand.
MODULES = (
    *("app.access.recorder", "app.docket.docket", "app.docket.exchange_tasks", "app.docket.ticking"),
    *("app.docket.working_days", "app.health", "app.intake.door", "app.transparency.cosigning"),
    *(
        "app.serving.connections",
        "app.transparency.forks",
        "app.transparency.sequencer",
        "app.transparency.witness",
        "app.views.inbox_wait",
    ),
)
# For each metric: what it is in Chinese, the values of its labels, and what to watch.
WORDS: dict[str, tuple[str, Words, Words]] = {
    "leadbridge_access_rows": (
        "一次提交记录的查阅数",
        ("", ""),
        ("Near 256 for minutes: reads wait for the disk.", "持续数分钟接近 256：查阅在等待磁盘。"),
    ),
    "leadbridge_acts": (
        "文书数，按类型和结果",
        (
            "`act`: a name of an act; `outcome`: `taken`, `replayed`, or the slug of a problem",
            "`act`：文书名称；`outcome`：`taken`、`replayed` 或者拒绝类型",
        ),
        (
            "Any `internal-error`; `bad-signature` or `stale-iat` above a few an hour; `overloaded` at all.",
            "出现 `internal-error` 或者 `overloaded`；`bad-signature`、`stale-iat` 每小时超过数次。",
        ),
    ),
    "leadbridge_batch_acts": (
        "一次提交包含的文书数",
        ("", ""),
        ("At 128 for minutes: the database is the limit.", "持续数分钟达到 128：数据库已成瓶颈。"),
    ),
    "leadbridge_calendar_last_year": (
        "有官方日历的最近年份，此后的日期为暂定",
        ("", ""),
        (
            "Less than next year in December: put the new calendar in, or deadlines stay provisional.",
            "十二月时仍小于下一年：应当录入新日历，否则期限一直为暂定。",
        ),
    ),
    "leadbridge_commit_seconds": (
        "自取出一批至提交完成的时间",
        ("", ""),
        ("The 99th percentile above 1 s for 10 minutes.", "第 99 百分位连续十分钟超过 1 秒。"),
    ),
    "leadbridge_connections": (
        "打开的连接数",
        ("", ""),
        ("Above half of `LEADBRIDGE_CONNECTIONS`.", "超过 `LEADBRIDGE_CONNECTIONS` 的一半。"),
    ),
    "leadbridge_cosignatures": (
        "向见证方请求会签的结果",
        (
            "`witness`: its name; `outcome`: `cosigned`, `refused`, `unreached`, `fork`",
            "`witness`：见证方名称；`outcome`：`cosigned`、`refused`、`unreached`、`fork`",
        ),
        ("No `cosigned` of a witness for an hour.", "某见证方一小时内没有 `cosigned`。"),
    ),
    "leadbridge_docket_queue": (
        "等待提交的文书数",
        ("", ""),
        ("Above half of `LEADBRIDGE_QUEUE_LIMIT` for a minute.", "连续一分钟超过 `LEADBRIDGE_QUEUE_LIMIT` 的一半。"),
    ),
    "leadbridge_inbox_lag_seconds": (
        "已提交而尚无收件箱序号的最早文书的等待时间",
        ("", ""),
        (
            "Above 30 s, or not a number: no worker leads, or the database is away.",
            "超过 30 秒或者不是数字：没有后台进程在工作，或者数据库不可用。",
        ),
    ),
    "leadbridge_inbox_waiters": (
        "正在等待收件箱新项的请求数",
        ("", ""),
        ("Many more than agencies: a client asks without end.", "远多于单位数：有客户端不停请求。"),
    ),
    "leadbridge_lapses": (
        "仅因时间经过而发生的事项",
        (
            "`event`: `warned`, `breached`, `auto_confirmed`, `expired`",
            "`event`：`warned`、`breached`、`auto_confirmed`、`expired`",
        ),
        ("None for a whole working day while leads are open.", "有在办线索而整个工作日为零。"),
    ),
    "leadbridge_lapses_failed": (
        "未能办理、将再次尝试的到期事项",
        ("", ""),
        ("Any that grows: deadlines are not said.", "持续增长：期限未能通知。"),
    ),
    "leadbridge_log_forks": (
        "相互矛盾的已签检查点",
        (
            "`noticed_by`: `witness` (another log), `log` (this one)",
            "`noticed_by`：`witness`（其他日志）、`log`（本日志）",
        ),
        ("Above 0: call the auditor at once, change nothing.", "大于零：立即通知审计人员，保持现场。"),
    ),
    "leadbridge_matches": (
        "因另一线索涉及同一对象而通知承办单位的次数",
        ("", ""),
        ("A sudden rise: a list was registered twice.", "突然增多：同一批线索可能重复登记。"),
    ),
    "leadbridge_sequenced": (
        "已进入日志的事项数",
        ("", ""),
        ("Stands still while `leadbridge_unsequenced` is above 0.", "`leadbridge_unsequenced` 大于零而本指标不变。"),
    ),
    "leadbridge_unsequenced": (
        "已提交而尚未进入日志的事项",
        ("", ""),
        ("Growing for a minute, or not a number.", "持续一分钟增长，或者不是数字。"),
    ),
    "leadbridge_witness_submissions": (
        "提交给本见证方的检查点",
        (
            "`outcome`: `cosigned`, `UnknownLog`, `UntrustedCheckpoint`, `Unproven`, `OtherHistory`",
            "`outcome`：`cosigned`、`UnknownLog`、`UntrustedCheckpoint`、`Unproven`、`OtherHistory`",
        ),
        (
            "Any `OtherHistory`: the other log does not go on from what was cosigned.",
            "出现 `OtherHistory`：对方日志未从此前会签处延续。",
        ),
    ),
}


def page(language: Language) -> list[str]:
    """Return the lines of the page."""
    heads = say((("name", "type", "what", "labels", "watch"), ("名称", "类型", "说明", "标签", "关注")), language)
    return [*heading("metrics", TITLE, INTRO, language), *table(heads, [_row(one, language) for one in measured()])]


def measured() -> list[Metric]:
    """Return the service's own metrics, by name."""
    for name in MODULES:
        importlib.import_module(name)
    own = {one.name: one for one in REGISTRY.collect() if one.name.startswith("leadbridge_")}
    return [own[name] for name in sorted(own)]


def _row(metric: Metric, language: Language) -> tuple[str, ...]:
    zh, labels, watch = WORDS[metric.name]
    name = f"{metric.name}_total" if metric.type == "counter" else metric.name
    return (
        code(name),
        metric.type,
        say((metric.documentation, zh), language),
        say(labels, language),
        say(watch, language),
    )
