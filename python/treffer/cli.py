"""The command `treffer`: serve, load, count, explain, check, demo."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler

import treffer
from treffer import complaint, files, progress
from treffer.errors import TrefferError
from treffer.settings import Clock  # noqa: TC001 - typer reads annotations at run time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treffer.declarations import Declaration

out = Console(highlight=False, soft_wrap=True)

app = typer.Typer(
    help="An audience matching engine: serve it, fill it, ask it. Settings: TREFFER_TARGET, TREFFER_TIMEOUT and so on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Target = Annotated[
    str | None, typer.Option(help="HOST:PORT of the server; by default $TREFFER_TARGET or 127.0.0.1:7411.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
At = Annotated[str | None, typer.Option(help="Decide for this instant (ISO 8601) and not for now.")]
Preset = Annotated[str | None, typer.Option(help="Declare a preset first: commerce.")]

RULE_HELP = "A rule, or the bare name of a segment."


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line; ends with 0, 1 (failed), 2 (asked wrongly) or 130 (interrupted)."""
    words = list(sys.argv[1:] if args is None else args)
    try:
        app(words, prog_name="treffer")
    except (TrefferError, OSError, ModuleNotFoundError) as error:
        sys.exit(complaint.made(error, as_json="--json" in words))
    except KeyboardInterrupt:
        sys.exit(130)


@app.command()
def serve(
    target: Target = None,
    clock: Annotated[Clock, typer.Option(help="What moves engine time.")] = "system",
    preset: Preset = None,
    *,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Listen beyond this machine, unencrypted, on a network that is trusted.")
    ] = False,
) -> None:
    """Serve an empty engine over gRPC until SIGTERM or Ctrl-C."""
    logging.basicConfig(level="INFO", format="%(message)s", handlers=[RichHandler(console=Console(stderr=True))])
    with treffer.open(clock=clock) as engine:
        engine.declare(declarations(preset))
        with treffer.serve(engine, target, insecure=insecure) as server:
            out.print(f"serving on {server.target}", markup=False)
            server.wait()


@app.command()
def load(
    what: Annotated[files.Loadable, typer.Argument(help="What the rows are.")],
    file: Annotated[Path, typer.Argument(help="A CSV or Parquet file whose columns are named as declared.")],
    target: Target = None,
    ignore: Annotated[list[str] | None, typer.Option(help="A column to pass over; may be repeated.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Load items, profiles or events from a file into a served engine."""
    with treffer.connect(target) as engine:
        table = files.table(file, engine.catalog())
        loader = {"items": engine.load_items, "profiles": engine.load_profiles, "events": engine.track}[what]
        with progress.rows(f"loading {what}", len(table)) as done:
            report = loader(table, ignore=ignore or (), progress=done)
    if as_json:
        numbers = {
            "accepted": report.accepted,
            "duplicates": report.duplicates,
            "blocked_ids": report.blocked_ids,
            "links_refused": report.links_refused,
        }
        out.print_json(json.dumps(numbers | {"refused": report.refused.to_pylist()}))
    else:
        out.print(str(report), markup=False)


@app.command()
def count(
    rule: Annotated[str, typer.Argument(help=RULE_HELP)], target: Target = None, at: At = None, *, as_json: Json = False
) -> None:
    """Count the profiles of an audience."""
    with treffer.connect(target) as engine:
        found = engine.count(rule, at=at)
    if as_json:
        time = found.view.time and found.view.time.isoformat()
        out.print_json(json.dumps({"count": found, "view": {"version": found.view.version, "time": time}}))
    else:
        out.print(f"{found:,}")


@app.command()
def explain(
    profile: Annotated[str, typer.Argument(help="Any id of the profile, such as crm:4711.")],
    segment: Annotated[str, typer.Argument(help=RULE_HELP)],
    target: Target = None,
    at: At = None,
    *,
    as_json: Json = False,
) -> None:
    """Say why a profile is in an audience, or why not."""
    with treffer.connect(target) as engine:
        found = engine.explain(profile, segment, at=at)
    if as_json:
        out.print_json(json.dumps(found.to_dict()))
    else:
        out.print(str(found), markup=False)


@app.command()
def check(
    rule: Annotated[str, typer.Argument(help="A rule.")],
    target: Target = None,
    preset: Annotated[
        str | None, typer.Option(help="Check against this preset (commerce) and not against a server.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Say whether a rule is right, and give it in canonical form."""
    with treffer.open() if preset else treffer.connect(target) as engine:
        engine.declare(declarations(preset))
        checked = engine.check(rule)
    if as_json:
        names = ("event_types", "attributes", "item_attributes", "segments")
        out.print_json(json.dumps({"rule": checked} | {name: getattr(checked, name) for name in names}))
    else:
        out.print(checked, markup=False)


@app.command()
def demo(
    picture: Annotated[Path | None, typer.Option(help="Write segment sizes and their overlap here, as PNG.")] = None,
) -> None:
    """Load 1.47 million real purchases, define segments, count, explain, serve, and compare."""
    from treffer.demo import report  # noqa: PLC0415 - what it needs is installed only for the demo

    if not report.run(Console(), picture):
        raise typer.Exit(1)


def declarations(preset: str | None) -> tuple[Declaration, ...]:
    """The declarations of a preset; none without one."""
    if preset is None:
        return ()
    if preset not in treffer.presets.BY_NAME:
        raise treffer.errors.NotFound(f"preset {preset!r} is not known, only {', '.join(treffer.presets.BY_NAME)}")
    return treffer.presets.BY_NAME[preset]
