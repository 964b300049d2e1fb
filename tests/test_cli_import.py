"""`treffer import`: files with names of their own, into a real server, with every row accounted for."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import shop
import treffer
from treffer import cli, files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from treffer import Engine

SALES = """Invoice,Total,When,Customer
100,12.50,2024-06-01 10:00:00,7
101,0.10,2024-06-02 10:00:00,7
102,3.00,2024-06-03T10:00:00+02:00,08
"""
MAPPED = ("--map", "event_id=Invoice", "--map", "value=Total", "--map", "time=When", "--map", "crm=Customer")
AS_PURCHASES = (*MAPPED, "--set", "type=purchase")


@pytest.fixture(autouse=True)
def served(local: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A server of a declared, empty engine, at which the command line finds it; and the engine behind it."""
    local.declare(treffer.presets.commerce)
    with treffer.serve(local, "127.0.0.1:0") as server:
        monkeypatch.setenv("TREFFER_TARGET", server.target)
        yield local


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    """A file that names its columns as it likes."""
    return written(tmp_path / "sales.csv", SALES)


def written(path: Path, text: str) -> Path:
    """`path`, holding `text`."""
    path.write_text(text, encoding="utf-8")
    return path


def run(*words: object) -> int:
    """The exit code of an import."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["import", *map(str, words)])
    code = caught.value.code
    assert isinstance(code, int)
    return code


def imported(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    """What an import reports to programs."""
    code = run(*words, "--json")
    captured = capsys.readouterr()
    assert 0 == code, captured.err
    answer: dict[str, Any] = json.loads(captured.out)
    return answer


def refusals(report: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Row, field and reason of what was refused."""
    return [(one["row"], one["field"], one["reason"]) for one in report["refused"]]


def test_columns_are_mapped_and_constants_set(served: Engine, sales: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An id of digits stays text, money exact, and a time with a zone is that instant."""
    report = imported(capsys, sales, *AS_PURCHASES)

    assert (3, 0, []) == (report["accepted"], report["duplicates"], report["refused"])
    assert 1 == served.count("sum(purchase.value) = 12.60")
    assert ["08"] == served.members("sum(purchase.value) = 3").ids("crm").to_pylist()
    assert 1 == served.count("count(purchase between 2024-06-03T08:00:00Z and 2024-06-03T08:00:01Z) = 1")


def test_import_again_is_harmless(sales: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Events count once, also by ids of file and row, and wherever the file lies."""
    imported(capsys, sales, *AS_PURCHASES)
    by_row = (*AS_PURCHASES[2:], "--ignore", "Invoice", "--event-id", "row")
    elsewhere = sales.parent / "elsewhere"
    elsewhere.mkdir()

    again = imported(capsys, sales, *AS_PURCHASES)
    first = imported(capsys, sales, *by_row)
    second = imported(capsys, sales.rename(elsewhere / sales.name), *by_row)

    assert [(0, 3), (3, 0), (0, 3)] == [(one["accepted"], one["duplicates"]) for one in (again, first, second)]


def test_mapping_may_stand_in_a_file(served: Engine, sales: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is said on the command line comes on top."""
    mapping = written(
        sales.parent / "sales.toml",
        'event_id = "row"\nignore = ["*"]\n[map]\nvalue = "Total"\ntime = "When"\ncrm = "Customer"\n'
        '[set]\ntype = "purchase"\nchannel = "web"\n',
    )

    report = imported(capsys, sales, "--mapping", mapping, "--set", "channel=store", "--map", "order=Invoice")

    assert 3 == report["accepted"]
    assert 2 == served.count('count(purchase where channel = "store" and order in {"100", "102"}) = 1')


def test_bad_rows_are_refused_one_by_one_and_written_down(sales: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of the file's form, of its cells and of the engine's own judgement, in order, with what stood there."""
    written(
        sales,
        SALES
        + "103,cheap,2024-06-03,7\n"  # no number
        + "104,1.00,2024-06-03\n"  # a cell too few
        + "\n"
        + "105,1.00,yesterday,7\n"  # no instant
        + "106,1.00,2024-06-03,\n"  # nobody
        + "100,99.00,2024-06-01 10:00:00,7\n"  # the id of another
        + "107,1.00,2024-06-03,7\n",
    )
    bad = sales.parent / "bad.csv"

    report = imported(capsys, sales, *AS_PURCHASES, "--refused", bad)

    assert 4 == report["accepted"]
    expected = [
        (3, "value", "WRONG_TYPE"),
        (4, "", "MALFORMED"),
        (5, "time", "WRONG_TYPE"),
        (6, "id", "NO_ID"),
        (7, "event_id", "CONFLICT"),
    ]
    assert expected == refusals(report)
    assert {"WRONG_TYPE": 2, "MALFORMED": 1, "NO_ID": 1, "CONFLICT": 1} == report["refused_by_reason"]
    with bad.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(str(row), field, reason) for row, field, reason in expected] == [
        (row["row"], row["field"], row["reason"]) for row in rows
    ]
    assert all(row["message"] for row in rows)
    assert ["103", None, "105", "106", "100"] == [row["Invoice"] for row in rows]


def test_rows_keep_their_numbers_over_many_parts(
    sales: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file larger than what is read at a time gives the same answers as one read at once."""
    lines = [f"{row},1.00,2024-06-01,{1 + row % 50}" for row in range(3_000)]
    for row in (0, 1_234, 2_998, 2_999):
        lines[row] = "torn"
    lines[1_235] = "1235,free,2024-06-01,1"
    lines[2_000] = '2000,1.00,2024-06-01,"\n"'
    written(sales, "Invoice,Total,When,Customer\n" + "\n".join(lines))
    monkeypatch.setattr(files, "BLOCK", 4_096)

    report = imported(capsys, sales, *AS_PURCHASES)

    assert 2_995 == report["accepted"]
    assert [0, 1_234, 1_235, 2_998, 2_999] == [one["row"] for one in report["refused"]]


def test_bad_encoding_is_named_by_row(served: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The cell is at fault, not the file; said rightly, the same bytes are text."""
    path = tmp_path / "people.csv"
    path.write_bytes("crm,city\n1,Köln\n2,Bonn\n3,Fürth\n".encode("latin-1"))

    wrong = imported(capsys, path, "--as", "profiles")
    right = imported(capsys, path, "--as", "profiles", "--encoding", "latin-1")

    assert [(0, "city", "ENCODING"), (2, "city", "ENCODING")] == refusals(wrong)
    assert r"K\xf6ln" in wrong["refused"][0]["message"]
    assert (1, 3) == (wrong["accepted"], right["accepted"])
    assert 2 == served.count('city in {"Köln", "Fürth"}')


def test_utf8_with_a_mark_of_a_spreadsheet_and_semicolons(
    served: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mark is no part of the first name; sets are cut where said; other words for nothing are nothing."""
    path = tmp_path / "people.csv.gz"
    path.write_bytes(gzip.compress("crm;age;interests;city\n1;34;wine|art;Köln\n2;-;;\n".encode("utf-8-sig")))

    report = imported(
        capsys, path, "--as", "profiles", "--delimiter", ";", "--separator", "|", "--null", "-", "--map", "crm=crm"
    )

    assert (2, []) == (report["accepted"], report["refused"])
    assert 1 == served.count('age = 34 and interests has all {"wine", "art"} and city = "Köln"')
    assert 1 == served.count("not has(age) and not has(interests)")


@pytest.mark.parametrize(
    ("cell", "time_format"),
    [
        ("03.06.2024 08:00", "%d.%m.%Y %H:%M"),
        ("2024-06-03 10:00 +0200", "%Y-%m-%d %H:%M %z"),
        ("1717401600", "unix"),
        ("1717401600000", "unix_ms"),
        ("2024-06-03T08:00Z", "iso"),
    ],
)
def test_times_are_read_as_said(
    served: Engine, sales: Path, capsys: pytest.CaptureFixture[str], cell: str, time_format: str
) -> None:
    """All of them are the same instant; a cell that is none is its row's fault."""
    written(sales, f"Invoice,Total,When,Customer\n1,1,{cell},7\n2,1,soon,7\n")

    report = imported(capsys, sales, *AS_PURCHASES, "--time-format", time_format)

    assert [(1, "time", "WRONG_TYPE")] == refusals(report)
    assert 1 == served.count("count(purchase between 2024-06-03T08:00:00Z and 2024-06-03T08:00:00.001Z) = 1")


def test_parquet_keeps_its_types(served: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Typed columns go in as they are, text is read as in CSV, numbers may be times."""
    path = tmp_path / "sales.parquet"
    table = pa.table(
        {
            "n": ["1", "2", "3"],
            "total": pa.array(["1.00", "2.00", "many"]).dictionary_encode(),
            "when": pa.array([1_717_401_600] * 3, pa.int32()),
            "crm": ["a", "a", "b"],
            "qty": pa.array([1, 2, 3], pa.int16()),
        }
    )
    pq.write_table(table, path)
    mapped = ("--map", "event_id=n", "--map", "value=total", "--map", "time=when", "--map", "quantity=qty")

    report = imported(capsys, path, *mapped, "--set", "type=purchase", "--time-format", "unix")

    assert (2, [(2, "value", "WRONG_TYPE")]) == (report["accepted"], refusals(report))
    assert 1 == served.count("sum(purchase.value) = 3 and sum(purchase.quantity) = 3")


@pytest.mark.parametrize(
    ("words", "field", "mentioned"),
    [
        (("--map", "crm=Client"), "map", "Customer"),
        (MAPPED[:-2], "map", "namespace"),
        (MAPPED, "map", "type"),
        ((*MAPPED, "--set", "type"), "set", "NAME=TEXT"),
        ((*AS_PURCHASES, "--set", "quantity=many"), "set", "many"),
        ((*AS_PURCHASES, "--map", "crm=Invoice"), "map", "twice"),
        ((*AS_PURCHASES, "--set", "crm=7"), "map", "crm"),
        ((*AS_PURCHASES, "--encoding", "utf-16"), "encoding", "utf-16"),
        ((*AS_PURCHASES, "--encoding", "klingon"), "encoding", "klingon"),
        ((*AS_PURCHASES, "--delimiter", ";;"), "delimiter", ";;"),
        ((*AS_PURCHASES, "--delimiter", "é"), "delimiter", "é"),
        ((*AS_PURCHASES[:4], "--set", "type=purchase", "--map", "time=When", "--map", "kunde=Customer"), "map", "id"),
    ],
)
def test_mapping_that_does_not_fit_takes_nothing(
    sales: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], field: str, mentioned: str
) -> None:
    """Exit code 2, and what is there instead."""
    assert 2 == run(sales, *words, "--json")

    error = json.loads(capsys.readouterr().err)["error"]
    assert field == error["field"]
    assert mentioned in error["message"]
    assert 3 == imported(capsys, sales, *AS_PURCHASES)["accepted"]


def test_undeclared_column_is_the_engines_to_refuse(sales: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of a file is dropped in silence: passing over is said, for one column or for all others."""
    written(sales, SALES.replace("\n", ",x\n").replace("Customer,x", "Customer,colour"))

    assert 2 == run(sales, *AS_PURCHASES)
    assert "colour" in capsys.readouterr().err
    assert 3 == imported(capsys, sales, *AS_PURCHASES, "--ignore", "colour")["accepted"]
    assert 3 == imported(capsys, sales, *AS_PURCHASES, "--ignore", "*")["duplicates"]


@pytest.mark.parametrize(
    ("name", "content", "mentioned"),
    [
        ("x.csv", b"", "header"),
        ("x.csv", b"a,b,a\n1,2,3\n", "more than once"),
        ("x.csv", b"a," + b"b" * 200_000 + b"\n", "header"),
        ("x.csv", b"\xff\xfe,b\n", "utf-8"),
        ("x.csv.gz", b"no gzip", "x.csv.gz"),
        ("x.parquet", b"no parquet", "x.parquet"),
        ("x.xlsx", b"", "neither"),
    ],
)
def test_file_that_is_none_is_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, mentioned: str
) -> None:
    """Asked wrongly, with the file's name."""
    path = tmp_path / name
    path.write_bytes(content)

    assert 2 == run(path, *AS_PURCHASES)
    assert mentioned in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["map = 3", "[map]\nvalue = 3", 'columns = "x"', 'event_id = "column"', "[map", 'ignore = "x"\nset = []']
)
def test_mapping_file_that_is_none_is_said_so(sales: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    """A misspelt word is not passed over."""
    assert 2 == run(sales, "--mapping", written(sales.parent / "m.toml", text))
    assert "m.toml" in capsys.readouterr().err


def test_header_alone_is_nothing_to_do(sales: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No rows, no fault."""
    written(sales, SALES.splitlines()[0] + "\n")

    report = imported(capsys, sales, *AS_PURCHASES)

    assert (0, {}) == (report["accepted"], report["refused_by_reason"])


def test_people_get_a_table(sales: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts by what became of the rows, and the first refusals in words."""
    written(sales, f"{SALES}103,cheap,{dt.date(2024, 6, 3)},7\n100,12.50,2024-06-01 10:00:00,7\n")

    assert 0 == run(sales, *AS_PURCHASES)

    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [["accepted", "3"], ["duplicate", "1"], ["refused:", "WRONG_TYPE", "1"]] == said[:3]
    assert ["row", "3,", "value:"] == said[3][:3]


def test_items_go_in_too(served: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same command for whatever rows are."""
    path = written(tmp_path / "items.csv", "sku,cat\nriesling,wine\n")
    served.track(shop.EVENTS[:1])

    assert 1 == imported(capsys, path, "--as", "items", "--map", "item=sku", "--map", "category=cat")["accepted"]
    assert 1 == served.count('count(purchase where item.category = "wine") = 1')


@pytest.mark.parametrize("good", [0, 1])
def test_a_file_of_faults_alone_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str], good: int) -> None:
    """Every row is written down; nothing is sent where nothing is left."""
    text = "time,crm,value\n" + "2024-01-01,1,2\n" * good + "2024-01-01,1,x\n2024-01-01,1,y\n"
    file, refused = written(tmp_path / "bad.csv", text), tmp_path / "refused.csv"

    report = imported(capsys, file, "--set", "type=purchase", "--event-id", "row", "--refused", refused)

    assert (report["accepted"], report["refused_by_reason"]) == (good, {"WRONG_TYPE": 2})
    assert len(refused.read_text(encoding="utf-8").splitlines()) == 3


def test_refused_rows_do_not_go_over_what_is_read(sales: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file would be gone."""
    assert 2 == run(sales, *AS_PURCHASES, "--refused", sales)

    assert "refused" in capsys.readouterr().err
    assert sales.read_text(encoding="utf-8") == SALES


def test_links_that_are_refused_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two customers do not become one by a cookie that both have used."""
    text = "event_id,type,time,crm,cookie\n1,purchase,2024-01-01,7,c\n2,purchase,2024-01-02,8,c\n"
    file = written(tmp_path / "shared.csv", text)

    assert imported(capsys, file)["links_refused"] == 1
    assert 0 == run(file)
    assert "accepted" in capsys.readouterr().out


def test_instants_finer_than_they_are_kept_are_floored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As they are in batches."""
    rows = "".join(f"{n},purchase,2024-01-01T00:00:00.123{'9' * n}Z,7\n" for n in range(1, 10))
    file = written(tmp_path / "fine.csv", f"event_id,type,time,crm\n{rows}")

    assert imported(capsys, file)["accepted"] == 9


@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
def test_quote_that_is_never_closed_is_the_fault_of_its_row(
    served: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    """What it swallowed is no id; what stands before it is taken, and a cell that has lines and an end is one."""
    path = tmp_path / f"people.{suffix}"
    rows = 'city,crm\nRome,1\n"Bad\nIschl",2\nParis,"3\nOslo,4\nBern,5\n'
    path.write_bytes(gzip.compress(rows.encode()) if suffix == "csv.gz" else rows.encode())

    report = imported(capsys, path, "--as", "profiles")

    assert (2, [(2, "crm", "MALFORMED")]) == (report["accepted"], refusals(report))
    assert (2, 1) == (served.count("has(city)"), served.count('city = "Bad\nIschl"'))


def test_quoted_last_cell_may_have_lines(served: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends with its quote."""
    path = written(tmp_path / "people.csv", 'crm,city\n1,"Bad\nIschl"\n')

    assert 1 == imported(capsys, path, "--as", "profiles")["accepted"]
    assert 1 == served.count('city = "Bad\nIschl"')


def test_truncated_file_says_after_how_many_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They stand."""
    path = tmp_path / "people.csv.gz"
    packed = gzip.compress(b"crm,age\n" + b"".join(b"%d,%d\n" % (n, n % 90) for n in range(600_000)))
    path.write_bytes(packed[: len(packed) * 9 // 10])

    assert 2 == run(path, "--as", "profiles")
    assert "rows: " in capsys.readouterr().err


def test_header_alone_has_no_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With or without an end of the line."""
    for text in ("crm,age", "crm,age\n"):
        path = written(tmp_path / "people.csv", text)

        assert 0 == imported(capsys, path, "--as", "profiles")["accepted"]
