"""What the story leaves behind: a bundle that verifies offline by two programs, and a proof from the log."""

import subprocess
import sys
import zipfile
from pathlib import Path

from app.transparency.entries import act_entry
from app.transparency.policy import parse_policy
from app.transparency.proof import parse_proof, verify_proof
from demo.cast import J1, P1
from demo.desk import Desk
from demo.show import Show
from demo.story import Story, StoryBroken


def prove(story: Story, home: Path, show: Show) -> None:
    """Fetch the procuratorate's bundle of the archived lead and a proof of its archiving; verify all of it."""
    holder, lead = story.desks[J1], story.ids["A"]
    show.chapter(("证据：离开交换中心也能核验", "Evidence: it verifies without the exchange"))
    folder = home / "bundles"
    folder.mkdir(exist_ok=True)
    bundle, policy = folder / f"{lead}.zip", folder / "trusted.policy"
    policy.write_text(_policy(story))
    bundle.write_bytes(holder.when_logged(f"/v1/leads/{lead}/bundle"))
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder / lead)
        files = len(archive.namelist())
    show.checked(J1, f"GET /v1/leads/@A/bundle → {files} files, {bundle.stat().st_size} bytes", ("证据包", "a bundle"))
    shell = ["sh", str(folder / lead / "verify.sh"), str(policy)]
    command = [sys.executable, "-P", "-m", "app.cli", "verify", "--policy", str(policy), str(bundle)]
    for name, program in (("sh verify.sh POLICY", shell), ("leadbridge verify --policy POLICY", command)):
        run = subprocess.run(program, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise StoryBroken(f"{name} ends with {run.returncode}: {run.stderr.strip()}")
        said = run.stdout.splitlines()
        show.checked(J1, f"{name} → {said[0]} · {said[-1]}", ("核验通过", "exit 0"))
    _prove_archiving(story, story.desks[P1], policy, show)


def _prove_archiving(story: Story, police: Desk, policy: Path, show: Show) -> None:
    act_id = story.receipts["volume"].act_id
    raw = police.when_logged(f"/v1/acts/{act_id}/proof")
    stored = police.get_act(act_id)
    if stored.receipt is None:
        raise StoryBroken("the archiving has no receipt")
    receipt = stored.receipt
    entry = act_entry(jws=stored.jws, body=stored.body, receipt=receipt.body, receipt_jws=receipt.jws)
    lines = policy.read_text().splitlines()
    head = verify_proof(
        raw, entry, parse_policy("\n".join(line for line in lines if line.startswith(("log", "quorum"))))
    )
    what = f"归档 lead.archive → 日志第 {parse_proof(raw).index} 项，共 {head.size} 项，根 root {head.root.hex()[:16]}…"
    show.checked(P1, what, ("入链证明成立", "its proof leads to the signed root of the log"))
    volume = stored.content
    for item in volume["items"]:
        agrees = item["sha256"] == story.receipts["report"].act_jws_sha256
        if not agrees:
            raise StoryBroken("the volume names another report")
        show.checked(
            P1, f"{volume['volume_no']} {item['title']} {item['sha256'][:16]}…", ("归档，哈希相符", "as archived")
        )


def _policy(story: Story) -> str:
    """Whom the agencies trust: the exchange's keys pinned at enrolment, and the keys that each agency showed itself."""
    police = story.desks[P1]
    known = police.http.get("/.well-known/leadbridge").json()
    lines = [f"log {known['log_vkey']}", "quorum none"]
    lines += [f"exchange {police.exchange.exchange_id} {kid}" for kid in police.exchange.keys]
    lines += [f"node {node} {desk.keys.act.kid}" for node, desk in story.desks.items()]
    return "\n".join(lines) + "\n"
