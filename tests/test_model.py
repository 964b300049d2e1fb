"""The engine against a model in plain Python: whatever is done in whatever order, both answer alike."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import shop
import treffer

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE = [f"p{number}" for number in range(5)]
ITEMS = ["wine", "beer", "bread"]

people = st.sampled_from(PEOPLE)
hours = st.integers(0, 72)


@dataclass(frozen=True)
class Event:
    """A purchase."""

    event_id: str
    crm: str
    item: str
    hours: int

    def row(self) -> dict[str, object]:
        """As a batch has it."""
        time = shop.ago(hours=self.hours)
        return {"event_id": self.event_id, "type": "purchase", "time": time, "crm": self.crm, "item": self.item}


@dataclass
class Model:
    """What is true, in the obvious form."""

    now: dt.datetime = shop.NOW
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    voided: set[str] = field(default_factory=set)

    def seen(self, crm: str, item: str | None, span: dt.timedelta) -> int:
        """How many purchases of `crm` lie within the last `span`."""
        return sum(
            event.crm == crm
            and item in {None, event.item}
            and self.now - span < shop.ago(hours=event.hours) <= self.now
            for event in self.events.values()
            if event.event_id not in self.voided
        )


DAY = dt.timedelta(days=1)
RULES: dict[str, Callable[[Model, str], bool]] = {
    "count(purchase last 1d) >= 1": lambda m, p: m.seen(p, None, DAY) >= 1,
    "count(purchase last 3d) = 2": lambda m, p: m.seen(p, None, 3 * DAY) == 2,
    'count(purchase where item = "wine" last 2d) >= 1 and not (count(purchase where item = "beer" last 2d) >= 1)': (
        lambda m, p: m.seen(p, "wine", 2 * DAY) >= 1 and m.seen(p, "beer", 2 * DAY) == 0
    ),
    'country = "DE"': lambda m, p: m.attributes[p].get("country") == "DE",
    'country != "DE"': lambda m, p: m.attributes[p].get("country") not in {None, "DE"},
    "not (age >= 30)": lambda m, p: not m.attributes[p].get("age", 0) >= 30,
    'interests has "x" or age < 20': (
        lambda m, p: "x" in m.attributes[p].get("interests", ()) or m.attributes[p].get("age", 99) < 20
    ),
}


class Machine(RuleBasedStateMachine):
    """Does the same to both, and compares."""

    @initialize()
    def begin(self) -> None:
        """Open an engine."""
        self.model = Model()
        self.engine = treffer.open(clock="manual")
        self.engine.advance(shop.NOW)
        self.engine.declare(treffer.presets.commerce)
        for number, text in enumerate(RULES):
            self.engine.define_segment(f"s{number}", text)

    def teardown(self) -> None:
        """Close it."""
        self.engine.close()

    @rule(
        events=st.lists(
            st.builds(Event, st.integers(0, 15).map("e{}".format), people, st.sampled_from(ITEMS), hours), max_size=6
        )
    )
    def track(self, events: list[Event]) -> None:
        """Track events, some of them again, some under an id that is taken."""
        accepted = duplicates = 0
        refused = []
        for row, event in enumerate(events):
            first = self.model.events.setdefault(event.event_id, event)
            if first is event:
                accepted += 1
                self.model.attributes.setdefault(event.crm, {})
            elif first == event:
                duplicates += 1
            else:
                refused.append(row)

        report = self.engine.track([event.row() for event in events])

        assert (accepted, duplicates, refused) == (
            report.accepted,
            report.duplicates,
            report.refused["row"].to_pylist(),
        )

    @rule(
        crm=people,
        written=st.fixed_dictionaries(
            {},
            optional={
                "country": st.sampled_from(["DE", "AT", ""]),
                "age": st.integers(18, 40),
                "interests": st.sets(st.sampled_from("xyz")),
            },
        ),
    )
    def load(self, crm: str, written: dict[str, object]) -> None:
        """Write some attributes, later than all before."""
        self.model.attributes.setdefault(crm, {}).update(written)
        self.advance(dt.timedelta(milliseconds=1))

        assert 1 == self.engine.load_profiles([{"crm": crm, **written}]).accepted

    @rule(number=st.integers(0, 15))
    def void(self, number: int) -> None:
        """Take an event back."""
        event_id = f"e{number}"
        known, again = event_id in self.model.events, event_id in self.model.voided
        if known:
            self.model.voided.add(event_id)

        report = self.engine.void([event_id])

        assert (known and not again, again, not known) == (
            bool(report.accepted),
            bool(report.duplicates),
            bool(len(report.refused)),
        )

    @rule(span=st.sampled_from([dt.timedelta(hours=1), dt.timedelta(hours=24), dt.timedelta(milliseconds=1)]))
    def advance(self, span: dt.timedelta) -> None:
        """Let time pass."""
        self.model.now += span
        self.engine.advance(self.model.now)

    @invariant()
    def agree(self) -> None:
        """Every rule and its segment have exactly the members that the model says."""
        if not hasattr(self, "model"):
            return
        for number, (text, holds) in enumerate(RULES.items()):
            expected = {crm for crm in self.model.attributes if holds(self.model, crm)}
            members = self.engine.members(text)

            assert expected == set(members.ids("crm").to_pylist()), text
            assert len(expected) == self.engine.count(f"s{number}"), text


Machine.TestCase.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
TestModel = Machine.TestCase
