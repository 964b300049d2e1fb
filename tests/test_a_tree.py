"""The expressions of the a-tree crate's bench as rules of line items: they hold where the crate says so."""

from __future__ import annotations

import json
import os
import random
import re
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

import treffer
from treffer import Dimension
from treffer.auction import Auction, Consent, Impression, OfferedDeal
from treffer.book import Advertiser, Campaign, Creative, Deal, LineItem, NamedList
from treffer.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from treffer.auction import ContextValue

DATA: Final = Path(os.environ.get("TREFFER_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
FILE: Final = DATA / "a_tree_search.json"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"{FILE.name} is not in $TREFFER_TEST_DATA")

DIMENSIONS: Final = (
    Dimension("country", "choice", "geo"),
    Dimension("city", "vocabulary", "geo"),
    Dimension("exchange_id", "number", "inventory"),
    # Dimensions hold no truth values: a text stands for one.
    Dimension("private", "choice", "inventory"),
    Dimension("deals", "set", "deal"),
    Dimension("genres", "set", "audience"),
    Dimension("segment_ids", "set", "audience"),
)

# What events are made of beside the two of the file: every value decides at least one expression.
VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "private": (True, False),
    "exchange_id": (1, 2, 3, 4, 5, 50, 100, 101),
    "deals": (["deal-1"], ["deal-2", "deal-100"], ["deal-50", "deal-93"], ["deal-130", "deal-5"], ["deal-201"], ["x"]),
    "genres": (["games"], ["games", "action"], ["comedy", "music"], ["tv", "books"], ["games", "comedy", "x"]),
    "segment_ids": ([1, 2, 3, 4], [2, 3], [4, 5], [10], [13, 50], [7, 5001], [5001, 6000]),
    "country": ("US", "CA", "FR", "DE"),
    "city": ("QC", "Lyon"),
}
EVENTS: Final = 5_000
"""Of all their combinations so many are drawn."""
EXPLAINED: Final = 100
"""Of the first so many every line item is explained too."""
SAID: Final = Consent(gdpr=False)

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Joined:
    """Two parts and what joins them."""

    word: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """Not."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition on an attribute."""

    attribute: str
    operator: str
    value: Any


Node = Joined | Negated | Asked

# The crate's operators where the attribute is defined; `all of` asks whether all members of the event are among these.
OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "is": lambda said, _: said is True,
    "=": lambda said, asked: bool(said == asked),
    "in": lambda said, asked: said in asked,
    "one of": lambda said, asked: bool(set(said) & set(asked)),
    "all of": lambda said, asked: set(said) <= set(asked),
}
TOKEN: Final = re.compile(r'"[^"]*"|\[[^]]*\]|one of|all of|[\w-]+|=|\S')


def parsed(text: str, *, ands_bind: bool) -> Node:
    """Read an expression: `and` before `or` as the crate does since 0.6, or from left to right as it did before."""
    tokens = TOKEN.findall(text)

    def part() -> Node:
        word = tokens.pop(0)
        if word == "not":
            return Negated(part())
        if tokens and tokens[0] in {"=", "in", "one of", "all of"}:
            return Asked(word, tokens.pop(0), json.loads(tokens.pop(0)))
        return Asked(word, "is", None)

    alternatives: list[list[Node]] = [[part()]]
    whole: Node = alternatives[0][0]
    while tokens:
        word = tokens.pop(0)
        assert word in {"and", "or"}
        other = part()
        whole = Joined(word, (whole, other))
        if word == "and":
            alternatives[-1].append(other)
        else:
            alternatives.append([other])
    if not ands_bind:
        return whole
    joined = [Joined("and", tuple(parts)) if len(parts) > 1 else parts[0] for parts in alternatives]
    return Joined("or", tuple(joined)) if len(joined) > 1 else joined[0]


def holds(node: Node, event: Event) -> bool:
    """What the crate says of an event in which every attribute is defined."""
    match node:
        case Joined("and", parts):
            return all(holds(part, event) for part in parts)
        case Joined(_, parts):
            return any(holds(part, event) for part in parts)
        case Negated(inner):
            return not holds(inner, event)
        case Asked(attribute, operator, value):
            return OPERATORS[operator](event[attribute], value)


class Translation:
    """Rules for expressions, and the lists that they name."""

    def __init__(self, events: Sequence[Event]) -> None:
        """Translate for these events: `all of` means that none of the other members that events have is there."""
        self.lists: dict[str, list[str]] = {}
        sets = [name for name, value in events[0].items() if isinstance(value, list)]
        self._members = {name: {str(one) for event in events for one in event[name]} for name in sets}

    def rule(self, node: Node) -> str:  # noqa: PLR0911 - one return for each kind
        """Translate with every part in parentheses."""
        match node:
            case Joined(word, parts):
                return f" {word} ".join(f"({self.rule(part)})" for part in parts)
            case Negated(inner):
                return f"not ({self.rule(inner)})"
            case Asked(attribute, "is", _):
                return f'ctx.{attribute} = "true"'
            case Asked(attribute, "one of", values):
                return f"ctx.{attribute} has any {self._set(str(value) for value in values)}"
            case Asked(attribute, "all of", values):
                others = self._members[attribute] - {str(value) for value in values}
                return f"not ctx.{attribute} has any {self._set(others)}"
            case Asked(attribute, "in", values):
                return f"ctx.{attribute} in {{{', '.join(map(json.dumps, values))}}}"
            case Asked(attribute, operator, value):
                return f"ctx.{attribute} {operator} {json.dumps(value)}"

    def _set(self, texts: Iterator[str] | set[str]) -> str:
        """Write a few as they are; many have a list."""
        members = sorted(texts)
        if len(members) <= 200:
            return "{" + ", ".join(map(json.dumps, members)) + "}"
        self.lists[name := f"list {len(self.lists)}"] = members
        return f"list({json.dumps(name)})"


def said(value: object) -> ContextValue:
    """As auctions say it."""
    match value:
        case bool():
            return json.dumps(value)
        case list():
            return [str(one) for one in value]
        case int() | str():
            return value
    raise TypeError(value)


def matching(rules: Mapping[str, str], lists: Mapping[str, list[str]], events: Sequence[Event]) -> list[set[str]]:
    """Names of the rules that hold, event by event.

    Each line item bids on a deal of its own: an answer has the best bid on each deal, so all that are eligible.
    """
    impression = Impression(deals=[OfferedDeal(name) for name in rules])
    auctions = [
        Auction(f"{number}", (), {name: said(value) for name, value in event.items()}, [impression], consent=SAID)
        for number, event in enumerate(events)
    ]
    with treffer.open(clock="manual") as engine:
        engine.declare(DIMENSIONS)
        engine.book(
            *(NamedList(name, members) for name, members in lists.items()),
            *(Advertiser("crate"), Campaign("bench", "crate"), Creative("any")),
            *(Deal(name) for name in rules),
            *(LineItem(name, "bench", rule, 1, creatives=["any"], deals=[name]) for name, rule in rules.items()),
        )
        decisions = [
            one for start in range(0, len(auctions), 500) for one in engine.match(auctions[start : start + 500])
        ]
        found = [{bid.line_item for bid in decision.bids} for decision in decisions]
        explained = [
            {verdict.line_item for verdict in engine.explain_match(auction) if verdict}
            for auction in auctions[:EXPLAINED]
        ]
    assert all(len(names) == one.impressions[0].eligible for names, one in zip(found, decisions, strict=True))
    assert found[:EXPLAINED] == explained
    return found


@pytest.fixture(scope="module")
def bench() -> dict[str, Any]:
    """The file."""
    found: dict[str, Any] = json.loads(FILE.read_text())
    return found


@pytest.fixture(scope="module")
def events(bench: dict[str, Any]) -> list[Event]:
    """The two events of the file, and many more between whose values the expressions tell."""
    everything = [dict(zip(VALUES, values, strict=True)) for values in product(*VALUES.values())]
    return [*bench["events"], *random.Random(1).sample(everything, EVENTS)]  # noqa: S311 - a test


def expressions(bench: dict[str, Any], *, ands_bind: bool) -> dict[str, Node]:
    """All of the file by id."""
    return {str(one["id"]): parsed(one["expression"], ands_bind=ands_bind) for one in bench["expressions"]}


def test_the_expressions_match_the_events_as_in_the_crate(bench: dict[str, Any]) -> None:
    """Fully parenthesised, the first event matches two of the nine, the second one."""
    nodes, events = expressions(bench, ands_bind=True), bench["events"]
    translation = Translation(events)
    rules = {name: translation.rule(node) for name, node in nodes.items()}

    found = matching(rules, translation.lists, events)

    assert 9 == len(rules)
    assert [{"7", "1000"}, {"1000"}] == found


def test_the_expressions_tell_many_events_apart_as_the_crate_does(bench: dict[str, Any], events: list[Event]) -> None:
    """Every expression holds of some of 5,002 events, and of exactly those of which the crate's operators say so."""
    nodes, translation = expressions(bench, ands_bind=True), Translation(events)
    rules = {name: translation.rule(node) for name, node in nodes.items()}

    expected = [{name for name, node in nodes.items() if holds(node, event)} for event in events]

    assert expected == matching(rules, translation.lists, events)
    assert nodes.keys() == set[str]().union(*expected)


def test_read_from_left_to_right_they_match_as_in_older_versions_of_the_crate(
    bench: dict[str, Any], events: list[Event]
) -> None:
    """Until 0.5 `and` and `or` had one rank. What that makes too deep is refused with the limit, the rest is equal."""
    nodes, translation = expressions(bench, ands_bind=False), Translation(events)
    rules = {name: translation.rule(node) for name, node in nodes.items()}
    deep = {name: rules.pop(name) for name in ("7", "8")}

    expected = [{name for name in rules if holds(nodes[name], event)} for event in events]

    assert expected == matching(rules, translation.lists, events)
    for rule in deep.values():
        with pytest.raises(InvalidArgument, match="32"):
            matching({"deep": rule}, {}, [])
