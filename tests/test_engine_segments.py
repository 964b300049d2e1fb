"""`define_segment`, `segments`, `delete_segment`, `check`: named rules and whether they are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import shop
from treffer.errors import FailedPrecondition, InvalidArgument, NotFound, ResourceExhausted

if TYPE_CHECKING:
    from treffer import Engine


def test_segment_has_a_version_and_a_canonical_rule(filled: Engine) -> None:
    """An edit makes a new version; defining the same again does nothing."""
    first = filled.define_segment("germans", 'country   ="DE"', "who lives there")
    same = filled.define_segment("germans", 'country = "DE"', "who lives there")
    edited = filled.define_segment("germans", 'country in {"DE"}')

    assert ("germans", 'country = "DE"', "who lives there", 1) == (
        first.name,
        first.rule,
        first.description,
        first.version,
    )
    assert first == same
    assert 2 == edited.version
    assert edited == filled.segment("germans")


def test_segments_are_listed_by_name(filled: Engine) -> None:
    """All of them, however many pages that takes."""
    for number in range(1_005):
        filled.define_segment(f"s{number:04}", f"age > {number}")

    names = [segment.name for segment in filled.segments()]

    assert [f"s{number:04}" for number in range(1_005)] == names


def test_deleted_segment_is_gone(filled: Engine) -> None:
    """Its name is free again, and asking for it says so."""
    filled.define_segment("x", "age > 1")

    filled.delete_segment("x")

    assert () == filled.segments()
    with pytest.raises(NotFound):
        filled.count("x")


def test_used_segment_cannot_be_deleted(filled: Engine) -> None:
    """A rule never loses what it stands on."""
    filled.define_segment("x", "age > 1")
    filled.define_segment("y", 'segment("x")')

    with pytest.raises(FailedPrecondition, match="y"):
        filled.delete_segment("x")

    assert 2 == len(filled.segments())


@pytest.mark.parametrize("ask", ["segment", "delete_segment", "count", "members"])
def test_unknown_segment_is_not_found(filled: Engine, ask: str) -> None:
    """Whatever is asked of it, the name is said."""
    with pytest.raises(NotFound) as caught:
        getattr(filled, ask)("nobody")

    assert "nobody" in str(caught.value)
    assert {"noun": "segment", "name": "nobody"} == caught.value.metadata


def test_cycle_of_segments_is_refused(filled: Engine) -> None:
    """A segment cannot come to mean itself, by whichever way around."""
    filled.define_segment("a", "age > 1")
    filled.define_segment("b", 'segment("a") and age < 9')

    with pytest.raises(InvalidArgument) as caught:
        filled.define_segment("a", 'age > 1 and not segment("b")')

    assert "rule" == caught.value.field
    assert caught.value.position is not None
    assert "age > 1" == filled.segment("a").rule


def test_check_gives_the_canonical_text_and_the_names_in_it(filled: Engine) -> None:
    """Canonical text checks to itself."""
    filled.define_segment("x", "age > 1")

    rule = filled.check('age>=25   and segment("x") and count( purchase where item.category="wine" last 24h )>=2')

    assert 'age >= 25 and segment("x") and count(purchase where item.category = "wine" last 1d) >= 2' == rule
    assert rule == filled.check(rule)
    assert (("age",), ("purchase",), ("category",), ("x",)) == (
        rule.attributes,
        rule.event_types,
        rule.item_attributes,
        rule.segments,
    )


FAULTS = [
    pytest.param('contry = "DE"', "contry", id="unknown attribute"),
    pytest.param('age = "old"', 'age = "old"', id="type clash"),
    pytest.param("country >= 3", None, id="order of strings"),
    pytest.param("count(purchase last 0d) >= 1", "0d", id="empty window"),
    pytest.param("count(purchase between 2024-02-01 and 2024-01-01) >= 1", None, id="window backwards"),
    pytest.param("count(teleport) >= 1", "teleport", id="unknown event type"),
    pytest.param('count(purchase where item.colour = "red") >= 1', None, id="unknown item attribute"),
    pytest.param('age > 1 and age < 9 or country = "DE"', None, id="and mixed with or"),
    pytest.param("age > 1 and", None, id="unfinished"),
    pytest.param("(age > 1", None, id="unclosed"),
    pytest.param('country = "DE', None, id="unclosed text"),
    pytest.param("not " * 40 + "age > 1", None, id="too deep"),
    pytest.param("sequence(not purchase within 1d, product_view)", None, id="leading not"),
    pytest.param("age = 0.1234567", None, id="seven decimals"),
    pytest.param("", None, id="empty"),
    pytest.param("age > 1 🙂", "🙂", id="beyond the basic plane"),
]


@pytest.mark.parametrize(("rule", "fault"), FAULTS)
def test_faulty_rule_is_refused_where_it_is_wrong(filled: Engine, rule: str, fault: str | None) -> None:
    """The error points into the text, for check and define alike, and defines nothing."""
    for ask in (filled.check, lambda text: filled.define_segment("wrong", text)):
        with pytest.raises((InvalidArgument, ResourceExhausted, NotFound)) as caught:
            ask(rule)
        error = caught.value
        assert "rule" == error.field
        if isinstance(error, InvalidArgument):
            assert error.position is not None
            start, end = error.position
            assert 0 <= start <= end <= len(rule)
            assert fault is None or fault == rule[start:end]

    assert () == filled.segments()


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(" or ".join(["age = 1"] * 1_025), id="leaves"),
        pytest.param('country = "' + "x" * 16_400 + '"', id="text"),
        pytest.param(" or ".join(f'segment("s{n}")' for n in range(257)), id="segments"),
    ],
)
def test_rule_beyond_a_limit_is_refused(filled: Engine, rule: str) -> None:
    """Too large is said as such, with the limit."""
    for number in range(257):
        filled.define_segment(f"s{number}", "age > 1")

    with pytest.raises((ResourceExhausted, InvalidArgument)) as caught:
        filled.check(rule)

    assert "rule" == caught.value.field
    assert "limit" in str(caught.value)


def test_mixed_and_or_shows_both_readings(filled: Engine) -> None:
    """Who forgot parentheses sees what each would mean."""
    with pytest.raises(InvalidArgument) as caught:
        filled.check('age > 1 and age < 9 or country = "DE"')

    assert '(age > 1 and age < 9) or country = "DE"' in str(caught.value)
    assert 'age > 1 and (age < 9 or country = "DE")' in str(caught.value)


def test_misspelt_name_brings_a_suggestion(filled: Engine) -> None:
    """The nearest known name is offered."""
    with pytest.raises(InvalidArgument, match='did you mean "country"'):
        filled.count('contry = "DE"')


@pytest.mark.parametrize("name", ["", "two words", "1st", "x" * 129, "ä"])
def test_name_of_a_segment_must_be_a_word(filled: Engine, name: str) -> None:
    """Names are what people type: a refusal names the field."""
    with pytest.raises(InvalidArgument) as caught:
        filled.define_segment(name, "age > 1")

    assert "segment.name" == caught.value.field


def test_segment_is_live(filled: Engine) -> None:
    """What arrives later changes the members of a segment."""
    filled.define_segment("wine_lovers", shop.WINE_LOVERS)
    before = filled.count("wine_lovers")

    filled.track([shop.bought("new1", "dan", "merlot", "9.90", shop.ago(days=1))])
    filled.track([shop.bought("new2", "dan", "riesling", "12.50", shop.ago(hours=1))])

    assert (2, 3) == (before, filled.count("wine_lovers"))


def test_several_segments_are_defined_all_or_none(filled: Engine) -> None:
    """One may use those before it; a fault names its segment, and nothing of the batch stands then."""
    filled.define_segments({"wine": 'count(purchase where item.category = "wine") >= 1', "both": 'segment("wine")'})

    with pytest.raises(InvalidArgument) as caught:
        filled.define_segments({"fine": "age > 20", "bad": "agee > 20"})

    assert filled.count("wine") == filled.count("both") > 0
    assert caught.value.field.startswith("segments[1].")
    assert {"wine", "both"} <= {segment.name for segment in filled.segments()}
    assert "fine" not in {segment.name for segment in filled.segments()}
