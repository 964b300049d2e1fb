"""Auctions on RTB-mix: whole decisions, beside what others need to find the matches alone.

A whole decision has all stage counts, every survivor checked and priced, and the best 16 bids; `repeated` is the same
for people who come again, whose segment clauses are kept. The a-tree crate and a plain scan only find the matches. All
three find the same line items, which is checked before. Population: RTB-mix as in `benches/auction/src/mix.rs`, at
1,000 to 1,000,000 line items; the a-tree crate is left out at 1,000,000, since its building is quadratic. One core for
everybody; of each request the median over rounds, then the mean of all requests. Left out: decoding, the look-up of
people, caps.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import arrow_match
import reserve_rate
from harness import Bench, Row, parser

ROOT = Path(__file__).resolve().parents[1]

# Line items, requests, rounds, whether the a-tree crate takes part, least ratio to it.
FULL = [(1_000, 1_000, 7, True, None), (10_000, 1_000, 5, True, 25.0), (100_000, 300, 3, True, 100.0)]
LARGEST = (1_000_000, 300, 3, False, None)
QUICK = [(1_000, 50, 3, True, None)]


def measured(items: int, requests: int, rounds: int, *, tree: bool) -> dict[str, Any]:
    """What the Rust part of the bench says of one size."""
    command = ["cargo", "run", "--release", "--locked", "--quiet", "--package", "treffer-bench-auction", "--"]
    arguments = map(str, (items, requests, rounds, int(tree)))
    done = subprocess.run(  # noqa: S603 - numbers alone
        [*command, *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    )
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def compare(bench: Bench, said: dict[str, Any], least: float | None) -> None:
    """Report one size: the mean, the slowest, those who come again, and what the index costs."""
    size = f"{said['line_items']:,} line items"
    peers: dict[str, float] = {name: said[name]["mean"] for name in ("a_tree", "scan") if name in said}
    ours = said["treffer"]["mean"]
    holds = None if least is None else said["a_tree"]["mean"] / ours >= least
    target = "" if least is None else f"{least:.0f}x a-tree"
    bench.add(Row(f"{size}: decision, mean", "us", ours, peers, equal=said["equal"], target=target, holds=holds))
    slowest: dict[str, float] = {name: said[name]["p99"] for name in peers}
    bench.add(
        Row(f"{size}: decision, p99", "us", said["treffer"]["p99"], slowest, equal=said["equal"], target="", holds=None)
    )
    bench.report(f"{size}: repeated, mean", "us", said["repeated"]["mean"])
    bench.report(f"{size}: index", "bytes/line item", said["bytes"] / said["line_items"])
    built: dict[str, float] = {"a_tree": said["a_tree_build"]} if "a_tree" in said else {}
    limit = 1.0 if said["line_items"] == 100_000 else None
    holds = None if limit is None else said["build"] <= limit
    target = "" if limit is None else "<= 1 s"
    bench.add(Row(f"{size}: building", "s", said["build"], built, equal=True, target=target, holds=holds))


def main() -> int:
    """Run all sizes."""
    options = parser(__doc__ or "").parse_args()
    bench = Bench("auction", 1)
    # Callers of reservations have a core of their own, as they would have.
    reserve_rate.compare(bench, quick=options.quick)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    each: dict[int, float] = {}
    for items, requests, rounds, tree, least in QUICK if options.quick else [*FULL, LARGEST]:
        said = measured(items, requests, options.rounds or rounds, tree=tree)
        each[items] = said["treffer"]["mean"] / items
        compare(bench, said, least)
    if not options.quick:
        ratio = each[1_000_000] / each[100_000]
        bench.report("cost of a line item, 1,000,000 over 100,000", "ratio", ratio, "<= 1", holds=ratio <= 1)
    arrow_match.report(bench, quick=options.quick, rounds=options.rounds)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
