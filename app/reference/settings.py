"""docs/reference/settings.md: every setting of the service, and what else the environment says to its commands."""

from pydantic_core import PydanticUndefined

from app.config import Settings
from app.reference.writing import Language, Words, heading, say, table

TITLE = ("Settings", "配置一览")
INTRO = (
    "The service reads these from the environment, once, when it starts. A command line option wins over a setting.",
    "服务启动时从环境变量读取一次。命令行选项优先于配置项。",
)
# What Compose, the server, PostgreSQL's own library and the commands of the checkout read besides.
BESIDE: tuple[tuple[str, str, Words], ...] = (
    (
        "LEADBRIDGE_DB_PASSWORD",
        "",
        ("Compose: password of the database, made with it", "Compose：数据库口令，创建数据库时使用"),
    ),
    (
        "LEADBRIDGE_PUBLISH",
        "127.0.0.1:8000",
        (
            "Compose: port, or address and port, at which the API is published",
            "Compose：接口对外的端口，或者地址和端口",
        ),
    ),
    (
        "FORWARDED_ALLOW_IPS",
        "127.0.0.1",
        (
            "`serve`: proxies whose X-Forwarded-For and -Proto are believed; never `*`",
            "`serve`：可信代理地址，采信其 X-Forwarded-For 和 -Proto；不得设为 `*`",
        ),
    ),
    (
        "PGPASSWORD",
        "",
        ("password of the database where DATABASE_URL names none", "DATABASE_URL 未含口令时的数据库口令"),
    ),
    (
        "LEADBRIDGE_TEST_DATABASE_URL",
        "",
        (
            "`./run test`: a PostgreSQL whose role may create databases; unset: an embedded one",
            "`./run test`：可以创建数据库的 PostgreSQL；不设则使用内置数据库",
        ),
    ),
)


def page(language: Language) -> list[str]:
    """Return the lines of the page."""
    heads = say((("name", "default", "what"), ("名称", "默认值", "说明")), language)
    service = [
        (f"`LEADBRIDGE_{name.upper()}`", _default(field.default), _said(name, language))
        for name, field in Settings.model_fields.items()
    ]
    beside = [(f"`{name}`", f"`{default}`" if default else "", say(words, language)) for name, default, words in BESIDE]
    return [
        *heading("settings", TITLE, INTRO, language),
        f"## {say(('The service', '服务'), language)}",
        "",
        *table(heads, service),
        f"## {say(('Read by others', '其他程序读取'), language)}",
        "",
        *table(heads, beside),
    ]


def _said(name: str, language: Language) -> str:
    """Return what a setting is for, in the words of its field. Raises `KeyError` for one without words."""
    field = Settings.model_fields[name]
    extra = field.json_schema_extra
    if not field.description or not isinstance(extra, dict):
        raise KeyError(name)
    return say((field.description, str(extra["zh"])), language)


def _default(value: object) -> str:
    return (
        ""
        if value is None or value is PydanticUndefined
        else f"`{str(value).lower() if isinstance(value, bool) else value}`"
    )
