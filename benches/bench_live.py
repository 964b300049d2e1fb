"""Segments kept live while events stream in: how fast, how soon visible, at what cost, and what others need instead.

stream     events per second from an Arrow batch with string ids to the published view, by segments and profiles:
           `rising`: 1,000 events per second of engine time; `balanced`: time moves as in the history before, so that as
           many memberships expire as begin; flips, expiries, groups judged and alarms per event
untouched  what 10,000 segments over other events add: median of seven pairs on two engines with the same data
visible    from when a batch is due to its own view, open loop at half the peak rate
expiry     the same while one membership of every profile runs out within one second of engine time
segment    a new segment over the whole history, and the edit of one, while ingest goes on
memory     bytes per profile and per event
large      with --full alone: rates and memory of 10M profiles with 10 events each
long       with --full alone: a new segment over 1M profiles with 100 events each
peers      100 segments after each batch of 10,000 events: duckdb and chdb recompute them in one statement each

Population: views, carts and purchases (60, 20, 20 %), evenly over profiles, 10,000 items, 200 categories and 90 days,
30 a profile. Segments: 30 % counts by category in a window, 20 % count and not (an eighth of them nested), 15 % sums,
15 % recency (a third of it over all categories), 10 % abandoned carts by item, 10 % two steps; so an event turns about
12 memberships rising and 33 balanced, and 6 alarms go off for it. One core for everybody. Left out: the wire, and disk.
"""

from __future__ import annotations

import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import treffer
from harness import Bench, Row, installed, parser
from live_peers import MAKERS

DAY_MS = 86_400_000
START_MS = 1_704_067_200_000  # 2024-01-01
SPAN_MS = 90 * DAY_MS
PER_PROFILE, BATCH = 30, 10_000
ITEMS, CATEGORIES = 10_000, 200
TYPES = ["product_view", "add_to_cart", "purchase"]
VIEW, CART, PURCHASE = range(3)


@dataclass(frozen=True)
class Sizes:
    """What is measured on what; the full run must end within ten minutes."""

    profiles: int
    small: int
    levels: tuple[int, ...]
    many: int
    untouched: int
    events: int
    seconds: float
    batches: int
    # Profiles, and how many events each has.
    large: tuple[int, int] | None = None
    long: tuple[int, int] | None = None


FULL = Sizes(1_000_000, 100_000, (0, 100, 1_000), 10_000, 10_000, 300_000, 10.0, 3)
WHOLE = replace(FULL, large=(10_000_000, 10), long=(1_000_000, 100))
QUICK = Sizes(2_000, 500, (0, 20, 100), 200, 100, 20_000, 0.5, 2)


# --- the population -------------------------------------------------


class Shop:
    """An engine, and the stream that goes on where its history ends."""

    def __init__(self, profiles: int, each: int = PER_PROFILE) -> None:
        """Open an engine for profiles with so many events each over 90 days."""
        self.profiles = profiles
        self.each = each
        self.engine = treffer.open(clock="events")
        self.engine.declare(
            treffer.Namespace("crm", unique=True),
            treffer.ItemAttribute("category", "string"),
            [treffer.EventType(name) for name in (*TYPES, "flash", "other")],
        )
        numbers = np.arange(ITEMS)
        self.engine.load_items(
            pa.table(
                {"item": pa.array(numbers.astype("U5")), "category": pa.array([f"c{n % CATEGORIES}" for n in numbers])}
            ),
        )
        self._rng = np.random.default_rng(7)
        self.drawn = 0
        self.now = float(START_MS)
        self.slow = SPAN_MS / (profiles * each)
        self.raw: list[pa.Table] = []

    def load(self, *, keep: bool = False) -> None:
        """Load the history; `keep` remembers it for the peers."""
        left = self.profiles * self.each
        while left:
            raw = self.draw(min(left, 1_000_000), self.slow)
            left -= raw.num_rows
            if keep:
                self.raw.append(raw)
            self.track(events(raw, self.drawn - raw.num_rows))

    def draw(self, count: int, step_ms: float) -> pa.Table:
        """Draw the next events, one every `step_ms` of engine time, as numbers."""
        times = (self.now + step_ms * np.arange(1, count + 1)).astype(np.int64)
        self.now += step_ms * count
        self.drawn += count
        kind = self._rng.choice(3, count, p=[0.6, 0.2, 0.2]).astype(np.int8)
        item = self._rng.integers(0, ITEMS, count).astype(np.int32)
        return pa.table(
            {
                "crm": self._rng.integers(0, self.profiles, count).astype(np.uint32),
                "kind": kind,
                "time": times,
                "item": item,
                "category": (item % CATEGORIES).astype(np.uint8),
                "value": self._rng.integers(100, 20_000, count).astype(np.int64) * 10_000,
            },
        )

    def batches(self, count: int, step_ms: float, size: int = BATCH) -> list[pa.Table]:
        """Prepare the next batches of the stream."""
        starts = [(self.drawn, self.draw(min(size, count - first), step_ms)) for first in range(0, count, size)]
        return [events(raw, first) for first, raw in starts]

    def track(self, batch: pa.Table) -> None:
        """Take one batch; every row must be new."""
        report = self.engine.track(batch)
        if report.accepted != batch.num_rows:
            raise SystemExit(f"not all was taken: {report}")

    def define(self, rules: dict[str, Segment]) -> None:
        """Define those segments that are not there yet."""
        there = {segment.name for segment in self.engine.segments()}
        self.engine.define_segments({name: segment.rule for name, segment in rules.items() if name not in there})

    def counters(self) -> dict[str, int]:
        """What the engine counts of its maintenance; nothing where it does not."""
        live: Callable[[], dict[str, int]] | None = getattr(self.engine, "live", None)
        return {} if live is None else live()


def events(raw: pa.Table, first: int) -> pa.Table:
    """Give numbers as events with text ids."""
    cents = pc.divide(raw["value"], 10_000).cast(pa.decimal128(19, 0))
    return pa.table(
        {
            "event_id": pa.array(np.arange(first, first + raw.num_rows).astype("U10")),
            "type": pa.DictionaryArray.from_arrays(raw["kind"].combine_chunks(), TYPES),
            "time": raw["time"].cast(pa.timestamp("ms", "UTC")),
            "crm": raw["crm"].cast(pa.string()),
            "item": raw["item"].cast(pa.string()),
            "value": pc.multiply(cents, pa.scalar(Decimal("0.01"))),
        },
    )


# --- the segments ----------------------------------------------------


@dataclass(frozen=True)
class Segment:
    """A rule, and where SQL can say it in one pass over the events, the same over a profile's events at `{t}`."""

    rule: str
    sql: str = ""


def segments(count: int) -> dict[str, Segment]:
    """Mix the kinds; the same number is always the same segment."""
    return {f"s{number}": segment(number) for number in range(count)}


def segment(number: int) -> Segment:  # noqa: PLR0911 - one return for each kind
    """Make one segment; thresholds leave each a few per mille to a few per cent of the profiles."""
    place, turn = number % 20, number // 20
    category = (number * 7) % CATEGORIES
    where, days = f'where item.category = "c{category}"', (30, 60, 90)[turn % 3]
    if place < 6:
        least = 1 + turn % 2
        return Segment(f"count(product_view {where} last {days}d) >= {least}", counted(VIEW, category, days, least))
    if place < 10:
        if place == 9 and turn % 2 and number >= 20:
            return Segment(f'segment("s{number - 9}") and not segment("s{number - 10}")')
        return Segment(
            f"count(product_view {where} last 30d) >= 1 and not (count(purchase {where} last {days}d) >= 1)",
            f"{counted(VIEW, category, 30, 1)} and not ({counted(PURCHASE, category, days, 1)})",
        )
    if place < 13:
        least = 600 + turn % 40 * 10
        amount = f"sum(case when kind = {PURCHASE} and time > {{t}} - {days * DAY_MS} then value else 0 end)"
        return Segment(f"sum(purchase.value last {days}d) > {least}", f"{amount} > {least * 1_000_000}")
    if place < 16:
        hours = 1 + turn % 72
        own = turn % 3 != 0
        what = f"kind = {PURCHASE} and category = {category}" if own else f"kind = {PURCHASE}"
        last = f"max(case when {what} then time else 0 end)"
        rule = f"since_last(purchase {where if own else ''}) < {hours}h"
        return Segment(rule, f"{last} > {{t}} - {hours * 3_600_000}")
    if place < 18:
        return Segment(f"sequence(add_to_cart {where}, not purchase for 30m on item last 7d)")
    return Segment(f"sequence(product_view {where}, purchase within 1h last {days}d)")


def counted(kind: int, category: int, days: int, least: int) -> str:
    """Say in SQL that there are enough events of a category in a window."""
    what = f"kind = {kind} and category = {category} and time > {{t}} - {days * DAY_MS}"
    return f"sum(case when {what} then 1 else 0 end) >= {least}"


# --- stream ----------------------------------------------------------


def rate(bench: Bench, shop: Shop, case: str, count: int, step_ms: float, *, least: int | None) -> float:
    """Stream `count` events and report events per second, and what each of them moved."""
    prepared = shop.batches(count, step_ms)
    before = shop.counters()
    began = time.perf_counter()
    for batch in prepared:
        shop.track(batch)
    taken = count / (time.perf_counter() - began)
    after = shop.counters()
    holds = None if least is None else taken >= least
    bench.report(f"stream: {case}", "events/s", taken, "" if least is None else f">= {least:,}", holds=holds)
    for name in ("flips", "expiries", "judged", "alarms"):
        if name in after:
            bench.report(f"stream: {case}: {name}", "per event", (after[name] - before.get(name, 0)) / count)
    return taken


def both_rates(bench: Bench, shop: Shop, number: int, sizes: Sizes, *, aimed: bool = False) -> float:
    """Rising, then balanced, with so many segments; gives the rising rate."""
    size = f"{number:,} segments, {shop.profiles:,} profiles"
    began = time.perf_counter()
    shop.define(segments(number))
    bench.report(f"stream: defining up to {size}", "s", time.perf_counter() - began)
    rising = rate(bench, shop, f"rising, {size}", sizes.events, 1.0, least=500_000 if aimed else None)
    rate(bench, shop, f"balanced, {size}", sizes.events, shop.slow, least=250_000 if aimed else None)
    return rising


def stream(bench: Bench, sizes: Sizes, shop: Shop) -> float:
    """Run all numbers of segments on the main population; gives the last rising rate."""
    for number in sizes.levels:
        peak = both_rates(bench, shop, number, sizes, aimed=number == sizes.levels[-1])
    return peak


def stream_of_few(bench: Bench, sizes: Sizes) -> None:
    """Run many segments on a small population."""
    shop = Shop(sizes.small)
    shop.load()
    both_rates(bench, shop, sizes.levels[-1], sizes)
    both_rates(bench, shop, sizes.many, sizes)
    shop.engine.close()


def untouched(bench: Bench, sizes: Sizes) -> None:
    """Feed the same batches to two engines in turn, one of which has segments over events that never come."""
    pair = [Shop(sizes.small), Shop(sizes.small)]
    for shop in pair:
        shop.load()
        shop.define(segments(sizes.levels[-1]))
    other = {f"other{n}": Segment(f"count(other last {1 + n}h) >= 1") for n in range(sizes.untouched)}
    pair[1].define(other)
    ratios = []
    for _ in range(7):
        taken = []
        for shop in pair:
            prepared = shop.batches(sizes.events // 3, 1.0)
            began = time.perf_counter()
            for batch in prepared:
                shop.track(batch)
            taken.append(time.perf_counter() - began)
        ratios.append(taken[1] / taken[0])
    ratio = statistics.median(ratios)
    bench.report(f"untouched: {sizes.untouched:,} more segments", "ratio", ratio, "<= 1.10", holds=ratio <= 1.10)


# --- visible ---------------------------------------------------------


def open_loop(shop: Shop, prepared: list[pa.Table], every: float) -> list[float]:
    """Track a batch every so many seconds, due or late; milliseconds from when each was due to its own view."""
    taken = []
    began = time.perf_counter()
    for number, batch in enumerate(prepared):
        due = began + number * every
        time.sleep(max(0.0, due - time.perf_counter()))
        shop.track(batch)
        taken.append((time.perf_counter() - due) * 1_000)
    return taken


def percentiles(bench: Bench, case: str, taken: list[float], limit: float) -> None:
    """Report the middle and the end."""
    p50, p99 = (float(np.percentile(taken, share)) for share in (50, 99))
    bench.report(f"{case}, p50", "ms", p50)
    bench.report(f"{case}, p99", "ms", p99, f"<= {limit:g}", holds=p99 <= limit)


def visible(bench: Bench, sizes: Sizes, shop: Shop, peak: float) -> None:
    """Offer half the peak rate in batches of 1,000 events."""
    every = 1_000 / (peak / 2)
    count = max(20, int(sizes.seconds / every))
    taken = open_loop(shop, shop.batches(count * 1_000, 1.0, 1_000), every)
    percentiles(bench, f"visible: at {peak / 2:,.0f} events/s", taken, 20)


def expiry(bench: Bench, sizes: Sizes, shop: Shop) -> None:
    """Let a membership of every profile run out within one second, while 1,000 events a second come in real time."""
    shop.engine.define_segment("flash", "count(flash last 1h) >= 1")
    count = shop.profiles
    began = shop.now + 1_000
    for first in range(0, count, 100_000):
        number = np.arange(first, min(count, first + 100_000))
        flash = {
            "event_id": pa.array([f"flash{n}" for n in number]),
            "type": pa.array(["flash"] * len(number)),
            "time": pa.array((began + number * 1_000 // count).astype(np.int64)).cast(pa.timestamp("ms", "UTC")),
            "crm": pa.array(number).cast(pa.string()),
        }
        shop.track(pa.table(flash))
    shop.now = began + 3_600_000 - sizes.seconds * 500
    before = int(shop.engine.count("flash"))
    # What falls due in the hour that is left out here is no part of the second that is timed.
    shop.track(shop.batches(1, 1.0)[0])
    prepared = shop.batches(max(20, int(sizes.seconds * 10)) * 100, 1.0, 100)
    taken = open_loop(shop, prepared, 0.1)
    after = int(shop.engine.count("flash"))
    percentiles(bench, f"expiry: {count:,} memberships in one second", taken, 100)
    lost = abs(before - count) + after
    bench.add(Row("expiry: memberships lost", "count", lost, {}, equal=lost == 0, target="= 0", holds=lost == 0))


def new_segment(bench: Bench, shop: Shop) -> None:
    """Define a segment over the whole history in one thread while another goes on tracking, then edit it."""
    size = f"{shop.profiles:,} profiles, {shop.profiles * shop.each:,} events"
    for what, categories in (("live", '"c1", "c2", "c3"'), ("edited", '"c4", "c5", "c6"')):
        rule = f"count(purchase where item.category in {{{categories}}} last 80d) >= 2"
        taken, slowest = while_tracking(shop, rule)
        bench.report(f"segment: {what} over {size}", "s", taken, "<= 5", holds=taken <= 5)
        bench.report(f"segment: {what}: slowest batch meanwhile", "ms", slowest)


def while_tracking(shop: Shop, rule: str) -> tuple[float, float]:
    """Define while another thread tracks: seconds until it answers, and milliseconds of the slowest batch meanwhile."""
    prepared = iter(shop.batches(100 * BATCH, 1.0))
    over = threading.Event()
    waits: list[float] = []

    def ingest() -> None:
        while not over.is_set() and (batch := next(prepared, None)) is not None:
            began = time.perf_counter()
            shop.track(batch)
            waits.append((time.perf_counter() - began) * 1_000)

    thread = threading.Thread(target=ingest)
    thread.start()
    began = time.perf_counter()
    shop.engine.define_segment("new", rule)
    shop.engine.count("new")
    taken = time.perf_counter() - began
    over.set()
    thread.join()
    return taken, max(waits, default=0.0)


def memory(bench: Bench, shop: Shop) -> None:
    """Report every part by what it grows with: items do not, events do, the rest is of profiles."""
    for part, size in shop.engine.memory().items():
        if part in {"history", "derived", "event_ids"}:
            bench.report(f"memory: {part}", "bytes/event", size / shop.drawn)
        elif part != "items":
            bench.report(f"memory: {part}", "bytes/profile", size / shop.profiles)


def large(bench: Bench, profiles: int, each: int, sizes: Sizes) -> None:
    """Report rates and memory of very many profiles, what the process holds beside the engine's own account."""
    before = resident()
    shop = Shop(profiles, each)
    shop.load()
    both_rates(bench, shop, sizes.levels[-1], sizes)
    memory(bench, shop)
    held = (resident() - before) / 1e9
    bench.report(f"memory: {profiles:,} profiles with {each} events each", "GB", held, "<= 24", holds=held <= 24)
    shop.engine.close()


def resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def long(bench: Bench, profiles: int, each: int) -> None:
    """Define and edit a segment over a long history."""
    shop = Shop(profiles, each)
    shop.load()
    new_segment(bench, shop)
    shop.engine.close()


# --- peers -----------------------------------------------------------


def peers(bench: Bench, sizes: Sizes) -> None:
    """After each batch: all segments anew in one statement, against asking what is kept live."""
    shop = Shop(sizes.small)
    shop.load(keep=True)
    in_sql = [(name, one) for name, one in segments(200).items() if one.sql][:100]
    wanted = dict(in_sql)
    shop.define(wanted)
    asked = {name: one.sql for name, one in in_sql}
    contenders = {name: make(pa.concat_tables(shop.raw), asked) for name, make in MAKERS.items() if installed(name)}
    times: dict[str, list[float]] = {name: [] for name in ("treffer", *contenders)}
    equal = True
    for _ in range(sizes.batches):
        first, raw = shop.drawn, shop.draw(BATCH, shop.slow)
        batch, now = events(raw, first), int(raw["time"][-1].as_py())
        began = time.perf_counter()
        shop.track(batch)
        sizes_live = [int(shop.engine.count(name)) for name in wanted]
        times["treffer"].append((time.perf_counter() - began) * 1e6)
        expected = [
            (size, int(pc.sum(shop.engine.members(name).ids("crm").cast(pa.int64())).as_py() or 0))
            for name, size in zip(wanted, sizes_live, strict=True)
        ]
        for name, contender in contenders.items():
            began = time.perf_counter()
            answer = contender(raw, now)
            times[name].append((time.perf_counter() - began) * 1e6)
            equal = equal and answer == expected
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    ours = medians.pop("treffer")
    case = f"peers: {len(wanted)} segments after {BATCH:,} events, {shop.profiles:,} profiles"
    bench.add(Row(case, "us", ours, medians, equal=equal, target="", holds=None))


# --- all -------------------------------------------------------------

ON_THE_MAIN = ("stream", "visible", "expiry", "segment", "memory")
CASES = (*ON_THE_MAIN, "untouched", "large", "long", "peers")


def main() -> int:
    """Run the chosen parts, those on the main population first."""
    asking = parser(__doc__ or "")
    asking.add_argument("--full", action="store_true", help="10M profiles and 100M events too")
    asking.add_argument("--case", action="append", choices=CASES, help="one part; may be repeated")
    options = asking.parse_args()
    if not options.full and {"large", "long"} & set(options.case or ()):
        asking.error("--case large and --case long run with --full only")
    sizes = QUICK if options.quick else WHOLE if options.full else FULL
    chosen = options.case or CASES
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    bench = Bench("live", 1)
    if set(chosen) & set(ON_THE_MAIN):
        on_the_main(bench, sizes, chosen)
    # Not before, for what lies idle meanwhile may be taken from the main population.
    if "stream" in chosen:
        stream_of_few(bench, sizes)
    if "untouched" in chosen:
        untouched(bench, sizes)
    if sizes.large and "large" in chosen:
        large(bench, *sizes.large, sizes)
    if sizes.long and "long" in chosen:
        long(bench, *sizes.long)
    if "peers" in chosen:
        peers(bench, sizes)
    return bench.finish()


def on_the_main(bench: Bench, sizes: Sizes, chosen: Sequence[str]) -> None:
    """Load the main population once for all parts that stand on it."""
    shop = Shop(sizes.profiles)
    began = time.perf_counter()
    shop.load()
    bench.report("loading the history", "events/s", shop.profiles * PER_PROFILE / (time.perf_counter() - began))
    peak = stream(bench, sizes, shop) if "stream" in chosen else both_rates(bench, shop, sizes.levels[-1], sizes)
    if "memory" in chosen:
        memory(bench, shop)
    if "visible" in chosen:
        visible(bench, sizes, shop, peak)
    if "segment" in chosen:
        new_segment(bench, shop)
    if "expiry" in chosen:
        expiry(bench, sizes, shop)
    shop.engine.close()


if __name__ == "__main__":
    sys.exit(main())
