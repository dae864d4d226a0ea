"""The agencies of the demonstration: fictional, on area codes that are assigned to nobody (99xxxx)."""

from dataclasses import dataclass

from app.signing.algorithms import Alg


@dataclass(frozen=True)
class Role:
    """One agency: how it is registered, what to call it, and who signs for it."""

    node_id: str
    name: str
    english: str
    kind: str
    division_code: str = "990121"
    level: str = "county"
    sector: str | None = None
    alg: Alg = "Ed25519"
    signatory: tuple[str, str] = ("钱某某", "负责人")
    handler: tuple[str, str] = ("林某某", "0990-5550100")


TOWN = Role(
    "township-990121101",
    "甲镇",
    "township",
    "township",
    division_code="990121101",
    level="township",
    signatory=("何某某", "镇长"),
    handler=("许某某", "0990-5550101"),
)
POLICE = Role(
    "police-990121",
    "测试县公安局",
    "police",
    "police",
    signatory=("邓某某", "副局长"),
    handler=("韩某某", "0990-5550110"),
)
SUPERVISION = Role(
    "supervision-990121",
    "测试县纪委监委",
    "supervision",
    "supervision",
    signatory=("沈某某", "副主任"),
    handler=("罗某某", "0990-5550120"),
)
REGULATOR = Role(
    "regulator-990121",
    "测试县市场监管局",
    "market regulator",
    "regulator",
    sector="market",
    alg="ES256",  # agencies choose; the exchange verifies both
    signatory=("蒋某某", "局长"),
    handler=("叶某某", "0990-5550130"),
)
PROCURATORATE = Role("procuratorate-990121", "测试县检察院", "procuratorate", "procuratorate")
COORDINATION = Role("coordination-990121", "测试县扫黑办", "coordination office", "coordination")
COURT = Role("court-990121", "测试县人民法院", "court", "court")
ORGANIZATION = Role("organization-990121", "测试县委组织部", "organisation dept.", "organization")

CAST = (TOWN, POLICE, SUPERVISION, PROCURATORATE, REGULATOR, COORDINATION, ORGANIZATION, COURT)
T1, P1, S1, J1, R1, C1, O1, H1 = (role.node_id for role in CAST)  # as the story names them
NAMES = {role.node_id: role.name for role in CAST}
