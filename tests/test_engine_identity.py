"""`merge`, `unmerge`, `preview_link`, `merges`, households: which ids are one profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import shop
from treffer import Attribute, EventType, Namespace
from treffer.errors import FailedPrecondition, InvalidArgument, NotFound, ResourceExhausted

if TYPE_CHECKING:
    from treffer import Engine
    from treffer.tables import Row

EVERYBODY = "count(any) >= 0"


@pytest.fixture
def people(engine: Engine) -> Engine:
    """Customers, cookies and households; nobody yet."""
    engine.declare(
        Namespace("crm", unique=True, priority=9),
        Namespace("cookie"),
        Namespace("home", household=True),
        Attribute("country", "string"),
        EventType("visit", {}),
    )
    return engine


def visit(event_id: str, hours: float, **ids: str) -> Row:
    """A visit some hours ago."""
    return {"event_id": event_id, "type": "visit", "time": shop.ago(hours=hours), **ids}


def test_login_ties_the_visits_of_a_cookie_to_the_customer(people: Engine) -> None:
    """What the cookie did before counts for the customer, and there is one profile."""
    people.track([visit("e1", 5, cookie="a"), visit("e2", 4, crm="1", cookie="a")])

    assert 1 == people.count(EVERYBODY)
    assert people.explain("crm:1", "count(visit) = 2").holds
    assert people.explain("cookie:a", "count(visit) = 2").holds


def test_second_customer_on_a_cookie_is_refused_counted_and_logged(people: Engine) -> None:
    """The event is taken, the link is not."""
    people.track([visit("e1", 5, crm="1", cookie="a")])

    report = people.track([visit("e2", 4, crm="2", cookie="a")])

    assert (1, 1) == (report.accepted, report.links_refused)
    log = people.merges()
    assert [("merged", "e1", None), ("refused", "e2", "unique")] == [
        (one.outcome, one.event_id, one.obstacle) for one in log
    ]
    assert (1, 1, 0) == (log.links.kept, log.links.unique, log.links.apart)
    assert [2] == [one.sequence for one in people.merges(after=1)]
    assert 1 == len(people.merges(limit=1))


def test_unmerge_holds_until_a_merge_by_hand(people: Engine) -> None:
    """The same ids together once more change nothing, a command does."""
    people.track([visit("e1", 5, crm="1", cookie="a")])

    people.unmerge(["cookie:a"])
    people.track([visit("e2", 4, crm="1", cookie="a")])

    assert 2 == people.count(EVERYBODY)
    people.merge("cookie:a", "crm:1")
    assert 1 == people.count(EVERYBODY)
    assert "by_hand" == people.merges()[-1].cause


def test_preview_tells_what_would_join_and_changes_nothing(people: Engine) -> None:
    """Refused links carry their reason; a new id joins."""
    people.track([visit("e1", 5, crm="1", cookie="a")])

    joining = people.preview_link(["cookie:a", "crm:2", "cookie:new"])

    assert ("crm:2", {"crm:2", "cookie:new"}) == (joining.owner, set(joining.ids))
    assert {"cookie:a": "unique"} == joining.refused
    assert 1 == people.count(EVERYBODY)
    assert {"crm:1", "cookie:a"} == set(people.preview_link("cookie:a").ids)


def test_commands_that_cannot_be_raise_and_change_nothing(people: Engine) -> None:
    """Each fault has its own exception."""
    people.track([visit("e1", 5, crm="1", cookie="a"), visit("e2", 5, crm="2"), visit("e3", 5, cookie="c")])

    with pytest.raises(FailedPrecondition, match="unique"):
        people.merge("crm:1", "crm:2")
    with pytest.raises(NotFound):
        people.merge("crm:1", "crm:3")
    with pytest.raises(FailedPrecondition, match="never merged"):
        people.unmerge(["cookie:c"])
    with pytest.raises(FailedPrecondition, match="all ids"):
        people.unmerge(["cookie:a", "crm:1"])
    with pytest.raises(FailedPrecondition, match="one profile"):
        people.unmerge(["cookie:a", "crm:2"])
    with pytest.raises(InvalidArgument):
        people.unmerge([])
    with pytest.raises(InvalidArgument, match="household"):
        people.preview_link(["home:x"])
    with pytest.raises(ResourceExhausted):
        people.preview_link([f"cookie:{number}" for number in range(1_001)])
    assert 3 == people.count(EVERYBODY)


def test_households_count_once_in_counts_and_breakdowns(people: Engine) -> None:
    """Those without a household count for none."""
    people.load_profiles(
        [
            {"crm": "1", "home": "x", "country": "DE"},
            {"crm": "2", "home": "x", "country": "DE"},
            {"crm": "3", "home": "y", "country": "AT"},
            {"crm": "4", "home": "x", "country": "AT"},
            {"crm": "5", "country": "FR"},
        ]
    )
    people.define_segment("german", 'country = "DE"')

    assert (5, 2) == (people.count(EVERYBODY), people.count(EVERYBODY, unit="household"))
    parts = people.breakdown(EVERYBODY, by="country", unit="household")
    assert ({"AT": 2, "DE": 1}, 2) == (dict(parts), parts.total)
    assert {"german": 1} == dict(people.breakdown(EVERYBODY, by=["german"], unit="household"))
    with pytest.raises(InvalidArgument, match="unit"):
        people.count(EVERYBODY, unit="street")  # type: ignore[arg-type]


def test_log_names_ids_that_moved(people: Engine) -> None:
    """A late link moves a cookie to another customer: the two customers never were one."""
    people.track([visit("e1", 1, crm="1", cookie="a")])
    people.track([visit("e2", 2, crm="2", cookie="a")])

    assert [
        ("merged", ("crm:1", "cookie:a")),
        ("refused", ("crm:1", "cookie:a")),
        ("split", ("crm:1", "cookie:a")),
        ("merged", ("cookie:a", "crm:2")),
    ] == [(one.outcome, one.ids) for one in people.merges()]


def test_faults_of_ids_name_the_field_of_the_request(people: Engine) -> None:
    """Not the part of an id that could not be read."""
    people.track([visit("e1", 1, crm="1", cookie="a")])

    for field, ask in (
        ("a", lambda: people.merge("crm", "crm:1")),
        ("b", lambda: people.merge("crm:1", "crm")),
        ("ids", lambda: people.unmerge(["crm"])),
        ("ids", lambda: people.preview_link(["crm"])),
    ):
        with pytest.raises(InvalidArgument) as caught:
            ask()
        assert field == caught.value.field
    with pytest.raises(InvalidArgument, match="table of members"):
        people.declare(Namespace("profile"))
