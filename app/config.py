"""Settings, read once in an entry point and handed down. Nothing else in the service reads the environment."""

from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting has the prefix `LEADBRIDGE_`; README.md explains each."""

    model_config = SettingsConfigDict(env_prefix="LEADBRIDGE_", frozen=True, extra="ignore")

    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL URL; unset: an embedded server under DATA_DIR"
    )
    data_dir: Path = Field(default=Path(".leadbridge"), description="keys, attachments, embedded database")
    attachments: str | None = Field(
        default=None, description="a folder, or an address such as s3://bucket/path; unset: DATA_DIR/attachments"
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    exchange_id: str = Field(default="exchange-local", pattern=r"^[a-z][a-z0-9-]{2,62}$")
    time_zone: str = "Asia/Shanghai"
    master_key: SecretStr | None = Field(
        default=None, description="base64 of 32 bytes; unset: the file MASTER_KEY_FILE, made on first start"
    )
    master_key_file: Path | None = Field(default=None, description="default: DATA_DIR/master.key")
    former_master_key: SecretStr | None = Field(
        default=None, description="base64 of the master key that is being replaced; still opens, wraps nothing"
    )
    former_master_key_file: Path | None = Field(default=None, description="or the file that holds it")
    queue_limit: int = Field(default=2000, ge=1, description="acts waiting for a commit; beyond it 503")
    requests_per_second: int = Field(default=0, ge=0, description="per client address and process; 0: no limit")
    witness_policy: Path | None = Field(
        default=None,
        description="a C2SP tlog-policy: `log` lines name the logs that this exchange witnesses; `witness` lines with "
        "URLs, and `quorum`, say who cosigns its own checkpoints and how many are enough",
    )
    deadlines_file: Path | None = Field(default=None, description="JSON: limits set otherwise for places; local rules")
    casework_file: Path | None = Field(default=None, description="JSON: checklist of reports and seats that sign them")
    sm2_receipts: bool = Field(
        default=False, description="sign every receipt a second time, by SM2; needs a libcrypto that can"
    )
    log_level: str = "INFO"

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        ZoneInfo(name)
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
