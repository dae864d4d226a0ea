"""Why each kind of refusal comes and what to do about it: for `GET /problems/{slug}` and the pages of reference."""

from dataclasses import dataclass, field

from app.errors import Source

Words = tuple[str, str]  # (English, Chinese)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a refusal comes, what to do, and what one says: `detail`, and None where it has words of its own.

    The rest stands in the example besides: rule and source, `errors`, further members.
    """

    cause: Words
    remedy: Words
    detail: Words | None = None
    rule: str | None = None
    source: Source | None = None
    errors: tuple[dict[str, str], ...] = ()
    members: dict[str, str | int] = field(default_factory=dict)


CAUSES: dict[str, Cause] = {
    "malformed-json": Cause(
        (
            "The body is no strict JSON: not UTF-8, a member twice, a number that no double can hold, too deep.",
            "报文不是严格的 JSON：编码不是 UTF-8、成员重复、数值超出双精度范围或者嵌套过深。",
        ),
        ("Correct the writer of the body, sign anew and send.", "修正报文的生成程序，重新签名后提交。"),
        ("The body is not JSON.", "内容不是有效的 JSON。"),
    ),
    "bad-signature": Cause(
        (
            (
                "The signature is missing or malformed, its key is unknown or not in force, or it covers other "
                "bytes. One answer for every reason, so that an attacker learns nothing."
            ),
            "签名缺失、格式错误、密钥未登记或者未生效，或者签名所覆盖的不是收到的内容。各种原因答复相同，以免向攻击者提供线索。",
        ),
        (
            (
                "Check `kid`, `alg`, `aud` and `typ` of the header, that the signed bytes are those sent, and that "
                "no proxy rewrites the body. The worked vector in docs/vector shows each step."
            ),
            (
                "核对签名头中的 `kid`、`alg`、`aud`、`typ`，确认签名的内容与发送的内容逐字节一致，且代理没有改写报文。"
                "docs/vector 中的示例演示了每一步。"
            ),
        ),
    ),
    "stale-iat": Cause(
        (
            "The signature says a time more than 300 seconds from the exchange's clock.",
            "签名时间与交换中心时钟相差超过 300 秒。",
        ),
        (
            (
                "Set the machine's clock (NTP); `exchange_time` in the answer is the exchange's. Sign anew: an act "
                "that was taken gets its first receipt again."
            ),
            (
                "校准本机时钟（NTP），应答中的 `exchange_time` 为交换中心时间。重新签名后提交；已被受理的文书会得到首"
                "次回执。"
            ),
        ),
        ("`iat` is more than 300 s away from the exchange's clock.", "iat 与交换中心时钟相差超过 300 秒。"),
        members={"exchange_time": "2026-03-02T02:00:00Z"},
    ),
    "revoked-key": Cause(
        ("The key that signed was revoked before this act came.", "签名所用密钥在文书到达之前已经吊销。"),
        (
            "Sign with a key that is in force; an agency without one enrols anew with a code.",
            "使用有效密钥签名；没有有效密钥的单位凭接入码重新登记。",
        ),
        ("The key that signed is revoked.", "签名所用密钥已吊销。"),
    ),
    "unauthenticated": Cause(
        (
            "The bearer token is missing, wrong or over, or a name and password do not fit.",
            "访问令牌缺失、错误或者过期，或者用户名与密码不符。",
        ),
        (
            "Get a new token (`POST /v1/oauth/token`) and ask again.",
            "重新获取令牌（`POST /v1/oauth/token`）后再次请求。",
        ),
    ),
    "forbidden-act": Cause(
        (
            (
                "The kind of agency may not do this act, or the agency has not the place on the lead that it needs; "
                "for an administrator: the role is missing."
            ),
            "该类单位无权办理此项，或者本单位在该线索上不具有所需的身份；管理员则为缺少相应角色。",
        ),
        (
            "Look up who may do the act (acts, “who”). Usually another agency is the holder now: read the lead again.",
            "查阅文书一览中的“由谁办理”。通常是承办单位已经变更，请重新查询该线索。",
        ),
        ("Only the holder of the lead may do this.", "只有线索承办单位可以办理。"),
    ),
    "enrolment-refused": Cause(
        (
            "The code is wrong, used, over or another node's, or the proof of the key fails.",
            "接入码错误、已使用、已过期或者属于其他单位，或者密钥持有证明未通过。",
        ),
        ("Ask the registrar for a new code; each works once.", "向登记员申请新的接入码；每个接入码只能使用一次。"),
        ("The enrolment code is wrong, used or over.", "接入码错误、已经使用或者已经过期。"),
    ),
    "not-found": Cause(
        (
            (
                "There is no such thing, or the caller may not know of it. The words are the same, so that nobody "
                "learns from a refusal that something exists."
            ),
            "没有该内容，或者请求方无权知悉。两种情况答复相同，以免从拒绝中推知其存在。",
        ),
        (
            "Check the id. Ids that the agency has seen stand in its inbox and in the timeline of the lead.",
            "核对编号。本单位可以知悉的编号见收件箱和线索时间线。",
        ),
    ),
    "method-not-allowed": Cause(
        ("The path is known, the method is not.", "路径存在，但不支持该请求方法。"),
        ("Use a method that `Allow` in the answer names.", "改用应答中 `Allow` 所列的方法。"),
        ("This path does not take that method.", "该路径不支持此请求方法。"),
    ),
    "act-id-reused": Cause(
        (
            "An act with this `Idempotency-Key` is on record, and its body is another one.",
            "该 `Idempotency-Key` 已有文书在案，且内容不同。",
        ),
        (
            "Take a new id for a new act. To send an act again, send the very bytes of the first time.",
            "新的文书使用新的编号；重发文书的，应当原样发送首次的内容。",
        ),
        ("This act id stands for another document.", "该行为编号已用于另一份文书。"),
    ),
    "id-taken": Cause(
        (
            "An id that the act brings (`lead_id`, `transfer_id` …) exists already.",
            "文书新设的编号（`lead_id`、`transfer_id` 等）已经存在。",
        ),
        ("Make a new UUID and sign anew.", "重新生成 UUID 并签名。"),
        ("The id is taken.", "该编号已被占用。"),
    ),
    "unknown-prev": Cause(
        (
            "`prev` names no act or notice on this lead that the sender may read.",
            "`prev` 所指的不是发文单位在该线索上可以查阅的文书或者通知。",
        ),
        (
            "Read the timeline and take the `jws_sha256` of the newest entry that the decision rests on.",
            "查询时间线，以据以作出决定的最近一项的 `jws_sha256` 作为 `prev`。",
        ),
        (
            "`prev` names no act on this lead that the sender has seen.",
            "前序文书不是本单位在该线索上见过的文书。",
        ),
    ),
    "wrong-state": Cause(
        (
            (
                "The lead, the transfer, or what the act answers stands where the act is not taken: somebody was "
                "faster, or it was answered already."
            ),
            "线索、移送或者所答复的事项当前状态不允许办理：通常是其他单位已先行办理，或者已经答复。",
        ),
        (
            "Read the lead again and decide anew. `detail` names the state that it has and those that the act needs.",
            "重新查询线索后再作决定。`detail` 载明当前状态和所要求的状态。",
        ),
        ("The lead is archived; this act needs cleared.", "线索当前状态为 archived，本行为要求 cleared。"),
    ),
    "quota-exceeded": Cause(
        (
            "You hold as much of something as one agency may: valid keys of a purpose, or files that no act names.",
            "本单位占用的某项已达限额：某一用途的有效密钥，或者没有文书引用的附件。",
        ),
        (
            "Give up what is not needed: revoke old keys, delete uploads or name them in an act. Then try again.",
            "先清理不再需要的：吊销旧密钥，删除附件或者在文书中引用附件。然后重试。",
        ),
        (
            "A node has at most 16 valid keys of a purpose; revoke those that are not used any more.",
            "一个节点每种用途的有效密钥不超过 16 把，请先吊销不再使用的密钥。",
        ),
    ),
    "payload-too-large": Cause(
        ("The body or the file is larger than the endpoint takes.", "报文或者文件超过接口允许的大小。"),
        (
            "Enclose files as attachments; split what is too large for one.",
            "文件以附件方式上传；超过单个附件上限的，分开上传。",
        ),
        ("The request is too large.", "请求内容过大。"),
    ),
    "unsupported-media-type": Cause(
        ("`Content-Type` is not what the endpoint takes.", "`Content-Type` 不是接口接受的类型。"),
        ("Send `application/json`, or the type that the page names.", "使用 `application/json` 或者页面列明的类型。"),
        ("This path does not take that media type.", "该路径不支持此媒体类型。"),
    ),
    "invalid-document": Cause(
        (
            (
                "The document does not fit its schema, its recipients are not the set that the act implies, or "
                "members contradict each other."
            ),
            "文书与规定格式不符，收文机关与本文书应有的收文机关不一致，或者各成员之间相互矛盾。",
        ),
        (
            "`errors` names each place. The refused value is not repeated: it may be personal data.",
            "`errors` 逐项列明位置。被拒绝的内容可能涉及个人信息，应答中不予重复。",
        ),
        ("The document does not fit its schema; `errors` names each place.", "文书与规定格式不符，详见 errors。"),
        errors=(
            {
                "pointer": "/content/basis",
                "code": "missing",
                "detail": "Field required",
                "detail_zh": "缺少必填项",
            },
        ),
    ),
    "classified-material": Cause(
        (
            "The document says a classification, or its text bears the mark of a state secret (such as 机密★).",
            "文书标明密级，或者文字中带有国家秘密标志（如“机密★”）。",
        ),
        (
            (
                "Take the classified channel. Nothing of the content was kept; tell the security officer if it was "
                "sent by mistake."
            ),
            "通过涉密渠道办理。内容未予保存；误传的，应当报告保密工作机构。",
        ),
        (
            (
                "Material marked as a state secret must not enter this system. Nothing of it was kept. Use the "
                "classified channel."
            ),
            "本系统不得处理标注国家秘密的材料，内容未予保存。请通过涉密渠道办理。",
        ),
        rule="R-SECRETS",
        source=Source.law("保守国家秘密法 第三十一条: no state secrets on a system that is not built for them"),
    ),
    "wrong-endpoint": Cause(
        ("`act` or an id in the body is not that of the path.", "报文中的 `act` 或者编号与请求路径不一致。"),
        (
            "Send the act to its own endpoint; ids in path and body are the same.",
            "提交至该文书对应的接口，路径与报文中的编号应当一致。",
        ),
        ("The body does not belong to this endpoint.", "报文与接口不一致。"),
    ),
    "missing-attachment": Cause(
        (
            "The act names a file that the sender has not uploaded, or uploaded otherwise than the act says.",
            "文书所列附件尚未由发文单位上传，或者与所列不符。",
        ),
        (
            "Upload it (`PUT /v1/attachments/{sha256}`), then send the act again.",
            "先上传附件（`PUT /v1/attachments/{sha256}`），再重新提交文书。",
        ),
        ("An attachment is not here.", "附件尚未上传。"),
    ),
    "weak-key": Cause(
        ("The key is of a kind or size that the exchange does not take.", "密钥的种类或者长度不被交换中心接受。"),
        (
            "Make an Ed25519, P-256 or, where both sides can, SM2 key.",
            "生成 Ed25519、P-256 密钥；双方均支持的，可以使用 SM2 密钥。",
        ),
        ("The key is not of a kind that is taken.", "不接受该种类的密钥。"),
    ),
    "rule-violated": Cause(
        (
            "A rule of casework forbids the act; `rule`, `source` and `source_text` say which and with what authority.",
            "违反办理规则；`rule`、`source`、`source_text` 载明规则及其依据。",
        ),
        (
            "Look the rule up on the page of rules, and do first what it asks for.",
            "在规则一览中查阅该规则，先完成其要求的事项。",
        ),
        (
            "A node that the lead concerns may neither hold it, receive it, nor hear of it; route it to the superior.",
            "线索所反映的单位不得承办、接收或知悉该线索，应当移送其上级机关。",
        ),
        rule="R-SELF-INTEREST",
        source=Source.default(
            "self-interest block; the law on recusal is 监察法 第六十七条 and 信访工作条例 第二十八条"
        ),
    ),
    "too-many-requests": Cause(
        ("The caller asks more often than this exchange allows.", "请求频率超过本交换中心的限制。"),
        (
            "Wait as long as `Retry-After` says; wait for the inbox with `wait` instead of polling.",
            "按 `Retry-After` 等待；查询收件箱请使用 `wait` 等待，不要轮询。",
        ),
        ("Too many requests; try again later.", "请求过于频繁，请稍后再试。"),
    ),
    "internal-error": Cause(
        (
            "Something broke in the service. The text is fixed: what broke may hold personal data.",
            "服务内部出现故障。故障内容可能涉及个人信息，应答文字固定不变。",
        ),
        (
            "Send the same bytes again; if it stays, give the `request_id` to the operator, who finds it in the log.",
            "原样重发；仍未恢复的，将 `request_id` 告知运维人员，据此查询日志。",
        ),
        ("The service failed; quote the request id.", "服务出现故障，请提供 request_id 以便查询。"),
        members={"request_id": "6f1d0c2ab7e94c0f8f6c5a3f2d1e0b9a"},
    ),
    "malformed-request": Cause(
        (
            "What came is no HTTP/1.1 request, or asks for a tunnel.",
            "收到的内容不是合规的 HTTP/1.1 请求，或者要求建立隧道。",
        ),
        ("Correct the client, or what stands between it and the exchange.", "检查客户端及其与本中心之间的代理。"),
        ("This is no HTTP/1.1 request.", "收到的内容不是合规的 HTTP/1.1 请求。"),
    ),
    "request-timeout": Cause(
        ("Head or body of the request came too slowly.", "请求头或者请求内容传输过慢。"),
        ("Send it again, without a pause between its parts.", "重新发送，各部分之间不要停顿。"),
        ("The request came too slowly and was given up.", "请求传输过慢，已中止接收。"),
    ),
    "uri-too-long": Cause(
        ("Path and query are longer than 8 KiB.", "请求路径和参数超过 8 KiB。"),
        ("Ask with fewer or shorter parameters.", "减少或者缩短参数。"),
        ("An address has at most 8192 bytes.", "请求地址不得超过 8192 字节。"),
    ),
    "range-not-satisfiable": Cause(
        ("`Range` asks for a part that begins behind the end of the file.", "`Range` 请求的起始位置超出文件末尾。"),
        ("Ask within the size that `Content-Range` tells.", "按 `Content-Range` 给出的大小重新请求。"),
        ("The part begins behind the end of the file.", "请求的起始位置超出文件末尾。"),
    ),
    "headers-too-large": Cause(
        ("The head has more than 100 fields, or more than 32 KiB.", "请求头超过 100 项，或者超过 32 KiB。"),
        ("Send only the fields that the contract names.", "只发送接口约定所列的请求头。"),
        ("A head has at most 100 fields and 32768 bytes.", "请求头不得超过 100 项、32768 字节。"),
    ),
    "overloaded": Cause(
        (
            "The queue is full, too many connections are open, the disk is full, or the database is away.",
            "队列已满，打开的连接过多，磁盘已满，或者数据库暂时不可用。",
        ),
        (
            "Send the same bytes again after `Retry-After` seconds: nothing is done twice.",
            "按 `Retry-After` 等待后原样重发，不会重复办理。",
        ),
        ("The database is away; try again.", "数据库暂时不可用，请稍后再试。"),
    ),
}
