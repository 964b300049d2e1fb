"""Corners of live profiles, each small enough to see."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pytest

import shop
import treffer
from treffer import EventType, ItemAttribute, Namespace
from treffer.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable

    from treffer import Engine

MINUTE: Final = dt.timedelta(minutes=1)


def visit(number: object, at: dt.datetime, kind: str = "visit", crm: str = "1") -> dict[str, object]:
    """An event of one person."""
    return {"event_id": str(number), "type": kind, "time": at, "crm": crm}


def test_an_age_begins_anew_where_retention_takes_the_past(engine: Engine, local: Engine) -> None:
    """And that is foreseen: what is explained and counted for an instant to come is what comes."""
    start = shop.NOW
    engine.declare(Namespace("crm"), EventType("visit"), EventType("ping", retention=20 * MINUTE))
    engine.define_segments({"noping": "count(ping) = 0", "calm": 'segment("noping") for 5m..'})
    engine.track([visit(1, start, "ping"), visit(2, start)])
    local.advance(start + MINUTE)

    told = engine.explain("crm:1", "calm")
    foreseen = [int(engine.count("calm", at=start + n * MINUTE)) for n in (19, 20, 24, 25)]

    assert told.until == start + 20 * MINUTE
    assert foreseen == [0, 1, 1, 1]
    local.advance(start + 20 * MINUTE)
    assert engine.segments_of("crm:1") == ("calm", "noping")


def test_sequences_over_what_is_kept_for_a_while_end_with_it(engine: Engine, local: Engine) -> None:
    """Steps and what must be absent alike, at the instant at which they leave retention."""
    start = shop.NOW
    engine.declare(Namespace("crm"), EventType("view"), EventType("ping", retention=30 * MINUTE))
    engine.define_segments({"then": "sequence(ping, view)", "silent": "sequence(view, not ping for 10m)"})
    engine.track([visit(1, start, "ping"), visit(2, start + MINUTE, "view"), visit(3, start + 2 * MINUTE, "ping")])
    rules = {name: engine.segment(name).rule for name in ("then", "silent")}
    for minutes in (3, 29, 30, 31, 32, 33):
        at = start + minutes * MINUTE
        local.advance(at)
        for name, rule in rules.items():
            assert (name in engine.segments_of("crm:1")) == bool(int(engine.count(f"({rule}) and count(any) >= 0")))
    assert engine.segments_of("crm:1") == ("silent",)


def test_a_lone_text_is_one_and_not_its_letters(engine: Engine) -> None:
    """Of what cannot be undone above all."""
    engine.declare(Namespace("crm", blocked=frozenset({"nobody"})), EventType("visit"))
    engine.track([visit("x", shop.NOW), visit("y", shop.NOW)])

    assert len(engine.void("xy").refused) == 1
    assert len(engine.void("x").refused) == 0
    report = engine.track([visit("z", shop.NOW) | {"note": "a"}], ignore="note")
    assert report.accepted == 1


def test_an_attribute_can_be_taken_away(engine: Engine, local: Engine) -> None:
    """As a write with a time of its own; of items too."""
    engine.declare(Namespace("crm"), treffer.Attribute("city", "string"), ItemAttribute("color", "string"))
    engine.load_profiles([{"crm": "1", "city": "Bonn"}, {"crm": "2", "city": "Bonn"}])
    engine.load_items([{"item": "a", "color": "red"}])

    old = engine.load_profiles([{"crm": "1", "time": shop.NOW - MINUTE}], unset=["city"])
    assert (old.accepted, int(engine.count("has(city)"))) == (1, 2)
    local.advance(shop.NOW + MINUTE)
    engine.load_profiles([{"crm": "1"}], unset="city")
    engine.load_items([{"item": "a"}], unset=["color"])
    assert int(engine.count("has(city)")) == 1
    for names in ("city", "nope"):
        with pytest.raises(InvalidArgument) as told:
            engine.load_profiles([{"crm": "1", "city": "Ulm"}], unset=[names])
        assert told.value.field == f"profiles.{names}"
    assert int(engine.count('city = "Ulm"')) == 0


def test_rows_leave_out_what_is_ignored_whatever_it_holds(engine: Engine) -> None:
    """As tables do."""
    engine.declare(Namespace("crm"), EventType("visit"))

    rows: list[dict[str, Any]] = [visit(1, shop.NOW) | {"payload": {"a": 1}}, visit(2, shop.NOW) | {"payload": 7}]
    report = engine.track(rows, ignore=["payload"])

    assert report.accepted == 2


def test_rows_that_say_nothing_are_counted(engine: Engine) -> None:
    """Each is at fault."""
    engine.declare(Namespace("crm"), EventType("visit"), ItemAttribute("color", "string"))

    assert len(engine.load_profiles([{}, {}]).refused) == 2
    assert len(engine.load_items([{}]).refused) == 1
    with pytest.raises(InvalidArgument):
        engine.track([{}, {}])


@pytest.mark.parametrize("value", [Decimal("NaN"), "a\ud800"])
def test_a_cell_that_has_no_place_in_a_table_is_named_with_its_row(engine: Engine, value: object) -> None:
    """Nothing is taken then."""
    engine.declare(Namespace("crm"), EventType("visit"))
    key = "channel" if isinstance(value, str) else "value"
    good = "web" if isinstance(value, str) else Decimal(1)

    with pytest.raises(InvalidArgument) as told:
        engine.track([visit(1, shop.NOW) | {key: good}, visit(2, shop.NOW) | {key: value}])

    assert told.value.field == f"rows[1].{key}"
    assert int(engine.count("count(any) >= 1")) == 0


def test_a_table_of_ignored_columns_is_as_rows(engine: Engine) -> None:
    """A table is not touched: the engine leaves the columns aside."""
    engine.declare(Namespace("crm"), EventType("visit"))
    table = pa.table({**{name: [cell] for name, cell in visit(1, shop.NOW).items()}, "note": [{"a": 1}]})

    assert engine.track(table, ignore="note").accepted == 1


def test_households_are_read_like_ids(engine: Engine) -> None:
    """A profile lives in one, or in none."""
    engine.declare(Namespace("crm"), Namespace("home", household=True))
    engine.load_profiles([{"crm": "1", "home": "x"}, {"crm": "2", "home": None}])
    engine.define_segment("all", "count(any) >= 0")

    assert engine.members("count(any) >= 0").ids("home").to_pylist() == ["x", None]
    with engine.watch("all", ids="home", cursor=0) as feed:
        assert next(feed).ids == ("home:x",)
        assert next(feed).ids == ()


@pytest.mark.parametrize("number", [-1, 2**64, 0.5, "1"])
@pytest.mark.parametrize(
    ("ask", "field"),
    [
        (lambda engine, n: engine.breakdown("age > 1", by="age", limit=n), "limit"),
        (lambda engine, n: engine.members("age > 1").sample(n), "n"),
        (lambda engine, n: engine.members("age > 1").sample(1, seed=n), "seed"),
        (lambda engine, n: engine.watch(cursor=n), "cursor"),
        (lambda engine, n: engine.merges(n), "after"),
        (lambda engine, n: engine.merges(limit=n), "limit"),
        (lambda engine, n: engine.declare(treffer.Namespace("own", limit=n)), "own.limit"),
        (lambda engine, n: engine.declare(treffer.Namespace("own", priority=n)), "own.priority"),
    ],
)
def test_number_that_the_wire_does_not_take_names_its_argument(
    engine: Engine, ask: Callable[[Engine, Any], object], field: str, number: object
) -> None:
    """As every other fault does."""
    engine.declare(treffer.presets.commerce)

    with pytest.raises(InvalidArgument) as caught:
        ask(engine, number)

    assert field == caught.value.field


def test_rule_that_is_taken_can_be_said_again_as_it_is_written_back(engine: Engine) -> None:
    """Near the limit too, where the blanks of the canonical text count."""
    engine.declare(treffer.presets.commerce)
    for count in range(1_600, 2_400, 100):
        rule = "country in {" + ",".join(f'"{n:05}"' for n in range(count)) + "}"
        try:
            canonical = engine.check(rule)
        except InvalidArgument as error:
            assert error.field == "rule"  # noqa: PT017 - either is right
        else:
            assert canonical == engine.check(canonical)


def test_instants_of_numpy_are_taken_and_what_is_none_is_refused_by_name(engine: Engine) -> None:
    """Analysts have `datetime64` in hand."""
    engine.declare(treffer.Namespace("crm"), treffer.Attribute("n", "integer"))
    engine.load_profiles([{"crm": "1", "n": 2}])

    assert 1 == engine.count("n > 1", np.datetime64("2026-05-01"))
    for wrong in (0, np.datetime64("NaT"), "soon", dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=14)))):
        with pytest.raises(InvalidArgument) as caught:
            engine.count("n > 1", wrong)  # type: ignore[arg-type]
        assert "at" == caught.value.field
