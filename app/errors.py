"""The family of refusals. Standard library only, so that the pure core may raise them.

A refusal is written where its rule stands, as a subclass or an instance; `app.problems` alone knows how one
looks on the wire (RFC 9457). Both languages are given at the raise, because the rule's author knows them best.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from, and with what authority: `law`, a `local` rule, or the project's `default`."""

    kind: Literal["law", "local", "default"]
    text: str

    @classmethod
    def law(cls, text: str) -> "Source":
        return cls("law", text)

    @classmethod
    def local(cls, text: str) -> "Source":
        return cls("local", text)

    @classmethod
    def default(cls, text: str) -> "Source":
        return cls("default", text)


class Problem(Exception):
    """A refusal that the caller is told about: slug, HTTP status, and why, in English and Chinese."""

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    title_zh: ClassVar[str]

    def __init__(
        self,
        detail: str,
        detail_zh: str,
        *,
        rule: str | None = None,
        source: Source | None = None,
        errors: tuple[dict[str, str], ...] = (),
        members: dict[str, str | int] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.detail_zh = detail_zh
        self.rule = rule
        self.source = source
        self.errors = errors
        self.members = members or {}
        self.headers = headers or {}


class MalformedJson(Problem):
    slug, status = "malformed-json", 400
    title, title_zh = "Malformed JSON", "JSON 格式错误"


class MalformedRequest(Problem):
    slug, status = "malformed-request", 400
    title, title_zh = "Malformed request", "请求不符合 HTTP 规范"


class BadSignature(Problem):
    """One answer for every reason, so that it teaches an attacker nothing."""

    slug, status = "bad-signature", 401
    title, title_zh = "Bad signature", "签名无效"

    def __init__(self) -> None:
        super().__init__(
            "The signature is missing, malformed, made by an unknown key, or does not cover these bytes.",
            "签名缺失、格式错误、密钥未登记，或与收到的内容不符。",
        )


class StaleIat(Problem):
    slug, status = "stale-iat", 401
    title, title_zh = "Stale signature time", "签名时间超出允许范围"


class RevokedKey(Problem):
    slug, status = "revoked-key", 401
    title, title_zh = "Revoked key", "密钥已吊销"


class Unauthenticated(Problem):
    slug, status = "unauthenticated", 401
    title, title_zh = "Unauthenticated", "未通过身份认证"

    def __init__(self, detail: str = "A valid bearer token is needed.", zh: str = "需要有效的访问令牌。") -> None:
        super().__init__(detail, zh, headers={"WWW-Authenticate": "Bearer"})


class ForbiddenAct(Problem):
    slug, status = "forbidden-act", 403
    title, title_zh = "Forbidden act", "无权办理"


class EnrolmentRefused(Problem):
    slug, status = "enrolment-refused", 403
    title, title_zh = "Enrolment refused", "接入登记被拒绝"


class NotFound(Problem):
    """The same words for what does not exist and for what the caller may not know of."""

    slug, status = "not-found", 404
    title, title_zh = "Not found", "未找到"

    def __init__(self) -> None:
        super().__init__("There is nothing here that you may know of.", "没有您可以知悉的内容。")


class RequestTimeout(Problem):
    slug, status = "request-timeout", 408
    title, title_zh = "Request timeout", "请求超时"


class ActIdReused(Problem):
    slug, status = "act-id-reused", 409
    title, title_zh = "Act id reused", "行为编号重复使用"


class IdTaken(Problem):
    slug, status = "id-taken", 409
    title, title_zh = "Id taken", "编号已被占用"


class UnknownPrev(Problem):
    slug, status = "unknown-prev", 409
    title, title_zh = "Unknown prev", "前序文书未知"


class WrongState(Problem):
    slug, status = "wrong-state", 409
    title, title_zh = "Wrong state", "当前状态不允许"


class QuotaExceeded(Problem):
    """The caller holds as much as one may hold of something; it can give up some of it and try again."""

    slug, status = "quota-exceeded", 409
    title, title_zh = "Quota exceeded", "超出限额"


class PayloadTooLarge(Problem):
    slug, status = "payload-too-large", 413
    title, title_zh = "Payload too large", "内容过大"


class UriTooLong(Problem):
    slug, status = "uri-too-long", 414
    title, title_zh = "URI too long", "请求地址过长"


class UnsupportedMediaType(Problem):
    slug, status = "unsupported-media-type", 415
    title, title_zh = "Unsupported media type", "不支持的媒体类型"


class RangeNotSatisfiable(Problem):
    slug, status = "range-not-satisfiable", 416
    title, title_zh = "Range not satisfiable", "请求范围无效"


class InvalidDocument(Problem):
    slug, status = "invalid-document", 422
    title, title_zh = "Invalid document", "文书内容不合规"


class ClassifiedMaterial(Problem):
    slug, status = "classified-material", 422
    title, title_zh = "Classified material", "涉密材料"


class WrongEndpoint(Problem):
    slug, status = "wrong-endpoint", 422
    title, title_zh = "Wrong endpoint", "接口与文书不一致"


class MissingAttachment(Problem):
    slug, status = "missing-attachment", 422
    title, title_zh = "Missing attachment", "附件缺失"


class WeakKey(Problem):
    slug, status = "weak-key", 422
    title, title_zh = "Weak key", "密钥强度不足"


class RuleViolated(Problem):
    """A rule of casework forbids the act; `rule` and `source` always say which, and with what authority."""

    slug, status = "rule-violated", 422
    title, title_zh = "Rule violated", "违反办理规则"


class TooManyRequests(Problem):
    slug, status = "too-many-requests", 429
    title, title_zh = "Too many requests", "请求过于频繁"


class HeadersTooLarge(Problem):
    slug, status = "headers-too-large", 431
    title, title_zh = "Header fields too large", "请求头过大"


class Overloaded(Problem):
    slug, status = "overloaded", 503
    title, title_zh = "Overloaded", "服务繁忙"

    def __init__(self, detail: str, detail_zh: str, *, retry_after: int = 1) -> None:
        super().__init__(detail, detail_zh, headers={"Retry-After": str(retry_after)})
