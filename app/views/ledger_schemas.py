"""The ledger 台账 on the wire (docs/protocol.md section 5.8): columns without the name of any person."""

from typing import Any

from pydantic import Field

from app.casework.case import LeadState
from app.views.schemas import Shown, Time, Uuid

SEALED = "sealed"
ERASED = "erased"


class LedgerRow(Shown):
    """A lead as the caller may know it. A sealed or erased lead has its number and nothing else; null is
    also what is hidden.

    Persons stand in no column: `persons` are tokens, and who handles a lead stands in the act `task`.
    """

    lead_id: Uuid | None = Field(title="线索标识")
    lead_no: str = Field(title="线索编号")
    state: LeadState | None = Field(title="状态")
    remark: str = Field(title="备注")
    source_type: str | None = Field(default=None, title="来源类型")
    source_channel: str | None = Field(default=None, title="来源渠道")
    received_at: Time | None = Field(default=None, title="接收日期")
    came_from: str | None = Field(default=None, title="转入单位")
    came_by_no: str | None = Field(default=None, title="转入文号")
    place_code: str | None = Field(default=None, title="属地代码")
    sectors: list[str] = Field(default=[], title="领域")
    persons: list[str] = Field(default=[], title="人员代号")
    category: str | None = Field(default=None, title="类别（甄别）")
    screened_by: str | None = Field(default=None, title="甄别单位")
    screened_at: Time | None = Field(default=None, title="甄别日期")
    handed_to: str | None = Field(default=None, title="移送单位")
    holder: str | None = Field(default=None, title="承办单位")
    receipted_at: Time | None = Field(default=None, title="签收时间")
    handlers: int | None = Field(default=None, title="承办人（人数）")
    task: Uuid | None = Field(default=None, title="核查任务书（载明承办人、督办领导）")
    verify_by: Time | None = Field(default=None, title="核查时限")
    extended: bool | None = Field(default=None, title="延期")
    conclusion: str | None = Field(default=None, title="结论")
    outcome: str | None = Field(default=None, title="处理方式")
    case_nos: list[str] = Field(default=[], title="案件编号")
    signed_at: list[Time] = Field(default=[], title="审核三席日期")
    fed_back_at: Time | None = Field(default=None, title="反馈日期")
    response: str | None = Field(default=None, title="对方确认")
    recheck: str | None = Field(default=None, title="复查")
    supervision_nos: list[str] = Field(default=[], title="督办函文号")
    days_overdue: int = Field(default=0, title="超期天数")
    checks: list[str] = Field(default=[], title="一案三查")
    cleared_at: Time | None = Field(default=None, title="清零日期")
    volume_no: str | None = Field(default=None, title="卷号")


class LedgerPage(Shown):
    items: list[LedgerRow]
    next: str | None


HEADINGS = ["no 序号", *(f"{name} {field.title}" for name, field in LedgerRow.model_fields.items())]


def cells(page: LedgerPage) -> list[list[Any]]:
    """Return the rows of a sheet in the order of `HEADINGS`."""
    return [[place, *row.model_dump(mode="json").values()] for place, row in enumerate(page.items, 1)]
