"""One process that uses the embedded server: says its URL, and leaves when its input ends.

`python member.py DATA_DIR [UID]`. With a UID it first becomes that user for good, as `su` would make it.
"""

import os
import sys
from pathlib import Path

from app import embedded_postgres


def main(data_dir: str, uid: str = "") -> None:
    if uid:
        os.setgroups([])
        os.setgid(int(uid))
        os.setuid(int(uid))
    with embedded_postgres.running(Path(data_dir)) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
