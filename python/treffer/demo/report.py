"""`treffer demo`: load the year, define the segments, ask, serve, ask again over gRPC, compare."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import treffer
from treffer import presets
from treffer.demo import answers, data
from treffer.demo.segments import SEGMENTS
from treffer.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa
    from rich.console import Console

    from treffer.demo.answers import Answers
    from treffer.engine import Engine
    from treffer.report import Report

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


def load(engine: Engine, journey: data.Journey, console: Console | None = None) -> None:
    """Declare what the data needs and load all of it; a refused row raises `ValueError`, for none may be."""
    engine.declare(presets.commerce, data.DECLARATIONS)
    columns = (TextColumn("{task.description:24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=console is None) as progress:

        def loaded(what: str, table: pa.Table) -> Report:
            task = progress.add_task(what, total=table.num_rows)
            write = {"items": engine.load_items, "households": engine.load_profiles}.get(what, engine.track)
            report = write(table, progress=lambda rows: progress.update(task, completed=rows))
            progress.update(task, completed=table.num_rows)
            return report

        reports = (
            loaded("items", journey.items),
            loaded("households", journey.people),
            loaded("purchases", journey.purchases),
            loaded("campaigns received", journey.campaigns),
            loaded("coupons redeemed", journey.coupons),
        )
    for report in reports:
        if len(report.refused):
            raise ValueError(f"the demo's data was refused: {report!r}")


def define(engine: Engine) -> None:
    """Define all segments, in order: later ones name earlier ones."""
    for segment in SEGMENTS:
        engine.define_segment(*segment)


def run(console: Console, picture: Path | None = None) -> bool:
    """Show all of it, write the picture, and end with one line of JSON; whether gRPC answered the same."""
    watch = Stopwatch()
    with watch.stage("total"):
        with watch.stage("read"):
            journey = data.journey()
        with treffer.open(clock="events") as engine:
            with watch.stage("load"):
                load(engine, journey, console)
            with watch.stage("define"):
                define(engine)
            with watch.stage("ask"):
                here = answers.asked(engine)
            show(console, here)
            with watch.stage("ask_over_grpc"), serve(engine, "127.0.0.1:0") as server:
                console.print(f"\nThe same over gRPC at {server.target}: ", end="")
                with treffer.connect(server.target) as remote:
                    there = answers.asked(remote)
            console.print("[green]equal[/]" if here == there else "[bold red]not equal[/]")
        if picture is not None:
            with watch.stage("draw"):
                drawn = _drawn(here, picture)
            console.print(f"Sizes and overlaps as a picture: {drawn}")
    print(json.dumps(_summary(journey, here, watch, equal=here == there)), flush=True)  # noqa: T201 - for programs
    return here == there


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


def _drawn(found: Answers, picture: Path) -> Path:
    # Only the picture needs matplotlib, so only the picture loads it.
    from treffer.demo.picture import draw  # noqa: PLC0415

    return draw(found, picture)


def _summary(journey: data.Journey, found: Answers, watch: Stopwatch, *, equal: bool) -> dict[str, object]:
    """What a program may want of a run. `events` counts purchases; campaigns and coupons stand beside it."""
    return {
        "events": journey.purchases.num_rows,
        "campaigns_received": journey.campaigns.num_rows,
        "coupons_redeemed": journey.coupons.num_rows,
        "items": journey.items.num_rows,
        "profiles": found.profiles,
        "segments": found.sizes,
        "equal_over_grpc": equal,
        "seconds": {name: round(seconds, 3) for name, seconds in watch.seconds.items()},
    }
