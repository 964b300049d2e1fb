"""The command `treffer`: serve, load, import, count, explain, check, match, what came of that, demo."""

from __future__ import annotations

import datetime as dt
import io
import json
import logging
import sys
from dataclasses import replace
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.logging import RichHandler

import treffer
from treffer import complaint, draft, mapping
from treffer.auction import Basis, response_text
from treffer.errors import InvalidArgument, TrefferError
from treffer.files import Form
from treffer.intake import Intake
from treffer.mapping import ColumnMap, Loadable
from treffer.settings import Clock  # noqa: TC001 - typer reads annotations at run time
from treffer.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treffer.declarations import Declaration
    from treffer.hindsight import Delivery, DryRun, Replay
    from treffer.tally import Tally

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
Ignore = Annotated[
    list[str] | None, typer.Option(help="A column to pass over; may be repeated. * for all that nothing declares.")
]
Preset = Annotated[
    str | None, typer.Option(help="Declare presets first: commerce, openrtb, or both as commerce,openrtb.")
]

RULE_HELP = "A rule, or the bare name of a segment."


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line; ends with 0, 1 (failed), 2 (asked wrongly) or 130 (interrupted)."""
    words = list(sys.argv[1:] if args is None else args)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Where letters cannot be shown the answer is still given.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app(words, prog_name="treffer")
    except (TrefferError, OSError, ModuleNotFoundError, ValueError, OverflowError, RecursionError) as error:
        # The last three are of words that no field of a message, no setting and no reader of JSON takes.
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
            say(f"serving on {server.target}")
            server.wait()


@app.command()
def load(
    what: Annotated[Loadable, typer.Argument(help="What the rows are.")],
    file: Annotated[Path, typer.Argument(help="A CSV or Parquet file whose columns are named as declared.")],
    target: Target = None,
    ignore: Ignore = None,
    *,
    as_json: Json = False,
) -> None:
    """Load items, profiles or events from a file into a served engine: `import` without a mapping."""
    with treffer.connect(target) as engine:
        tally = Intake(what, file, ColumnMap(ignore=frozenset(ignore or ())), Form()).run(engine)
    told(tally, as_json=as_json)


@app.command("import")
def import_(  # noqa: PLR0913, PLR0917 - options of a command are parameters here
    file: Annotated[Path, typer.Argument(help="A .csv, .csv.gz or .parquet file, of any size.")],
    target: Target = None,
    what: Annotated[Loadable, typer.Option("--as", help="What the rows are.")] = "events",
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="NAME=COLUMN: where a column of the batch comes from.")
    ] = None,
    constants: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=TEXT: what every row holds, such as type=purchase.")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--mapping", help="A TOML file with map, set, ignore, event_id, time_format, separator."),
    ] = None,
    ignore: Ignore = None,
    event_id: Annotated[Literal["row"] | None, typer.Option(help="Make event ids of file name and row.")] = None,
    time_format: Annotated[
        str | None, typer.Option(help="iso (the default), unix, unix_ms, or a format such as %d.%m.%Y.")
    ] = None,
    separator: Annotated[str | None, typer.Option(help="What stands between the members of a string set.")] = None,
    delimiter: Annotated[str, typer.Option(help="What stands between cells of CSV.")] = ",",
    encoding: Annotated[str, typer.Option(help="How text in CSV is encoded.")] = "utf-8",
    null: Annotated[list[str] | None, typer.Option(help="What a missing cell of CSV holds, beside nothing.")] = None,
    refused: Annotated[
        Path | None, typer.Option(help="Write the refused rows here, as CSV with row, field, reason and message.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Import a file with names of its own into a served engine. Doing it again is harmless: events count once."""
    said = ColumnMap() if table is None else mapping.read(table)
    said = replace(
        said,
        columns={**said.columns, **mapping.pairs(columns or (), "map")},
        constants={**said.constants, **mapping.pairs(constants or (), "set")},
        ignore=said.ignore | set(ignore or ()),
        row_ids=said.row_ids or event_id == "row",
        time_format=time_format or said.time_format,
        separator=separator or said.separator,
    )
    form = Form(delimiter.replace("\\t", "\t"), encoding, frozenset(null or ()))
    with treffer.connect(target) as engine:
        tally = Intake(what, file, said, form).run(engine, refused)
    told(tally, as_json=as_json)


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
        say(str(found))


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
        say(checked)


@app.command("match")
def match_(  # noqa: PLR0913 - options of a command are parameters here
    request: Annotated[
        Path, typer.Argument(help="A file with an OpenRTB bid request in JSON; - reads standard input.")
    ],
    target: Target = None,
    exchange: Annotated[str, typer.Option(help="What ctx.exchange is.")] = "",
    line_items: Annotated[
        list[str] | None, typer.Option("--line-item", help="With --why, only this one; may be repeated.")
    ] = None,
    *,
    why: Annotated[bool, typer.Option("--why", help="Say of line items what speaks against them.")] = False,
    as_json: Json = False,
) -> None:
    """Decide an auction: who may bid, at what price, and why not the others. Ends with 1 where nobody bids."""
    body = sys.stdin.buffer.read() if str(request) == "-" else request.read_bytes()
    with treffer.connect(target) as engine:
        (answer,) = engine.bid([body], exchange=exchange, reasons=True)
        verdicts = engine.explain_match(body, line_items or ()) if why and answer.fault is None else ()
    response = answer.to_dict()
    if as_json:
        told_json = {"response": response, "fault": answer.fault}
        out.print_json(json.dumps(told_json | ({"why": [one.to_dict() for one in verdicts]} if why else {})))
    else:
        say(response_text(response, answer.fault))
        for verdict in verdicts:
            say(str(verdict))
    if not response.get("seatbid"):
        raise typer.Exit(1)


@app.command("explain-decision")
def explain_decision(  # noqa: PLR0913, PLR0917 - options of a command are parameters here
    request_id: Annotated[str, typer.Argument(help="The id of the request that was decided.")],
    target: Target = None,
    line_items: Annotated[
        list[str] | None, typer.Option("--line-item", help="Say all that spoke against this one; may be repeated.")
    ] = None,
    request: Annotated[
        Path | None, typer.Option(help="The OpenRTB request in JSON, where the log may not have it.")
    ] = None,
    basis: Annotated[
        str | None, typer.Option(help="VIEW:INDEX:HASH as the decision told it; a request that you bring needs it.")
    ] = None,
    exchange: Annotated[str, typer.Option(help="What ctx.exchange was.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Make a decision again, and say whether it is the same. Ends with 1 where it is not."""
    body = None if request is None else request.read_bytes()
    with treffer.connect(target) as engine:
        found = engine.explain_decision(
            request_id, line_items or (), request=body, basis=_basis(basis), exchange=exchange
        )
    told_answer(found, as_json=as_json)
    if not found:
        raise typer.Exit(1)


@app.command()
def delivery(
    line_item: Annotated[str, typer.Argument(help="The line item by name.")],
    target: Target = None,
    since: Annotated[str | None, typer.Option(help="From this instant on (ISO 8601).")] = None,
    step: Annotated[Literal["minute", "hour"], typer.Option(help="Minutes of the last hour, or hours.")] = "hour",
    *,
    as_json: Json = False,
) -> None:
    """Say why a line item delivers or does not: where it fell in sampled auctions, by time."""
    with treffer.connect(target) as engine:
        found = engine.delivery(line_item, since, step=step)
    told_answer(found, as_json=as_json)


@app.command("dry-run")
def dry_run(
    line_item: Annotated[Path, typer.Argument(help="A line item in JSON: name, campaign, rule, price, creatives ...")],
    target: Target = None,
    requests: Annotated[
        Path | None, typer.Option(help="OpenRTB requests in JSON, one on each line; by default those of the log.")
    ] = None,
    exchange: Annotated[str, typer.Option(help="What ctx.exchange is.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Say what would become of a line item that is not defined, in auctions that were or in given ones."""
    tried = draft.line_item(line_item.read_bytes())
    given = None if requests is None else draft.requests(requests.read_bytes())
    with treffer.connect(target) as engine:
        found = engine.dry_run(tried, given, exchange=exchange)
    told_answer(found, as_json=as_json)


@app.command("confirm-clock")
def confirm_clock(
    to: Annotated[str | None, typer.Argument(help="Up to which instant, in ISO 8601; without it up to now.")] = None,
    target: Target = None,
) -> None:
    """Let engine time go on after the system clock has jumped ahead by more than an hour."""
    with treffer.connect(target) as engine:
        engine.advance(to or dt.datetime.now(dt.UTC))


@app.command()
def demo(
    picture: Annotated[Path | None, typer.Option(help="Write segment sizes and their overlap here, as PNG.")] = None,
) -> None:
    """Load 1.47 million real purchases, define segments, count, explain, hold auctions, serve, and compare."""
    from treffer.demo import report  # noqa: PLC0415 - what it needs is installed only for the demo

    if not report.run(Console(), picture):
        raise typer.Exit(1)


def say(text: str) -> None:
    """Print what may hold texts of others."""
    out.print(visible(text), markup=False)


def told_answer(found: Delivery | DryRun | Replay, *, as_json: bool) -> None:
    """Print what auctions came to, afterwards."""
    if as_json:
        out.print_json(json.dumps(found.to_dict()))
    else:
        say(str(found))


def _basis(text: str | None) -> Basis | None:
    if text is None:
        return None
    try:
        view, index, request_hash = text.split(":")
        return Basis(int(view), int(index), int(request_hash, 16))
    except ValueError:
        raise InvalidArgument(f"basis: {text!r} is not VIEW:INDEX:HASH", field="basis") from None


def told(tally: Tally, *, as_json: bool) -> None:
    """Print what became of the rows of a file."""
    if as_json:
        out.print_json(json.dumps(tally.numbers()))
        return
    out.print(tally.table())
    for line in tally.samples():
        say(line)


def declarations(preset: str | None) -> tuple[Declaration, ...]:
    """The declarations of presets, named with commas between; none without one."""
    if preset is None:
        return ()
    found: list[Declaration] = []
    for name in preset.split(","):
        if name not in treffer.presets.BY_NAME:
            raise treffer.errors.NotFound(f"preset {name!r} is not known, only {', '.join(treffer.presets.BY_NAME)}")
        found += treffer.presets.BY_NAME[name]
    return tuple(found)
