"""Where a round's time goes: py-spy, when it is on PATH (it is no dependency)."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import BenchFailed

PATIENCE = 60


@contextmanager
def recorded_by_py_spy(pid: int, out: Path) -> Iterator[None]:
    """Record the stacks of a process meanwhile: one a line in `out`, with how often it was seen.

    Raises BenchFailed without py-spy, or when the kernel does not let it look.
    """
    program = shutil.which("py-spy")
    if program is None:
        raise BenchFailed("py-spy is not on PATH: pipx install py-spy")
    out.parent.mkdir(parents=True, exist_ok=True)
    command = [program, "record", "--pid", str(pid), "--format", "raw", "--output", str(out), "--rate", "200"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as spy:
        try:
            yield
        finally:
            spy.send_signal(signal.SIGINT)
            if spy.wait(PATIENCE) != 0 or not out.exists():
                raise BenchFailed("py-spy could not record the server")
