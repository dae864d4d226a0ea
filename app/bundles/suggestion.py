"""`policy.txt` of a bundle: whom to trust, as the exchange suggests it. Only the reader can make it trustworthy."""

from collections.abc import Iterable

from app.transparency.note import Note, NoteError, names_of, verify_note
from app.transparency.policy import Policy

_HEAD = """\
# A suggestion by the exchange itself. Compare every key with what you got by another way, keep the lines that you
# could confirm in a file of your own, and verify with that file.
# 本文件仅为交换中心的建议。请将各密钥与经其他途径获得的指纹逐一核对，另存为您自己的文件后再用于验证。
"""


def suggested_policy(
    policy: Policy,
    note: Note | None,
    log_vkey: str,
    exchanges: Iterable[tuple[str, str]],
    nodes: Iterable[tuple[str, str]],
) -> str:
    """Return C2SP tlog-policy lines, then one `exchange` or `node` line for each pair of an id and a thumbprint.

    The quorum of `policy` is asked for if the note meets it; a witness that was away must not spoil a bundle.
    """
    lines = [f"log {log_vkey}"]
    lines += [f"witness {witness.name} {witness.verifier}" for witness in policy.witnesses]
    lines += [f"group {name} {group.least} {' '.join(group.members)}" for name, group in policy.groups.items()]
    met = policy.quorum is not None and note is not None and _meets(policy, note)
    lines.append(f"quorum {policy.quorum if met else 'none'}")
    lines += [f"exchange {name} {kid}" for name, kid in exchanges]
    lines += [f"node {name} {kid}" for name, kid in nodes]
    return _HEAD + "".join(f"{line}\n" for line in lines)


def _meets(policy: Policy, note: Note) -> bool:
    try:
        return policy.is_quorum(names_of(verify_note(note, policy.verifiers)))
    except NoteError:
        return False
