"""What all benches share: fair timing, the table and the JSON line.

The contenders of a case run in turn, round by round, so that a drift of the machine meets them all: medians decide.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

Runner = Callable[[], Any]


@dataclass(frozen=True)
class Row:
    """One line of the result: medians in `unit`, `ratio` = best peer / treffer."""

    case: str
    unit: str
    treffer: float
    peers: Mapping[str, float]
    equal: bool
    target: str
    holds: bool | None

    @property
    def ratio(self) -> float | None:
        """How many times faster than the best peer; None without one."""
        return min(self.peers.values()) / self.treffer if self.peers else None


@dataclass
class Bench:
    """Collects rows, prints them, and says at the end whether all answers were equal."""

    name: str
    rounds: int
    rows: list[Row] = field(default_factory=list)

    def compare(
        self,
        case: str,
        treffer: Runner,
        peers: Mapping[str, Runner],
        *,
        target: str,
        holds: Callable[[float, Mapping[str, float]], bool],
        same: Callable[[Any, Any], bool] = lambda a, b: bool(a == b),
    ) -> Row:
        """Times treffer and its peers on one question, in microseconds, after checking that they answer alike."""
        expected = treffer()
        different = [name for name, peer in peers.items() if not same(expected, peer())]
        for name in different:
            Console(stderr=True).print(f"[red]{case}: {name} answers otherwise[/red]")
        runners = {"treffer": treffer, **peers}
        times: dict[str, list[float]] = {name: [] for name in runners}
        for _ in range(self.rounds):
            for name, runner in runners.items():
                times[name].append(_microseconds(runner))
        medians = {name: statistics.median(taken) for name, taken in times.items()}
        ours = medians.pop("treffer")
        verdict = holds(ours, medians) if medians else None
        return self.add(Row(case, "us", ours, medians, not different, target, verdict))

    def report(self, case: str, unit: str, value: float, target: str = "", *, holds: bool | None = None) -> Row:
        """Adds a figure that has no peer."""
        return self.add(Row(case, unit, value, {}, equal=True, target=target, holds=holds))

    def add(self, row: Row) -> Row:
        """Keeps and shows one row."""
        self.rows.append(row)
        ratio = "" if row.ratio is None else f"  {row.ratio:.1f}x"
        Console(stderr=True).print(f"{row.case}: {row.treffer:,.1f} {row.unit}{ratio}", highlight=False)
        return row

    def finish(self) -> int:
        """Prints table and JSON; the exit status is 1 when answers differed, whatever the speed."""
        table = Table(title=self.name)
        for title in ("case", "unit", "treffer", "peers", "ratio", "equal", "target", "holds"):
            table.add_column(title, overflow="fold")
        for row in self.rows:
            table.add_row(
                row.case,
                row.unit,
                f"{row.treffer:,.1f}",
                "\n".join(f"{name} {value:,.1f}" for name, value in row.peers.items()),
                "" if row.ratio is None else f"{row.ratio:.1f}",
                "yes" if row.equal else "NO",
                row.target,
                {None: "", True: "yes", False: "no"}[row.holds],
            )
        # A file has room for whole names.
        Console(width=None if sys.stdout.isatty() else 140).print(table)
        rows = [
            {
                "case": row.case,
                "unit": row.unit,
                "treffer": row.treffer,
                "peers": dict(row.peers),
                "ratio": row.ratio,
                "equal": row.equal,
                "target": row.target,
                "holds": row.holds,
            }
            for row in self.rows
        ]
        print(json.dumps({"bench": self.name, "machine": machine(), "rows": rows}))
        return 0 if all(row.equal for row in self.rows) else 1


def _microseconds(runner: Runner) -> float:
    """One call, repeated within the measurement while it is shorter than a millisecond."""
    repeats, taken = 1, 0.0
    while True:
        start = time.perf_counter()
        for _ in range(repeats):
            runner()
        taken = time.perf_counter() - start
        if taken > 1e-3 or repeats >= 1 << 14:
            return taken / repeats * 1e6
        repeats *= 4


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def installed(module: str) -> bool:
    """Whether a peer is there; says so when it is not."""
    found = importlib.util.find_spec(module) is not None
    if not found:
        Console(stderr=True).print(f"[yellow]{module} is not installed: its column is left out[/yellow]")
    return found


def geometric_mean(values: list[float]) -> float:
    """Of positive values; 1 of none."""
    return math.exp(sum(map(math.log, values)) / len(values)) if values else 1.0


def parser(description: str) -> argparse.ArgumentParser:
    """`--quick` runs the same code on small populations."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small populations, for a check that the bench runs")
    parser.add_argument("--rounds", type=int, default=None, help="measured rounds per case")
    return parser


def arguments(description: str) -> argparse.Namespace:
    """The options of a bench whose parts have letters."""
    asking = parser(description)
    asking.add_argument("--only", default="abcdr", help="parts to run, by letter")
    return asking.parse_args()
