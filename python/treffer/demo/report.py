"""`treffer demo`: define segments, replay the year through them, ask, hold auctions, and all of it again over gRPC."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import treffer
from treffer import presets
from treffer.demo import answers, auctions, breathing, data
from treffer.demo.replay import RULES, drained, replay, unequal
from treffer.demo.segments import SEGMENTS
from treffer.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import Console

    from treffer.demo.answers import Answers
    from treffer.demo.auctions import Auctioned
    from treffer.demo.replay import Feed, Replay
    from treffer.engine import Engine

# The matrix that fits a terminal; the picture has all.
SHOWN: Final = ("active", "lapsed", "heavy", "wine_lovers", "private_label", "families", "campaign_moved", "win_back")


class Stopwatch:
    """Seconds by the name of a stage, in the order in which they were begun."""

    def __init__(self) -> None:
        """Begin with nothing measured."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a block under `name`; a second block of that name adds to the first."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun


def load(engine: Engine, journey: data.Journey) -> None:
    """Declare what the data needs, load items and households; a refused row raises `ValueError`, for none may be."""
    engine.declare(presets.commerce, presets.openrtb, data.DECLARATIONS)
    for report in (engine.load_items(journey.items), engine.load_profiles(journey.people)):
        if len(report.refused):
            raise ValueError(f"the demo's data was refused: {report!r}")


def define(engine: Engine) -> None:
    """Define all segments, in order: later ones name earlier ones."""
    for segment in SEGMENTS:
        engine.define_segment(*segment)


def run(console: Console, picture: Path | None = None) -> bool:
    """Show all of it, write the picture, and end with one line of JSON; whether all that should be equal is."""
    watch = Stopwatch()
    with watch.stage("total"):
        with watch.stage("read"):
            journey = data.journey()
        with treffer.open(clock="events") as engine:
            with watch.stage("load"):
                load(engine, journey)
            with engine.watch(ids=["crm"]) as changes:
                with watch.stage("define"):
                    define(engine)
                with watch.stage("replay"):
                    year = _replayed(engine, journey, console)
                with watch.stage("feed"):
                    feed = drained(engine, changes)
            with watch.stage("bulk"):
                faults = unequal(engine, feed)
            show_year(console, year, feed, faults)
            with watch.stage("ask"):
                here = answers.asked(engine)
            show(console, here)
            with watch.stage("book"):
                shown = auctions.booked(engine)
            with watch.stage("auctions"):
                auctioned = auctions.held(engine)
            show_auctions(console, auctioned, shown)
            with watch.stage("ask_over_grpc"), serve(engine, "127.0.0.1:0") as server:
                console.print(f"\nThe same over gRPC at {server.target}: ", end="")
                with treffer.connect(server.target) as remote:
                    equal = (here, auctioned) == (answers.asked(remote), auctions.held(remote))
            console.print("[green]equal[/]" if equal else "[bold red]not equal[/]")
        if picture is not None:
            with watch.stage("draw"):
                drawn = _drawn(here, year, picture)
            console.print(f"Sizes, the year and overlaps as a picture: {drawn}")
    summary = _loaded(journey) | _asked(here, equal=equal) | _lived(year, faults)
    summary |= {"auctions": auctioned.numbers() | {"shown": shown}} | _took(watch)
    print(json.dumps(summary), flush=True)  # noqa: T201 - for programs
    return equal and not faults


def _replayed(engine: Engine, journey: data.Journey, console: Console) -> Replay:
    columns = (TextColumn("{task.description:16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("replay", total=journey.events)
        return replay(
            engine,
            journey,
            lambda month, done: progress.update(task, description=f"replay {month}", completed=done),
        )


def show_year(console: Console, year: Replay, feed: Feed, faults: dict[str, str]) -> None:
    """Print the segments month by month, the feed of one, and whether live, bulk and feed tell of the same members."""

    def line(text: str = "", style: str = "") -> None:
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    line(
        f"\n{year.events:,} events in {year.seconds:.1f} s, {year.rate:,}/s, {len(RULES)} segments live all the while:"
    )
    line(
        f"{year.live['flips']:,} entered or left, {year.live['expiries']:,} of them because time passed, "
        "each told with its cause."
    )
    line("\nSegments breathing: members at the end of each month", "italic")
    for text in breathing.table(year, feed):
        line(text)
    line(f"\nThe feed of {breathing.FEED}: its last changes", "italic")
    for text in breathing.changes(feed):
        line(text)
    line()
    for name, fault in faults.items():
        line(f"{name}: {fault}", "bold red")
    if not faults:
        line(f"Live members = the rule in bulk = the feed added up, to the last member: {len(RULES)} segments", "green")


def show(console: Console, found: Answers) -> None:
    """Print sizes, overlaps, the breakdown and the explanation."""
    sizes = Table(title=f"{len(SEGMENTS)} segments over {found.profiles:,} households", title_justify="left")
    sizes.add_column("segment", style="bold", no_wrap=True)
    sizes.add_column("size", justify="right")
    sizes.add_column("who")
    for segment in SEGMENTS:
        sizes.add_row(segment.name, f"{found.sizes[segment.name]:,}", segment.description)

    overlap = Table(title="Who is in both", title_justify="left")
    overlap.add_column("", style="bold", no_wrap=True)
    places = [list(found.sizes).index(name) for name in SHOWN]
    for number in range(len(SHOWN)):
        overlap.add_column(str(number + 1), justify="right", no_wrap=True)
    for number, (name, place) in enumerate(zip(SHOWN, places, strict=True), 1):
        overlap.add_row(f"{number} {name}", *(f"{found.overlap[place][other]:,}" for other in places))

    divided, attribute = answers.DIVIDED
    breakdown = Table(title=f"{divided} by {attribute}", title_justify="left")
    breakdown.add_column(attribute, style="bold")
    breakdown.add_column("households", justify="right")
    for label, count in found.breakdown.items():
        breakdown.add_row(label, f"{count:,}")

    for table in (sizes, overlap, breakdown):
        console.print()
        console.print(table)
    console.print(f"\nWhy {found.profile} is in {answers.EXPLAINED}:")
    console.print(found.explained, markup=False, highlight=False, soft_wrap=True)


def show_auctions(console: Console, found: Auctioned, shown: int) -> None:
    """Print who won, where line items fell, one auction, and why one line item did not bid in it."""
    held = len(found.decisions)
    console.print(
        f"\n{held:,} auctions for households, {found.line_items} line items: held once, {shown:,} highest bids shown, "
        "the others called off, and all held again.",
        highlight=False,
        soft_wrap=True,
    )
    won = Table(title="The highest bids", title_justify="left")
    won.add_column("line item", style="bold", no_wrap=True)
    won.add_column("auctions", justify="right")
    for name, count in found.won.items():
        won.add_row(name, f"{count:,}")
    won.add_row("(no bid)", f"{held - found.answered:,}")

    reasons = Table(title="Why the others did not bid, counted in every auction", title_justify="left")
    reasons.add_column("fell at", style="bold", no_wrap=True)
    reasons.add_column("line items", justify="right")
    reasons.add_column("because")
    for stage, count in found.reasons.items():
        reasons.add_row(stage, f"{count:,}", auctions.STAGES[stage])
    reasons.add_row("(eligible)", f"{found.eligible:,}", "with the others: all, in all auctions")

    for table in (won, reasons):
        console.print()
        console.print(table)
    console.print(f"\nOne of them, for {found.household}:")
    console.print(found.shown, markup=False, highlight=False, soft_wrap=True)
    console.print("\nAll that spoke against one line item:")
    console.print(found.explained, markup=False, highlight=False, soft_wrap=True)


def _drawn(found: Answers, year: Replay, picture: Path) -> Path:
    # Only the picture needs matplotlib, so only the picture loads it.
    from treffer.demo.picture import draw  # noqa: PLC0415

    return draw(found, {name: year.sizes(name) for name in found.sizes}, picture)


def _loaded(journey: data.Journey) -> dict[str, object]:
    """What went in. `events` counts purchases; campaigns and coupons stand beside it."""
    return {
        "events": journey.purchases.num_rows,
        "campaigns_received": journey.campaigns.num_rows,
        "coupons_redeemed": journey.coupons.num_rows,
        "items": journey.items.num_rows,
    }


def _asked(found: Answers, *, equal: bool) -> dict[str, object]:
    return {"profiles": found.profiles, "segments": found.sizes, "equal_over_grpc": equal}


def _lived(year: Replay, faults: dict[str, str]) -> dict[str, object]:
    """What the year did; `replay` counts events of all types."""
    return {
        "months": year.months,
        "live_equals_bulk": not faults,
        "live": year.live,
        "replay": {"events": year.events, "seconds": round(year.seconds, 3), "events_per_second": year.rate},
    }


def _took(watch: Stopwatch) -> dict[str, object]:
    return {"seconds": {name: round(seconds, 3) for name, seconds in watch.seconds.items()}}
