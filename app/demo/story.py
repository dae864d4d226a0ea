"""The transfer story: four leads, seven agencies, and one lead that must not reach whom it names."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Unpack

from app.client import Envelope, OfferLetter, Receipt, Refused, uuid7
from app.demo import leads
from app.demo.cast import POLICE, REGULATOR, SUPERVISION, TOWN
from app.demo.desk import Desk
from app.demo.leads import Tip
from app.demo.show import Show

LAW = "反有组织犯罪法第二十五条"
PHOTO = b"\x89PNG\r\n\x1a\n" + "虚构的行车记录仪截图".encode()
TICKET = "12345工单（虚构）：甲镇客运站外车辆别车，砸坏后视镜一只。".encode()


class StoryBroken(Exception):
    """Something went otherwise than the story says."""


@dataclass
class Story:
    """The desks by node id, and the running numbers of the township's letters."""

    desks: Mapping[str, Desk]
    show: Show
    now: datetime
    letters: int = 0

    def __post_init__(self) -> None:
        self.town, self.police = self.desks[TOWN.node_id], self.desks[POLICE.node_id]
        self.regulator, self.supervision = self.desks[REGULATOR.node_id], self.desks[SUPERVISION.node_id]

    def play(self) -> None:
        """Play all four leads. Raises StoryBroken, Refused, Unproven or Unanswered when one goes wrong."""
        self.supplemented_and_confirmed()
        self.forwarded_to_the_regulator()
        self.returned_and_contested()
        self.kept_from_whom_it_names()

    def supplemented_and_confirmed(self) -> None:
        """Two enclosures, one thing missing, progress and information both ways, a confirmed conclusion."""
        enclosed = [
            self.town.upload(PHOTO, name="行车记录仪截图.png", media_type="image/png", pages=1),
            self.town.upload(TICKET, name="12345工单.txt", media_type="text/plain", pages=1),
        ]
        tip = leads.bus_station(self.now, enclosed)
        self.show.chapter(1, tip.heading)
        lead = self.town.register_lead(**tip.lead).lead_id
        self.town.screen(lead, **tip.screening)
        leg = uuid7()
        self.offer(self.town, POLICE.node_id, lead, leg, attachments=enclosed)
        self.sign_for(self.police, lead, "transfer.offer", leg, enclosures=2)
        for each in enclosed:
            self.police.download(each["sha256"])
        self.show.note("公安局下载附件两份，哈希一致。", "Both enclosures downloaded; hashes agree.")
        missing = "拦车发生的具体日期"
        self.police.request_supplement(leg, [{"item": missing, "why": "用于调取道路监控"}])
        self.town.hear("supplement.request", lead)
        self.town.answer_supplement(leg, [{"item": missing, "answer": "本月3日、11日、17日，均为早班车"}])
        self.police.hear("supplement.answer", lead)
        self.police.accept(leg, note="由治安大队承办")
        self.police.send_feedback(leg, "progress", "已调取三日监控，正在询问班车驾驶员。")
        self.town.hear("feedback.send", lead)
        self.town.send_feedback(leg, "information", "客运站反映近三日未再发生拦车。")
        self.police.hear("feedback.send", lead)
        self.conclude(self.police, leg, "经核查，扰乱秩序情况属实，已依法作出行政处罚。", "属实", "行政处理")
        self.answer(self.town, lead, "confirm")
        self.expect_state(self.town, lead, "confirmed")

    def forwarded_to_the_regulator(self) -> None:
        """The police pass a lead on; the regulator concludes; the exchange tells the township."""
        tip = leads.pickle_workshop(self.now)
        self.show.chapter(2, tip.heading)
        lead, leg = self.handed_to_the_police(tip)
        onward = self.forward(lead, leg, "食品添加问题属市场监管职责；未发现威胁举报人的行为")
        self.regulator.accept(onward, note="由食品科承办，样品已送检")
        text = "抽检结果不合格，已立案查处，责令停止生产。"
        self.conclude(self.regulator, onward, text, "属实", "行政处理")
        self.answer(self.police, lead, "confirm")
        self.town.hear("notice.outcome", lead)
        self.show.note("交换中心已把结果通知甲镇。", "notice.outcome: the exchange told the township.")

    def returned_and_contested(self) -> None:
        """The regulator gives a lead back; the police conclude; the township contests."""
        tip = leads.doubled_loan(self.now)
        self.show.chapter(3, tip.heading)
        lead, leg = self.handed_to_the_police(tip)
        onward = self.forward(lead, leg, "疑似无照从事放贷咨询")
        self.regulator.return_(
            onward,
            reason_code="no_jurisdiction",
            basis="民间借贷不属市场监管部门职责",
            suggested_node=POLICE.node_id,
        )
        self.police.hear("transfer.return", lead)
        self.police.accept(leg, note="本局自行承办")
        self.conclude(self.police, leg, "经核查，未发现违法事实，建议通过诉讼解决。", "查否", "了结")
        self.answer(self.town, lead, "contest", reason="两名目击者未经询问，通话记录未调取。")
        self.expect_state(self.town, lead, "contested")

    def kept_from_whom_it_names(self) -> None:
        """A lead that names the head of the police: never offered to it, never visible to it."""
        tip = leads.about_the_police(self.now, POLICE.node_id)
        self.show.chapter(4, tip.heading)
        lead = self.town.register_lead(**tip.lead).lead_id
        self.town.screen(lead, **tip.screening)
        with self.refusal("rule-violated"):
            self.offer(self.town, POLICE.node_id, lead, uuid7())
        self.show.note("利益冲突：线索所反映的单位不得接收。", "Conflict of interest: not to whom it names.")
        leg = uuid7()
        self.offer(self.town, SUPERVISION.node_id, lead, leg, basis="监察法第三十七条")
        self.sign_for(self.supervision, lead, "transfer.offer", leg)
        self.supervision.accept(leg)
        self.town.hear("transfer.accept", lead)
        self.unknown_to(self.police, lead)

    def handed_to_the_police(self, tip: Tip) -> tuple[str, str]:
        """Register, screen, offer and have signed for; return the lead's id and the leg's."""
        lead, leg = self.town.register_lead(**tip.lead).lead_id, uuid7()
        self.town.screen(lead, **tip.screening)
        self.offer(self.town, POLICE.node_id, lead, leg)
        self.sign_for(self.police, lead, "transfer.offer", leg)
        return lead, leg

    def offer(
        self, desk: Desk, to: str, lead: str, leg: str, *, basis: str = LAW, **envelope: Unpack[Envelope]
    ) -> None:
        envelope["document_no"] = f"甲政移〔{self.now.year}〕{self.letters + 1}号"
        envelope["title"] = "线索移送函"
        letter: OfferLetter = {
            "route": "report_up",
            "basis": basis,
            "competence_reason": "所反映的行为属贵单位职责范围",
            "known_facts": "已核对：反映人身份、反映时间。其余均为反映内容，未经查证。",
        }
        desk.offer(lead, to, letter=letter, transfer_id=leg, **envelope)
        self.letters += 1  # a refused letter was never issued: its number is free

    def sign_for(self, desk: Desk, lead: str, act: str, leg: str, *, enclosures: int = 0) -> None:
        desk.hear(act, lead)
        desk.sign_receipt(leg, attachments_received=enclosures)

    def forward(self, lead: str, leg: str, why: str) -> str:
        """Forward from the police to the regulator, who signs; return the new leg's id."""
        onward = uuid7()
        self.police.forward(
            leg,
            REGULATOR.node_id,
            new_transfer_id=onward,
            basis="行政处罚法第二十七条",
            competence_reason=why,
        )
        self.sign_for(self.regulator, lead, "transfer.forward", onward)
        return onward

    def conclude(self, desk: Desk, leg: str, text: str, outcome: str, handling: str) -> None:
        desk.send_feedback(leg, "conclusion", text, outcome=outcome, handling=handling)

    def answer(self, desk: Desk, lead: str, response: str, *, reason: str | None = None) -> Receipt:
        """Answer the conclusion on `lead` as `desk`, once it has come."""
        conclusion = desk.hear("feedback.send", lead)
        return desk.respond(conclusion.content["feedback_id"], response, reason=reason)

    def expect_state(self, desk: Desk, lead: str, state: str) -> None:
        found = desk.lead(lead)["state"]
        if found != state:
            raise StoryBroken(f"lead {lead} is {found} for {desk.node_id}, not {state}")

    def unknown_to(self, desk: Desk, lead: str) -> None:
        """Check that `desk` gets 404 for the lead, exactly as for one that does not exist."""
        with self.refusal("not-found", signed=False):
            desk.lead(lead)
        self.show.note("公安局查询该线索：404，与不存在的线索无异。", "To the police the lead does not exist: 404.")

    @contextmanager
    def refusal(self, slug: str, *, signed: bool = True) -> Iterator[None]:
        """Expect a refusal, and that the exchange proves it when it refuses an act."""
        try:
            yield
        except Refused as refused:
            if refused.slug != slug or refused.signed != signed:
                raise
            self.town.tally.refusals += signed
        else:
            raise StoryBroken(f"something was not refused with {slug}")
