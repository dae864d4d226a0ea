"""The client library of LeadBridge: what an agency whose system is written in Python imports.

    from app.client import Agency, NodeKeys
    agency = Agency("https://exchange.example", "township-990121101", "exchange-local", keys)
    agency.enrol(code)
    receipt = agency.register_lead(source=..., place_code="990121101", allegation="...")

Everything it returns is verified; everything it cannot verify it raises.
"""

from app.client.acts import PATHS, Attachment, Contact, Envelope, Signatory, build_body, path_of
from app.client.administrator import Administrator
from app.client.agency import Agency, Event, NewLead, Person, Source
from app.client.connection import NodeKeys
from app.client.errors import Erased, Refused, Unanswered, Unproven
from app.client.exchange import Exchange, Receipt
from app.client.identities import OpenedIdentity, SealedParts
from app.client.ids import uuid7
from app.client.key_folder import Enrolment, KeyFolder
from app.client.legs import Leg
from app.client.reads import StoredAct
from app.client.signer import SignedAct
from app.client.transfers import OfferLetter

__all__ = [
    "PATHS",
    "Administrator",
    "Agency",
    "Attachment",
    "Contact",
    "Enrolment",
    "Envelope",
    "Erased",
    "Event",
    "Exchange",
    "KeyFolder",
    "Leg",
    "NewLead",
    "NodeKeys",
    "OfferLetter",
    "OpenedIdentity",
    "Person",
    "Receipt",
    "Refused",
    "SealedParts",
    "Signatory",
    "SignedAct",
    "Source",
    "StoredAct",
    "Unanswered",
    "Unproven",
    "build_body",
    "path_of",
    "uuid7",
]
