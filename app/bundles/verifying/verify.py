"""`leadbridge verify`: a bundle verified offline, with nothing but its files and what the reader trusts.

`verify.sh`, which travels in the bundle, takes the same eight steps with openssl, in the same order and by the same
names, so that the two can be read side by side; a change here is a change there.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from app.bundles.verifying.acts import ActChain
from app.bundles.verifying.exchange_keys import read_followed, require_logged, trusting
from app.bundles.verifying.files import BundleRefused, Files, open_files
from app.bundles.verifying.log_proofs import read_checkpoint
from app.bundles.verifying.node_keys import FILES as KEY_EVENT_FILES
from app.bundles.verifying.node_keys import KeyHistory
from app.bundles.verifying.pem import public_from_pem
from app.bundles.verifying.signatures import signed_by_known_key
from app.bundles.verifying.trust import Trust, parse_trust
from app.errors import Problem
from app.signing import typ
from app.signing.jws import VerifiedJws
from app.signing.keys import PublicKey
from app.transparency.policy import PolicyError

_LINE = re.compile(r"([0-9a-f]{64})  (.+)|withheld ([0-9a-f]{64})")
_ALWAYS = ("README", "manifest.jws", "manifest.txt", "policy.txt", "verify.sh")
_KEY = re.compile(r"keys/([A-Za-z0-9_-]{43})\.pem")
_ATTACHMENT = re.compile(r"attachments/[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bundle that is consistent in itself. It proves what it says only where `unpinned` is empty.

    `fingerprints` are lines as a policy has them. `withheld` are the acts (SHA-256 of their JWS) that acts here
    refer to and that are not here. `disputed` names keys that their node reported compromised.
    """

    exchange: str
    acts: int
    withheld: tuple[str, ...]
    fingerprints: tuple[str, ...]
    unpinned: tuple[str, ...]
    disputed: tuple[str, ...]


def verify_bundle(path: Path, policy: str | None) -> Verdict:
    """Return what a bundle, zip or folder, proves under the text of a policy, or under its own suggestion.

    Raises `BundleRefused` if anything in it is wrong, `PolicyError` for a policy that cannot be read.
    """
    pinned = None if policy is None else parse_trust(policy)
    with open_files(path) as files:
        try:
            return _verify(files, pinned)
        except (Problem, UnicodeDecodeError) as error:
            raise BundleRefused(f"a document is malformed: {error}") from error


def _verify(files: Files, pinned: Trust | None) -> Verdict:
    # 1. keys
    keys = {match[1]: _key(files, match) for match in map(_KEY.fullmatch, files.names) if match}
    # 2. manifest
    manifest, withheld = _manifest(files, keys)
    exchange = manifest.header.iss
    # 3. policy
    suggestion = files.read("policy.txt").decode()
    trust = pinned or _policy(suggestion)
    followed = read_followed(files, keys, exchange)
    trust = trusting(trust, exchange, followed)
    # 4. checkpoint
    proofs = read_checkpoint(files, trust.policy)
    # 5. key events
    nodes = KeyHistory(files, keys, proofs, exchange, trust.nodes).read()
    require_logged(files, proofs, exchange, followed)
    # 6. acts
    acts = ActChain(files, keys, proofs, exchange, nodes)
    acts.read()
    if not acts.tokens:
        raise BundleRefused("there is no act in it: it proves nothing")
    if sorted(acts.withheld) != withheld or acts.withheld & acts.tokens:
        raise BundleRefused("manifest.txt does not list what is withheld")
    # 7. nothing else
    _nothing_else(files, acts.folders, acts.attachments)
    # 8. pins
    by_exchange = acts.signed_by_exchange | {manifest.header.kid}
    signers = {"exchange": {exchange: by_exchange}, "node": acts.signed_by_nodes}
    unpinned = _pins(trust, signers, {name: node.pinned for name, node in nodes.items()}) if pinned else ["all"]
    return Verdict(
        exchange=exchange,
        acts=len(acts.tokens),
        withheld=tuple(withheld),
        fingerprints=tuple(line for line in suggestion.split("\n") if line and not line.startswith("#")),
        unpinned=tuple(unpinned),
        disputed=tuple(sorted(acts.disputed)),
    )


def _key(files: Files, match: re.Match[str]) -> PublicKey:
    key = public_from_pem(files.read(match[0]))
    if key.kid != match[1]:
        raise BundleRefused(f"{match[0]} holds another key")
    return key


def _manifest(files: Files, keys: dict[str, PublicKey]) -> tuple[VerifiedJws, list[str]]:
    """Return the signed manifest and what it says is withheld, once every file is the one it names."""
    body, token = files.read("manifest.txt"), files.read("manifest.jws").decode("ascii")
    signed = signed_by_known_key(keys, token, body, typ=typ.MANIFEST)
    *lines, rest = body.decode("ascii").split("\n")
    matches = [_LINE.fullmatch(line) for line in lines]
    named = {match[2]: match[1] for match in matches if match and match[2]}
    withheld = [match[3] for match in matches if match and match[3]]
    canonical = [f"{named[name]}  {name}" for name in sorted(named)]
    canonical += [f"withheld {digest}" for digest in sorted(withheld)]
    if rest or lines != canonical or len(set(withheld)) < len(withheld):
        raise BundleRefused("manifest.txt is malformed")
    present = set(files.names) - {"manifest.txt", "manifest.jws"}
    for name in sorted(present ^ named.keys()):
        raise BundleRefused(f"{name} is {'missing' if name in named else 'not in the manifest'}")
    for name in sorted(named):
        if files.measure(name)[0] != named[name]:
            raise BundleRefused(f"{name} is not the file that the manifest names")
    return signed, withheld


def _policy(suggestion: str) -> Trust:
    try:
        return parse_trust(suggestion)
    except PolicyError as error:
        raise BundleRefused(f"policy.txt: {error}") from error


def _nothing_else(files: Files, folders: set[str], attachments: set[str]) -> None:
    """Refuse what nothing else here looked at: unread, it would seem to be proven with the rest."""
    for name in files.names:
        folder, _, last = name.rpartition("/")
        event = folder.startswith("key-events/") and last in KEY_EVENT_FILES
        attachment = _ATTACHMENT.fullmatch(name) and last in attachments
        if not (name in _ALWAYS or folder in folders or event or attachment or _KEY.fullmatch(name)):
            raise BundleRefused(f"{name} belongs to nothing here")


def _pins(trust: Trust, signers: dict[str, dict[str, set[str]]], chained: dict[str, set[str]]) -> list[str]:
    """Return who has no line in the policy; raise `BundleRefused` for a key that its line contradicts."""
    missing = [f"exchange {name}" for name in signers["exchange"] if name not in trust.exchanges]
    missing += [f"node {name}" for name in sorted(signers["node"]) if name not in trust.nodes]
    for name, kids in signers["exchange"].items():
        for kid in sorted(kids - trust.exchanges.get(name, frozenset(kids))):
            raise BundleRefused(f"exchange {name} signed with {kid}, which does not go back to the key that is pinned")
    for name, kids in signers["node"].items():
        for kid in sorted(kids - chained[name]) if name in trust.nodes else ():
            raise BundleRefused(f"node {name} signed with {kid}, which does not go back to the key that is pinned")
    return missing
