"""Settings, read once in an entry point and handed down. Nothing else in the service reads the environment."""

from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting has the prefix `LEADBRIDGE_`; docs/reference/settings.md lists them, in the words of each field.

    The description of a field is English, `zh` beside it Chinese.
    """

    model_config = SettingsConfigDict(env_prefix="LEADBRIDGE_", frozen=True, extra="ignore")

    database_url: SecretStr | None = Field(
        default=None,
        description="URL of the PostgreSQL server; unset: an embedded server under DATA_DIR",
        json_schema_extra={"zh": "PostgreSQL 的连接地址；不设则使用 DATA_DIR 下的内置数据库"},
    )
    data_dir: Path = Field(
        default=Path(".leadbridge"),
        description="folder of the master key, of attachments and of the embedded database",
        json_schema_extra={"zh": "主密钥、附件和内置数据库所在目录"},
    )
    attachments: str | None = Field(
        default=None,
        description=(
            "where attachments lie: a folder, or an address such as s3://bucket/path; unset: DATA_DIR/attachments"
        ),
        json_schema_extra={"zh": "附件存放位置：目录，或者 s3://bucket/path 一类的地址；不设则为 DATA_DIR/attachments"},
    )
    host: str = Field(
        default="127.0.0.1",
        description="address on which the service listens",
        json_schema_extra={"zh": "监听地址"},
    )
    port: int = Field(
        default=8080,
        ge=0,
        le=65535,
        description="port on which the service listens; 0: any free one",
        json_schema_extra={"zh": "监听端口；0 表示任选空闲端口"},
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        description="address by which clients reach the service, told in /.well-known/leadbridge; unset: as asked",
        json_schema_extra={"zh": "客户端访问本服务的地址，写入 /.well-known/leadbridge；不设则按请求中的地址"},
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="bearer token without which /metrics answers 401; unset: open",
        json_schema_extra={"zh": "读取 /metrics 所需的令牌，没有令牌的答复 401；不设则不需要"},
    )
    exchange_id: str = Field(
        default="exchange-local",
        pattern=r"^[a-z][a-z0-9-]{2,62}$",
        description="name of the exchange in every signature; it cannot change once something is signed",
        json_schema_extra={"zh": "交换中心的名称，写入每个签名；有签名之后不能更改"},
    )
    time_zone: str = Field(
        default="Asia/Shanghai",
        description="zone in which days begin and end, for deadlines and figures",
        json_schema_extra={"zh": "计算期限和统计所用的时区"},
    )
    master_key: SecretStr | None = Field(
        default=None,
        description=(
            "key that wraps all data keys: base64 of 32 bytes; unset: the file MASTER_KEY_FILE, made on first start"
        ),
        json_schema_extra={
            "zh": "加密全部数据密钥的主密钥：32 字节的 base64；不设则使用 MASTER_KEY_FILE，首次启动时生成"
        },
    )
    master_key_file: Path | None = Field(
        default=None,
        description="file that holds the master key; unset: DATA_DIR/master.key",
        json_schema_extra={"zh": "主密钥文件；不设则为 DATA_DIR/master.key"},
    )
    former_master_key: SecretStr | None = Field(
        default=None,
        description="base64 of the master key that is being replaced; still opens, wraps nothing",
        json_schema_extra={"zh": "正在更换的旧主密钥（base64）；仍可解密，不再用于加密"},
    )
    former_master_key_file: Path | None = Field(
        default=None,
        description="file that holds the master key that is being replaced",
        json_schema_extra={"zh": "旧主密钥文件"},
    )
    queue_limit: int = Field(
        default=2000,
        ge=1,
        description="acts that wait for a commit; beyond it the answer is 503",
        json_schema_extra={"zh": "等待提交的文书数上限；超出则答复 503"},
    )
    unnamed_uploads: int = Field(
        default=2000,
        ge=1,
        description="uploads that no act names yet, for each agency; beyond it 409",
        json_schema_extra={"zh": "每个单位尚无文书引用的附件数；超出则答复 409"},
    )
    unnamed_upload_bytes: int = Field(
        default=20 * 2**30,
        ge=2**20,
        description="bytes of such uploads for each agency; beyond it 409",
        json_schema_extra={"zh": "每个单位此类附件的总字节数；超出则答复 409"},
    )
    unnamed_upload_days: int = Field(
        default=7,
        ge=1,
        le=366,
        description="days after which an upload that no act names is deleted",
        json_schema_extra={"zh": "没有文书引用的附件在上传多少天之后删除"},
    )
    requests_per_second: int = Field(
        default=0,
        ge=0,
        description="requests of one client address to one process; 0: no limit",
        json_schema_extra={"zh": "单个客户端地址对单个进程每秒的请求数；0 表示不限"},
    )
    connections: int = Field(
        default=4096,
        ge=16,
        description="connections open at once in a process; beyond it the longest idle one is closed, else 503",
        json_schema_extra={"zh": "单个进程同时打开的连接数；超出时先关闭空闲最久的连接，否则答复 503"},
    )
    connections_per_address: int = Field(
        default=256,
        ge=1,
        description="the same for each client address; proxies in FORWARDED_ALLOW_IPS are exempt",
        json_schema_extra={"zh": "每个客户端地址的连接数；FORWARDED_ALLOW_IPS 中的代理不受此限"},
    )
    head_seconds: float = Field(
        default=15.0,
        gt=0,
        description="seconds until the head of a request must be there; beyond it 408",
        json_schema_extra={"zh": "请求头须在多少秒内到齐；超时答复 408"},
    )
    body_seconds: float = Field(
        default=20.0,
        gt=0,
        description="seconds that a body may take beside one for each KiB of it; beyond it 408",
        json_schema_extra={"zh": "请求内容除每 KiB 一秒外另可占用的秒数；超时答复 408"},
    )
    witness_policy: Path | None = Field(
        default=None,
        description=(
            "file with a C2SP tlog-policy: `log` lines name the logs that this exchange witnesses; `witness` "
            "lines with URLs, and `quorum`, say who cosigns its own checkpoints and how many are enough"
        ),
        json_schema_extra={
            "zh": "C2SP tlog-policy 文件：`log` 行列明本交换中心见证的日志；"
            "带 URL 的 `witness` 行和 `quorum` 列明由谁会签本中心的检查点、需要几份"
        },
    )
    deadlines_file: Path | None = Field(
        default=None,
        description="JSON file with limits that are set otherwise for places (local rules)",
        json_schema_extra={"zh": "JSON 文件：各地另行规定的时限（地方规定）"},
    )
    casework_file: Path | None = Field(
        default=None,
        description="JSON file with the checklist of reports and the seats that sign them",
        json_schema_extra={"zh": "JSON 文件：核查报告的清单和审核签字的席位"},
    )
    sm2_receipts: bool = Field(
        default=False,
        description="sign every receipt a second time, by SM2; needs a libcrypto that can",
        json_schema_extra={"zh": "回执另加 SM2 签名；需要支持 SM2 的 libcrypto"},
    )
    log_level: str = Field(
        default="INFO",
        description="least level of what is logged: DEBUG, INFO, WARNING, ERROR",
        json_schema_extra={"zh": "记录日志的最低级别：DEBUG、INFO、WARNING、ERROR"},
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        ZoneInfo(name)
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
