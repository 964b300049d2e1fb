"""The command line about auctions afterwards: what it prints, for people and for programs, and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import treffer
from shell import run
from treffer import draft
from treffer.book import Advertiser, Campaign, Creative, LineItem
from treffer.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from treffer import Engine

REQUEST = {
    "id": "o1",
    "site": {"domain": "wine.example"},
    "device": {"geo": {"country": "DEU"}},
    "imp": [{"id": "1", "banner": {"w": 300, "h": 250}}],
}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine that keeps every auction and has decided one, and the server at which commands find it."""
    for name, value in {"LOG_ONE_IN": "1", "DELIVERY_ONE_IN": "1", "GDPR_UNLESS_SAID": "false"}.items():
        monkeypatch.setenv(f"TREFFER_{name}", value)
    with treffer.open(clock="manual") as engine, treffer.serve(engine, "127.0.0.1:0") as server:
        monkeypatch.setenv("TREFFER_TARGET", server.target)
        engine.advance("2026-03-01")
        engine.declare(treffer.presets.commerce, treffer.presets.openrtb)
        engine.book(
            Advertiser("shop"),
            Campaign("spring", "shop"),
            Creative("banner", sizes=[(300, 250)]),
            LineItem("everybody", "spring", 'ctx.country = "DE"', 1, creatives=["banner"]),
            LineItem("austrians", "spring", 'ctx.country = "AT"', 1, creatives=["banner"]),
        )
        yield engine


def test_a_decision_is_explained_by_its_id(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """From the log; with a line item all that spoke against it."""
    engine.bid([REQUEST])

    assert 0 == run("explain-decision", "o1", "--line-item", "austrians")
    shown = capsys.readouterr().out
    assert "the same answer, proven" in shown
    assert "✗ austrians: geo, " in shown
    assert 0 == run("explain-decision", "o1", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (True, True, "log") == (told["same"], told["proven"], told["source"])
    assert 2 == run("explain-decision", "o2")
    assert "o2" in capsys.readouterr().err


def test_a_request_is_brought_with_its_basis(
    engine: Engine, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """As the decision told it."""
    (answer,) = engine.bid([REQUEST])
    file = tmp_path / "request.json"
    file.write_text(json.dumps(REQUEST))
    assert answer.basis is not None
    basis = f"{answer.basis.view}:{answer.basis.index}:{answer.basis.request_hash:016x}"

    assert 0 == run("explain-decision", "o1", "--request", str(file), "--basis", basis)
    assert basis.split(":")[2] in capsys.readouterr().out
    assert 2 == run("explain-decision", "o1", "--request", str(file), "--exchange", "other")
    assert 2 == run("explain-decision", "o1", "--request", str(file), "--basis", "1:2")


def test_delivery_is_a_table(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """Of hours, with the stages at which it fell."""
    engine.bid([REQUEST])

    assert 0 == run("delivery", "austrians")
    head, first, *_ = capsys.readouterr().out.splitlines()[1:]
    assert ["geo"] == head.split()[-1:]
    assert first.startswith("2026-03-01 00:00")
    assert 0 == run("delivery", "everybody", "--step", "minute", "--json")
    assert 1 == json.loads(capsys.readouterr().out)["total"]["best"]


def test_a_line_item_is_tried_from_a_file(engine: Engine, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """On the log, and on requests of another file."""
    engine.bid([REQUEST])
    item, requests = tmp_path / "item.json", tmp_path / "requests.ndjson"
    said = {"name": "new", "campaign": "spring", "price": 2.5, "creatives": ["banner"], "rule": 'ctx.country = "DE"'}
    item.write_text(json.dumps(said | {"caps": [{"count": 3, "window": 86_400}]}))
    other = REQUEST | {"device": {"geo": {"country": "FRA"}}}
    requests.write_text("\n".join(json.dumps(one) for one in (REQUEST, other)))

    assert 0 == run("dry-run", str(item))
    shown = capsys.readouterr().out
    assert "cap_state_missing" in shown
    item.write_text(json.dumps(said))
    assert 0 == run("dry-run", str(item), "--requests", str(requests), "--json")
    told = json.loads(capsys.readouterr().out)
    assert (2, 1, {"geo": 1}) == (told["impressions"], told["eligible"], told["fallen"])
    assert ["2.500000"] * 5 == told["prices"][0]["quartiles"]
    item.write_text(json.dumps(said | {"prize": 1}))
    assert 2 == run("dry-run", str(item))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[", "line_item"),
        ("[]", "line_item"),
        ("{}", "line_item.name"),
        ('{"name": "x", "campaign": "c", "caps": 3}', "line_item.caps"),
        ('{"name": "x", "campaign": "c", "caps": [{"count": 1}]}', "line_item.caps[0].window"),
        ('{"name": "x", "campaign": "c", "caps": [{"count": 1, "window": "1d"}]}', "line_item.caps[0].window"),
        ('{"name": "x", "campaign": "c", "caps": [{"count": 1, "window": true}]}', "line_item.caps[0].window"),
        (
            '{"name": "x", "campaign": "c", "caps": [{"count": 1, "window": 99999999999999}]}',
            "line_item.caps[0].window",
        ),
        ('{"name": "x", "campaign": "c", "price": true}', "line_item.price"),
        ("[" * 100_000, "line_item"),
    ],
)
def test_a_damaged_line_item_names_its_field(text: str, field: str) -> None:
    """Before anybody is asked."""
    with pytest.raises(InvalidArgument) as fault:
        draft.line_item(text)

    assert field == fault.value.field


def test_requests_come_one_by_one_or_in_a_list() -> None:
    """And on lines of their own."""
    assert [b'{"id": "1"}'] == draft.requests(b'{"id": "1"}')
    assert [b'{"id": "1"}', b'{"id": "2"}'] == draft.requests(b'[{"id": "1"}, {"id": "2"}]')
    assert [b'{"id": "1"}', b"broken"] == draft.requests(b'{"id": "1"}\n\nbroken\n')
