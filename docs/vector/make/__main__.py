"""Write the worked vector of the wire contract: `PYTHONPATH=.:docs/vector python -m make FOLDER`, from the repository.

The same files come out each time: keys and times are fixed, and both signature algorithms are deterministic here.
"""

import sys
from pathlib import Path

from make.acts import act_files, tell
from make.cases import case_files
from make.enrolments import enrol_all, enrolment_files, token_request_files
from make.keys import Files, key_files, signing_keys
from make.log import log_all, log_files


def vector() -> Files:
    """Return every file of the vector by its path."""
    keys = signing_keys()
    joined, told = enrol_all(keys), tell(keys)
    entries = [entry for one in joined for entry in one.entries] + [one.entry for one in told]
    logged = log_all(entries, keys)
    first = len(entries) - len(told)
    proofs = {
        f"{one.folder}/entry.tlog-proof": str(logged.proof(first + place)).encode() for place, one in enumerate(told)
    }
    files = key_files() | enrolment_files(joined) | token_request_files(keys) | act_files(told) | proofs
    files |= log_files(logged)
    return files | case_files(keys, told, logged)


def main(folder: Path) -> None:
    for name, content in vector().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


main(Path(sys.argv[1]))
