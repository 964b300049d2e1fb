"""The command line: what it prints, for people and for programs, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import shop
import treffer
from shell import run
from treffer import complaint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from treffer import Engine
    from treffer.server import Server


@pytest.fixture
def server(local: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of the small shop, at which the command line finds it by the environment."""
    shop.fill(local)
    local.define_segment("wine_lovers", shop.WINE_LOVERS)
    with treffer.serve(local, "127.0.0.1:0") as server:
        monkeypatch.setenv("TREFFER_TARGET", server.target)
        yield server


@pytest.mark.usefixtures("server")
def test_count_prints_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    """A rule and a bare segment name, and for programs JSON with the view."""
    assert 0 == run("count", "wine_lovers")
    assert "2\n" == capsys.readouterr().out

    assert 0 == run("count", 'country = "DE"', "--at", "2024-06-01", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert 2 == answer["count"]
    assert answer["view"]["time"].startswith("2024-06-01")


@pytest.mark.usefixtures("server")
def test_explain_prints_a_tree(capsys: pytest.CaptureFixture[str]) -> None:
    """Why Anna is a wine lover."""
    assert 0 == run("explain", "crm:anna", "wine_lovers")
    assert "✓ " in capsys.readouterr().out

    assert 0 == run("explain", "crm:anna", "wine_lovers", "--json")
    assert json.loads(capsys.readouterr().out)["holds"] is True


@pytest.mark.usefixtures("server")
def test_check_prints_canonical_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Against the server's catalog."""
    assert 0 == run("check", 'age>3 and  segment("wine_lovers")')
    assert 'age > 3 and segment("wine_lovers")\n' == capsys.readouterr().out


def test_check_needs_no_server_with_a_preset(capsys: pytest.CaptureFixture[str]) -> None:
    """A rule can be checked on a train."""
    assert 0 == run("check", "count(purchase)>=2", "--preset", "commerce", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert ("count(purchase) >= 2", ["purchase"]) == (answer["rule"], answer["event_types"])

    assert 2 == run("check", "age > 1", "--preset", "banking")


def test_texts_of_others_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences in rules, ids and names are shown: they could hide what stands before them."""
    assert 2 == run("check", 'contry = "\x1b[2J"', "--preset", "commerce")

    told = capsys.readouterr().err
    assert "\\x1b[2J" in told
    assert "\x1b[2J" not in told


def test_fault_in_a_rule_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, the rule, and carets under what is wrong."""
    assert 2 == run("check", 'age > 1 and contry = "DE"', "--preset", "commerce")

    captured = capsys.readouterr()
    message, rule, mark = captured.err.splitlines()
    assert "" == captured.out
    assert "contry" in message
    assert '  age > 1 and contry = "DE"' == rule
    assert "              ^^^^^^" == mark


def test_fault_is_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """The same with field and position."""
    assert 2 == run("check", "contry = 1", "--preset", "commerce", "--json")

    error = json.loads(capsys.readouterr().err)["error"]
    assert ("InvalidArgument", "rule", [0, 6]) == (error["kind"], error["field"], error["position"])


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        (("count", "newsletter = \udcff"), {}),
        (("explain-decision", "r1", "--basis", "-1:-1:ff"), {}),
        (("explain-decision", "r1", "--basis", f"{2**64}:1:ff"), {}),
        (("count", "news"), {"TREFFER_TIMEOUT": "abc"}),
        (("count", "news"), {"TREFFER_OPENRTB_SOURCES": "{bad"}),
    ],
)
@pytest.mark.usefixtures("server")
def test_words_that_nothing_takes_are_a_fault(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    environment: dict[str, str],
) -> None:
    """Never a traceback."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert 2 == run(*words, "--json")

    captured = capsys.readouterr()
    assert "" == captured.out
    assert json.loads(captured.err)["error"]["message"]


@pytest.mark.parametrize(
    ("text", "position", "line", "mark"),
    [
        ("a b", (2, 3), "a b", "  ^"),
        ("a", (1, 1), "a", " ^"),
        ("first\nsecond x", (13, 14), "second x", "       ^"),
        ("käse = 🙂 x", (9, 10), "käse = 🙂 x", "          ^"),
        ("one\ntwo", (0, 7), "one", "^^^"),
        ("a\tb", (2, 3), "a b", "  ^"),
        ("", (0, 0), "", "^"),
    ],
)
def test_mark_stands_under_the_fault(text: str, position: tuple[int, int], line: str, mark: str) -> None:
    """Wide letters, several lines, tabs and the end of the text."""
    assert f"  {line}\n  {mark}" == complaint.marked(text, position)


def test_nobody_listening_fails_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    """Not the caller's fault."""
    assert 1 == run("count", "x", "--target", "127.0.0.1:1")
    assert "127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_load_takes_files(tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str) -> None:
    """An id of digits stays text, money stays exact, and refused rows are reported."""
    table = pa.table(
        {
            "event_id": ["1001", "1002", "1003"],
            "type": ["purchase", "purchase", "teleport"],
            "time": ["2024-06-29 10:00:00"] * 3,
            "crm": ["007", "007", "008"],
            "value": ["0.10", "0.20", "0.30"],
            "note": ["x", "y", "z"],
        }
    )
    path = tmp_path / f"events{suffix}"
    if suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        typed = table.set_column(2, "time", table["time"].cast(pa.timestamp("s")))
        pq.write_table(typed.set_column(4, "value", table["value"].cast(pa.decimal128(9, 2))), path)

    assert 0 == run("load", "events", str(path), "--ignore", "note", "--json")
    report = json.loads(capsys.readouterr().out)
    assert (2, 0, [2]) == (report["accepted"], report["duplicates"], [row["row"] for row in report["refused"]])
    assert 0 == run("count", "sum(purchase.value) = 0.30")
    assert "1\n" == capsys.readouterr().out


def test_load_of_a_missing_or_strange_file_is_refused(tmp_path: Path, server: Server) -> None:
    """Asked wrongly."""
    assert 2 == run("load", "items", str(tmp_path / "none.csv"), "--target", server.target)
    strange = tmp_path / "x.xlsx"
    strange.touch()
    assert 2 == run("load", "items", str(strange), "--target", server.target)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_stops_on_a_signal(number: signal.Signals) -> None:
    """A served engine answers, and ends in order when told to."""
    command = [sys.executable, "-m", "treffer", "serve", "--target", "127.0.0.1:0", "--preset", "commerce"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        target = process.stdout.readline().split()[-1]
        with treffer.connect(target) as remote:
            assert remote.catalog().event_types
        process.send_signal(number)

        assert 0 == process.wait(30)


def test_serving_the_world_must_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and why."""
    assert 2 == run("serve", "--target", "0.0.0.0:0")
    assert "insecure" in capsys.readouterr().err
