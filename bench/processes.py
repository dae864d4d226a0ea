"""What processes cost, read from /proc: CPU time and memory. Linux only."""

import os
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of one process so far, user and system."""
    return sum(_stat(pid)[11:13]) / TICKS


def cpu_of_cluster(postmaster: int) -> float:
    """Return the CPU seconds of a whole PostgreSQL server so far, with backends that have ended."""
    while True:
        before, used = _backends(postmaster), _stat(postmaster)[11:15]
        after = _backends(postmaster)
        # A backend that ends just now would be counted twice or not at all.
        if before.keys() == after.keys():
            return (sum(used) + sum(after.values())) / TICKS


def _backends(postmaster: int) -> dict[int, int]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # it ended while we looked
                stat = _stat(int(folder.name))
                if stat[1] == postmaster:
                    found[int(folder.name)] = sum(stat[11:13])
    return found


def peak_memory(pid: int) -> float:
    """Return the most MiB that a process ever had resident."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"process {pid} has no memory")


def postmaster_of(data_dir: Path) -> int:
    """Return the process id of the embedded server that runs on a data folder."""
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


def _stat(pid: int) -> list[int]:
    # The name in brackets may hold spaces; what follows is numbers, after the one letter of the state.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [0, *(int(field) for field in fields[1:])]
