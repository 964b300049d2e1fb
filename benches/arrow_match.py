"""Auctions in Arrow batches of 256 through Python, beside what their decisions alone take in the core.

Population: line items and requests as in RTB-mix (`benches/auction/src/mix.rs`), drawn anew here with real countries.
Every request names a person by an id, each in 80 segments of 20,000. Timed in one process: `Engine.match` of a table;
the same through `Auction` objects; and the core's own time for such requests once they are read: people looked up,
decided, nothing told. Twice: for 512 people who come again, whose clauses are kept; there the forms take turns of
four, of each batch the least time counts, since what others do on the machine only adds, and then the mean of all
batches. And for people who come for the first time, each once; there batches are asked for and timed in the core by
turns, and the median of the batches counts. The answers of both forms are compared first.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from bisect import bisect
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import pyarrow as pa

import treffer
from harness import Bench, Row, parser
from treffer import codec
from treffer.auction import Auction, Consent, Impression, Offer
from treffer.book import Advertiser, Campaign, Creative, LineItem
from treffer.transport import Local

BATCH = 256
PEOPLE = 512
# Batches of people who come for the first time, half of them for `Engine.match`.
FIRST = 80
# Calls of one form in a row: whoever asks for auctions does nothing else, so its code lies in the cache.
ROW = 4
COUNTRIES = [
    *(
        "US",
        "GB",
        "DE",
        "FR",
        "ES",
        "IT",
        "NL",
        "BE",
        "CH",
        "AT",
        "PL",
        "CZ",
        "SE",
        "NO",
        "DK",
        "FI",
        "IE",
        "PT",
        "GR",
        "HU",
    ),
    *(
        "RO",
        "BG",
        "HR",
        "SI",
        "SK",
        "EE",
        "LV",
        "LT",
        "UA",
        "TR",
        "BR",
        "MX",
        "AR",
        "CL",
        "CO",
        "PE",
        "CA",
        "AU",
        "NZ",
        "JP",
    ),
    *(
        "KR",
        "CN",
        "IN",
        "ID",
        "TH",
        "VN",
        "PH",
        "MY",
        "SG",
        "ZA",
        "NG",
        "KE",
        "EG",
        "MA",
        "IL",
        "AE",
        "SA",
        "PK",
        "BD",
        "LK",
    ),
]
# Dimension, values, Zipf exponent, percent of line items that ask, most values they ask for.
PLAIN = (
    ("exchange", [f"x{n}" for n in range(30)], 1.0, 70, 5),
    ("country", COUNTRIES, 1.0, 85, 3),
    ("region", [f"r{n}" for n in range(500)], 1.0, 15, 5),
    ("device_type", [f"d{n}" for n in range(7)], 1.0, 50, 3),
    ("os", [f"o{n}" for n in range(8)], 1.0, 30, 2),
    ("language", [f"l{n}" for n in range(30)], 1.5, 10, 3),
    ("format", [f"f{n}" for n in range(12)], 1.0, 90, 3),
    ("deals", [f"deal{n}" for n in range(5_000)], 0.6, 10, 3),
    ("domain", [f"www.site{n}" for n in range(20_000)], 0.8, 0, 0),
)
SETS = ("format", "deals")


@dataclass
class Mix:
    """Draws that repeat."""

    segments: int
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    sums: dict[str, list[float]] = field(default_factory=dict)

    def some(self, name: str, values: list[str], exponent: float, count: int) -> list[str]:
        """Different values, the first ones most often."""
        if name not in self.sums:
            self.sums[name] = list(accumulate((n + 1) ** -exponent for n in range(len(values))))
        sums, found = self.sums[name], dict[str, None]()
        while len(found) < min(count, len(values)):
            found[values[bisect(sums, self.dice.random() * sums[-1])]] = None
        return list(found)

    def of_segments(self, count: int) -> list[str]:
        """Names of segments."""
        return self.some("segment", [f"s{n}" for n in range(self.segments)], 0.8, count)

    def rule(self) -> str:
        """What a line item asks."""
        dice, parts = self.dice, []
        for name, values, exponent, percent, most in PLAIN:
            if dice.randrange(100) < percent:
                some = self.some(name, values, exponent, dice.randint(1, most))
                parts.append(f"ctx.{name} {'has any' if name in SETS else 'in'} {_listed(some)}")
        for percent, word in ((10, "in"), (25, "not in")):
            if dice.randrange(100) < percent:
                _, values, exponent, *_ = PLAIN[-1]
                some = self.some("domain", values, exponent, dice.randint(20, 200))
                parts.append(f"ctx.domain {word} {_listed(some)}")
        for percent, most, word in ((70, 30, ""), (20, 30, ""), (30, 10, "not ")):
            if dice.randrange(100) < percent:
                names = [f'segment("{one}")' for one in self.of_segments(dice.randint(1, most))]
                parts.append(word + (f"({' or '.join(names)})" if len(names) > 1 else names[0]))
        if dice.randrange(100) < 15:
            start, hours = dice.randrange(24), dice.randint(6, 14)
            some = [str(hour) for hour in range(168) if (hour + 24 - start) % 24 < hours]
            parts.append(f"ctx.hour_of_week in {{{', '.join(some)}}}")
        return " and ".join(parts)

    def context(self) -> dict[str, Any]:
        """What a request says."""
        said: dict[str, Any] = {"hour_of_week": self.dice.randrange(168)}
        for name, values, exponent, *_ in PLAIN:
            count = self.dice.randrange(4) if name == "deals" else 1
            some = self.some(name, values, exponent, count)
            said[name] = some if name in SETS else some[0]
        return said


def _listed(values: list[str]) -> str:
    return "{" + ", ".join(f'"{one}"' for one in values) + "}"


def engine(mix: Mix, line_items: int, people: int) -> treffer.Engine:
    """People, their segments and the book."""
    own = treffer.open(clock="manual")
    own.advance("2026-03-01")
    own.declare(treffer.presets.commerce, treffer.presets.openrtb, treffer.Attribute("tags", "string_set"))
    own.load_profiles([{"crm": f"p{n}", "tags": mix.of_segments(min(80, mix.segments // 4))} for n in range(people)])
    own.define_segments({f"s{n}": f'tags has "s{n}"' for n in range(mix.segments)})
    own.book(
        *(Creative(f"k{n}", sizes=[(300, 250)], weight=1 + n % 3) for n in range(200)),
        *(Advertiser(f"a{n}", domain=f"shop{n}.example") for n in range(500)),
        *(Campaign(f"c{n}", f"a{n}") for n in range(500)),
    )
    items = [
        LineItem(
            f"line item {n}",
            f"c{n % 500}",
            mix.rule(),
            f"{mix.dice.randint(100, 9_999)}e-3",
            creatives=[f"k{mix.dice.randrange(200)}" for _ in range(3)],
        )
        for n in range(line_items)
    ]
    for start in range(0, line_items, 2_000):
        own.book(*items[start : start + 2_000])
    return own


def batch(mix: Mix, number: int, people: list[str]) -> tuple[pa.Table, list[Auction]]:
    """The same requests as a table and as objects, one for each of the people."""
    said = [mix.context() for _ in people]
    names = [f"request {number}-{row}" for row in range(len(people))]
    columns = {
        "request": names,
        "crm": people,
        "gdpr": [False] * len(people),
        "sizes": ["300x250"] * len(people),
        **{f"ctx.{name}": [one[name] for one in said] for name in said[0]},
    }
    columns["floor"] = pa.array([0.5] * len(people))
    places = [Impression(offers=[Offer(sizes=[(300, 250)])], floor="0.5")]
    objects = [
        Auction(name, [f"crm:{person}"], context, places, Consent(gdpr=False))
        for name, person, context in zip(names, people, said, strict=True)
    ]
    return pa.table(columns), objects


def microseconds(taken: list[int], rows: int) -> float:
    """The least in microseconds a request: what others do on the machine only adds."""
    return min(taken) / rows / 1e3


def add(
    bench: Bench, line_items: int, segments: int, *, count: int, rounds: int, first: int, target: float | None
) -> None:
    """Adds the rows of one size; `first`: batches of people who come for the first time."""
    mix = Mix(segments)
    own = engine(mix, line_items, PEOPLE + first * BATCH)
    transport = own._transport  # noqa: SLF001 - a bench looks inside
    assert isinstance(transport, Local)  # noqa: S101 - narrows the type
    native = transport._native  # noqa: SLF001 - as above
    again = [batch(mix, number, [f"p{mix.dice.randrange(PEOPLE)}" for _ in range(BATCH)]) for number in range(count)]
    equal = all(tuple(own.match(table).each()) == own.match(objects) for table, objects in again)
    size = f"{line_items:,} line items"

    def tell(case: str, arrow: float, core: float, more: dict[str, float]) -> None:
        holds = None if target is None else arrow / core <= target
        named = f"{size}, {case}: Arrow batches of {BATCH} through Python, a request"
        told = "" if target is None else f"<= {target} of the core"
        bench.add(Row(named, "us", arrow, {"core alone": core} | more, equal=equal, target=told, holds=holds))
        bench.report(f"{size}, {case}: Arrow over core", "ratio", arrow / core)

    def asked(table: pa.Table) -> int:
        start = time.perf_counter_ns()
        own.match(table)
        return time.perf_counter_ns() - start

    inside, arrow, slow = list[float](), list[float](), list[float]()
    for table, objects in again:
        stream = codec.stream(table)
        taken: tuple[list[int], list[int], list[int]] = ([], [], [])
        for turn in range(rounds):
            taken[0].extend(native.time_auctions(stream) for _ in range(ROW))
            taken[1].extend(asked(table) for _ in range(ROW))
            if turn % 8 == 0:
                start = time.perf_counter_ns()
                own.match(objects)
                taken[2].append(time.perf_counter_ns() - start)
        for each, one in zip((inside, arrow, slow), taken, strict=True):
            each.append(microseconds(one, BATCH))
    tell("known people", statistics.fmean(arrow), statistics.fmean(inside), {"as objects": statistics.fmean(slow)})
    if not first:
        return
    new = [f"p{PEOPLE + n}" for n in range(first * BATCH)]
    tables = [batch(mix, n, new[n * BATCH : (n + 1) * BATCH])[0] for n in range(first)]
    streams = [codec.stream(table) for table in tables[::2]]
    inside, arrow = [], []
    for start in range(0, first // 2, ROW):
        some = slice(start, start + ROW)
        inside.extend(native.time_auctions(stream) / BATCH / 1e3 for stream in streams[some])
        arrow.extend(asked(table) / BATCH / 1e3 for table in tables[1::2][some])
    tell("new people", statistics.median(arrow), statistics.median(inside), {})


def report(bench: Bench, *, quick: bool, rounds: int | None) -> None:
    """Adds what `benches/bench_auction.py` shows of Arrow."""
    if quick:
        add(bench, 200, 100, count=1, rounds=rounds or 2, first=8, target=None)
    else:
        add(bench, 10_000, 20_000, count=4, rounds=rounds or 15, first=FIRST, target=1.3)


def main() -> int:
    """Run this part alone."""
    options = parser(__doc__ or "").parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    bench = Bench("arrow match", 1)
    report(bench, quick=options.quick, rounds=options.rounds)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
