"""What the documentation page says above the operations; `FastAPI(description=DESCRIPTION)`."""

DESCRIPTION = """\
**LeadBridge** carries case leads between agencies that must work together. Every change between them is an
*act*: one JSON document, signed by the agency that makes it, receipted by the exchange, and verifiable by
anyone afterwards without the exchange.

**线索桥**在需要协同办案的机关之间移送线索。机关之间的每一次变动都是一份*文书*：由办理机关签名，由交换中心出具回执，事后任何人都可以脱离交换中心独立验证。

* **Administrators · 管理员**: press **Authorize**, enter user name and password, leave both client
  fields empty; then create a node with `POST /v1/admin/nodes` and its enrolment code. A reload forgets you.
  点击 **Authorize**，输入用户名和密码（client 两栏留空），先登记节点，再生成接入码。刷新页面后须重新登录。
* **An agency's system, reading · 机关系统（查询）**: get a token from `POST /v1/oauth/token` with an
  assertion signed by the node's `auth` key; enter it under **Authorize** (or send `Authorization: Bearer …`).
  用节点 `auth` 密钥签署断言换取令牌，填入 **Authorize**（或放入 `Authorization: Bearer …`）。
* **An agency's system, acting · 机关系统（办理）**: no token; sign the exact body with the node's `act`
  key and send the detached JWS in `X-JWS-Signature`. This page does not sign; `leadbridge send` does.
  无需令牌：用节点 `act` 密钥对原始报文签名，放入 `X-JWS-Signature`。
  本页面不代为签名，请使用 `leadbridge send`。

**[The guide](docs/guide/)**: the contract, the words, the reference; begin with
[ten minutes to a first signed act](docs/guide/README). It needs no internet.
**[使用文档](docs/guide/)**：接口约定、术语、参考；初次使用，请从
[十分钟发出第一份签名文书](docs/guide/README.zh-CN)开始。无需互联网。
"""

TAGS = [
    {"name": "acts", "description": "What agencies sign and send · 机关签名并提交的文书"},
    {
        "name": "reads",
        "description": "What an agency may read: leads, timelines, acts, inbox · 查询：线索、时间线、文书、收件箱",
    },
    {"name": "attachments", "description": "Files by their SHA-256 · 按哈希存取的附件"},
    {"name": "registry", "description": "Enrolment, keys, tokens, the register · 接入登记、密钥、令牌、节点名录"},
    {"name": "admin", "description": "For administrators: nodes and enrolment codes · 管理员：节点与接入码"},
    {"name": "log", "description": "The transparency log, proofs, witnessing · 透明日志、证明与见证"},
    {"name": "operations", "description": "Alive, ready, metrics · 存活、就绪、指标"},
    {"name": "problems", "description": "Every kind of refusal · 拒绝类型"},
]
