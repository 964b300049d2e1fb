"""The benches run, on small populations, and their answers equal those of the peers that are installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHES = sorted((Path(__file__).resolve().parents[1] / "benches").glob("bench_*.py"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("bench", BENCHES, ids=lambda bench: str(bench.stem))
def test_a_bench_runs_and_all_answers_are_equal(bench: Path) -> None:
    """Its last line is the JSON that plans are made from."""
    done = subprocess.run(
        [sys.executable, bench, "--quick", "--rounds", "1"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["rows"]
    assert all(row["equal"] for row in result["rows"])
