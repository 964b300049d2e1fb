"""Auctions on RTB-mix: whole decisions and the bare search, beside what others need to find the matches alone.

A whole decision has all stage counts, every survivor checked and priced, and the best 16 bids; `repeated` is the same
for people who come again, whose segment clauses are kept, and `search repeated` their search; `all paced` is the same
when every line item spends evenly, each with a probability of its own; `search` only finds the matches. The a-tree
crate and a plain scan only find the matches too. All find the same line items, which is checked before. Population:
RTB-mix as in `benches/auction/src/mix.rs`, at 1,000 to 1,000,000 line items; the a-tree crate is left out at
1,000,000, since its building is quadratic. One core for everybody; of each request the median over rounds, then the
mean of all requests. A table of the line items in duckdb answers a handful of requests as SQL, as a check from outside.
Left out: decoding, the look-up of people, caps.
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
from auction_sql import asked
from harness import Bench, Row, parser

ROOT = Path(__file__).resolve().parents[1]

# Line items, requests, rounds, whether the a-tree crate takes part, requests for duckdb, least ratios to the a-tree
# crate of whole decisions and of the bare search.
FULL = [
    (1_000, 1_000, 7, True, 5, None),
    (10_000, 1_000, 5, True, 5, (25.0, 40.0)),
    (100_000, 300, 3, True, 0, (100.0, 200.0)),
    (1_000_000, 300, 3, False, 0, None),
]
QUICK = [(1_000, 50, 3, True, 3, None)]


def measured(items: int, requests: int, rounds: int, tree: int, told: int) -> tuple[dict[str, Any], list[str]]:
    """What the Rust part of the bench says of one size, and the line items and requests that it tells."""
    command = ["cargo", "run", "--release", "--locked", "--quiet", "--package", "treffer-bench-auction", "--"]
    arguments = map(str, (items, requests, rounds, tree, told))
    done = subprocess.run(  # noqa: S603 - numbers alone
        [*command, *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    )
    *lines, last = done.stdout.splitlines()
    said: dict[str, Any] = json.loads(last)
    return said, [line for line in lines if line.startswith("{")]


def compare(
    bench: Bench, said: dict[str, Any], sql: tuple[float, bool] | None, least: tuple[float, float] | None
) -> None:
    """Report one size: decisions, the bare search, those who come again, and what the index costs."""
    size, equal = f"{said['line_items']:,} line items", said["equal"]
    peers = [name for name in ("a_tree", "scan") if name in said]

    def add(case: str, ours: str, part: str, least: float | None, more: dict[str, float]) -> None:
        theirs = {name: said[name][part] for name in peers} | more
        holds = None if least is None else said["a_tree"][part] / said[ours][part] >= least
        target = "" if least is None else f"{least:.0f}x a-tree"
        bench.add(Row(f"{size}: {case}, {part}", "us", said[ours][part], theirs, equal, target, holds))

    decision, search = least or (None, None)
    add("decision", "treffer", "mean", decision, {})
    add("decision", "treffer", "p99", None, {})
    if sql is not None:
        equal = equal and sql[1]
    add("search", "search", "mean", search, {} if sql is None else {"duckdb": sql[0]})
    bench.report(f"{size}: repeated, mean", "us", said["repeated"]["mean"])
    bench.report(f"{size}: search repeated, mean", "us", said["search_repeated"]["mean"])
    bench.report(f"{size}: all paced, mean", "us", said["paced"]["mean"])
    bench.report(f"{size}: all paced, p99", "us", said["paced"]["p99"])
    for case, again, first in (("decision", "repeated", "treffer"), ("search", "search_repeated", "search")):
        share = said[again]["mean"] / said[first]["mean"]
        bench.report(f"{size}: {case} repeated over first", "ratio", share, "<= 0.33", holds=share <= 1 / 3)
    bench.report(f"{size}: index", "bytes/line item", said["bytes"] / said["line_items"])
    built: dict[str, float] = {"a_tree": said["a_tree_build"]} if "a_tree" in said else {}
    bench.add(Row(f"{size}: building from nothing", "s", said["build"], built, equal=True, target="", holds=None))
    limit = 1.0 if said["line_items"] == 100_000 else None
    holds = None if limit is None else said["rebuild"] <= limit
    target = "" if limit is None else "<= 1 s"
    bench.report(f"{size}: rebuilding, one in a hundred edited", "s", said["rebuild"], target, holds=holds)


def main() -> int:
    """Run all sizes."""
    options = parser(__doc__ or "").parse_args()
    bench = Bench("auction", 1)
    # Callers of reservations have a core of their own, as they would have.
    reserve_rate.compare(bench, quick=options.quick)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    each: dict[int, float] = {}
    for items, requests, rounds, tree, told, least in QUICK if options.quick else FULL:
        said, lines = measured(items, requests, options.rounds or rounds, int(tree), told)
        each[items] = said["treffer"]["mean"] / items
        compare(bench, said, asked(lines) if lines else None, least)
    if not options.quick:
        ratio = each[1_000_000] / each[100_000]
        bench.report("cost of a line item, 1,000,000 over 100,000", "ratio", ratio, "<= 1", holds=ratio <= 1)
    arrow_match.report(bench, quick=options.quick, rounds=options.rounds)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
