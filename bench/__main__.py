"""`./run bench NAME`: one of the measurements."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from bench.acts import measure_acts, measure_limit
from bench.audit import measure_audit
from bench.exchange import describe_machine
from bench.load import BenchFailed
from bench.pages import measure_pages
from bench.reads import measure_reads

MEASUREMENTS: dict[str, Callable[..., None]] = {
    "acts": measure_acts,
    "audit": measure_audit,
    "limit": measure_limit,
    "pages": measure_pages,
    "reads": measure_reads,
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    kinds = parser.add_subparsers(dest="name", required=True)
    acts = kinds.add_parser("acts", help="signed acts over HTTP beside the limit, alternating")
    acts.add_argument("--profile", type=Path, metavar="FOLDER", help="record one more round of each with py-spy")
    for one in (acts, kinds.add_parser("limit", help="pgbench inserting the same rows, one transaction an act")):
        one.add_argument("--rounds", type=int, default=5)
        one.add_argument("--seconds", type=int, default=4, help="of each round")
        one.add_argument("--connections", type=int, default=32)
    audit = kinds.add_parser("audit", help="everything verified again by one core, beside bare signature verifications")
    audit.add_argument("--leads", type=int, default=2000)
    audit.add_argument("--rounds", type=int, default=5)
    audit.add_argument("--profile", type=Path, metavar="FILE", help="one more round under cProfile")
    pages = kinds.add_parser("pages", help="inbox and lead pages with few leads and with many, alternating")
    pages.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000], metavar="LEADS")
    pages.add_argument("--rounds", type=int, default=5)
    pages.add_argument("--seconds", type=int, default=3, help="of each round")
    pages.add_argument("--connections", type=int, default=1)
    reads = kinds.add_parser("reads", help="single acts read with the access log and without it, alternating")
    reads.add_argument("--rounds", type=int, default=5)
    reads.add_argument("--seconds", type=int, default=3, help="of each round")
    reads.add_argument("--connections", type=int, nargs="+", default=[1, 32])
    return parser.parse_args()


def main() -> int:
    """Run one measurement. 1 if something was wrong; being slow is not wrong."""
    options = vars(arguments())
    name = options.pop("name")
    print(describe_machine(), flush=True)
    try:
        MEASUREMENTS[name](**options)
    except BenchFailed as failed:
        print(f"bench {name} failed: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
