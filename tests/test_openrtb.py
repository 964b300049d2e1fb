"""OpenRTB in and out: requests in JSON get bid responses with reasons."""

from __future__ import annotations

import copy
import gzip
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

import treffer
from treffer import cli
from treffer.book import Advertiser, Campaign, Creative, LineItem, NativeAd, NativeImage, NativeTracker

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA: Final = Path(os.environ.get("TREFFER_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
REQUEST: Final[dict[str, Any]] = {
    "id": "r1",
    "imp": [{"id": "1", "banner": {"format": [{"w": 300, "h": 250}]}, "bidfloor": 0.5}],
    "site": {"domain": "wine.example"},
    "user": {"buyeruid": "ada"},
    "device": {"geo": {"country": "DEU"}},
    "regs": {"gdpr": 0},
}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[treffer.Engine]:
    """A shop with two line items, which reads `user.buyeruid` as `crm`."""
    monkeypatch.setenv("TREFFER_OPENRTB_BUYER", "crm")
    monkeypatch.setenv("TREFFER_OPENRTB_NOTICES", "https://bidder.example/notice")
    with treffer.open(clock="manual") as engine:
        engine.advance("2026-03-01")
        engine.declare(treffer.presets.commerce, treffer.presets.openrtb)
        engine.load_profiles([{"crm": "ada", "newsletter": True}])
        engine.book(
            Advertiser("shop", domain="shop.example", seat="s1"),
            Campaign("spring", "shop"),
            Creative("banner", sizes=[(300, 250)], domains=["shop.example"]),
            LineItem("readers", "spring", 'newsletter = true and ctx.country = "DE"', "1.25", creatives=["banner"]),
            LineItem("french", "spring", 'ctx.country = "FR"', 9, creatives=["banner"]),
        )
        yield engine


def without(*path: str) -> dict[str, Any]:
    """The request without one of its fields."""
    request = copy.deepcopy(REQUEST)
    inner = request
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return request


def test_a_request_gets_bids_and_the_reasons_of_the_rest(engine: treffer.Engine) -> None:
    """Ids, country, sizes and floor are understood; the answer names what exchanges need."""
    (answer,) = engine.bid([REQUEST], reasons=True)
    response = answer.to_dict()
    (seat,) = response["seatbid"]
    (bid,) = seat["bid"]

    assert answer.fault is None
    assert (response["id"], response["cur"], seat["seat"]) == ("r1", "USD", "s1")
    assert (bid["impid"], bid["price"], bid["adomain"], bid["w"], bid["h"]) == ("1", 1.25, ["shop.example"], 300, 250)
    assert "key=r1%2F1%2Freaders" in bid["nurl"]
    assert response["ext"]["seatnonbid"][0]["nonbid"][0]["ext"] == {"stage": "geo", "line_items": 1}


def test_a_bid_carries_the_markup_of_its_creative(engine: treffer.Engine) -> None:
    """With the key of the reservation; languages and domains are compared in lower case."""
    engine.book(
        Creative("shown", language="de-AT", domains=["A.example"], markup="https://c.example/${TREFFER_KEY}?x={key}"),
        LineItem("readers", "spring", "", "1.25", creatives=["shown"]),
    )
    (german,) = engine.bid([REQUEST | {"wlang": ["DE"]}])
    (blocked,) = engine.bid([REQUEST | {"badv": ["a.EXAMPLE"]}])
    (bid,) = german.to_dict()["seatbid"][0]["bid"]

    assert bid["adm"] == "https://c.example/r1%2F1%2Freaders?x={key}"
    assert "seatbid" not in blocked.to_dict()
    with pytest.raises(treffer.errors.ResourceExhausted, match=r"creative\.markup"):
        engine.book(Creative("long", markup="x" * 300_000))


NATIVE: Final = NativeAd(
    "https://shop.example/spring?k=${TREFFER_KEY}",
    titles=["Spring has come to every town", "Spring"],
    images=[NativeImage("https://cdn.example/main.jpg", 3, (1200, 627)), NativeImage("https://cdn.example/i.png", 1)],
    data=[(1, "Shop"), (12, "Buy")],
    trackers=[NativeTracker("https://t.example/i?${TREFFER_KEY}"), NativeTracker("https://t.example/v", event=2)],
    privacy_url="https://shop.example/privacy",
)


def native(**layout: object) -> dict[str, Any]:
    """A request for a native ad of such a layout."""
    return REQUEST | {"imp": [{"id": "1", "native": {"ver": "1.2", "request": json.dumps(layout)}}]}


def test_a_native_ad_is_put_together_for_each_layout(engine: treffer.Engine) -> None:
    """What is asked for is there under its number, what is required decides, and targeting knows the place."""
    engine.book(
        Creative("parts", media="native", native=NATIVE),
        LineItem("readers", "spring", 'ctx.native_placement = "in_feed"', "1.25", creatives=["parts"]),
    )
    title, icon = {"id": 7, "required": 1, "title": {"len": 25}}, {"id": 8, "img": {"type": 1, "wmin": 50}}
    events = [{"event": 1, "methods": [1]}]
    (full,) = engine.bid([native(plcmttype=1, assets=[title, icon], eventtrackers=events)])
    (short,) = engine.bid([native(plcmttype=1, assets=[title | {"title": {"len": 5}}])], reasons=True)
    (elsewhere,) = engine.bid([native(plcmttype=4, assets=[title])])
    (bid,) = full.to_dict()["seatbid"][0]["bid"]
    (fell,) = (own for own in short.to_dict()["ext"]["seatnonbid"][0]["nonbid"] if own["ext"]["stage"] == "creative")

    assert bid["mtype"] == 4
    assert json.loads(bid["adm"]) == {
        "ver": "1.2",
        "assets": [
            {"id": 7, "title": {"text": "Spring"}},
            {"id": 8, "img": {"url": "https://cdn.example/i.png", "type": 1}},
        ],
        "link": {"url": "https://shop.example/spring?k=r1%2F1%2Freaders"},
        "eventtrackers": [{"event": 1, "method": 1, "url": "https://t.example/i?r1%2F1%2Freaders"}],
    }
    assert fell["ext"]["line_items"] == 1
    assert "seatbid" not in elsewhere.to_dict()


@pytest.mark.parametrize(
    ("creative", "field"),
    [
        (Creative("x", media="banner", native=NATIVE), r"creative\.native"),
        (Creative("x", media="native", native=NATIVE, markup="{}"), r"creative\.native"),
        (Creative("x", media="native", native=NativeAd("")), r"creative\.native\.url"),
        (Creative("x", media="native", native=NativeAd("u", titles=["a", ""])), r"creative\.native\.titles\[1\]"),
        (
            Creative("x", media="native", native=NativeAd("u", data=[(1, "x" * 5_000)])),
            r"creative\.native\.data\[0\]\.value",
        ),
        (
            Creative("x", media="native", native=NativeAd("u", images=[NativeImage("")])),
            r"creative\.native\.images\[0\]\.url",
        ),
        (Creative("x", media="native", native=NativeAd("u", vast="x" * 300_000)), r"creative\.native"),
        (Creative("x", media="native", native=NativeAd("u", titles=["a"] * 65)), r"creative\.native\.titles"),
    ],
)
def test_a_native_ad_that_is_not_sound_is_refused(engine: treffer.Engine, creative: Creative, field: str) -> None:
    """With its field, and nothing is defined."""
    with pytest.raises(treffer.errors.TrefferError, match=field):
        engine.book(creative)


def test_without_consent_nobody_is_looked_up(engine: treffer.Engine) -> None:
    """The same request under GDPR without a consent string bids for nobody."""
    (answer,) = engine.bid([REQUEST | {"regs": {"gdpr": 1}}], reasons=True)
    response = answer.to_dict()

    assert "seatbid" not in response
    assert {one["ext"]["stage"] for one in response["ext"]["seatnonbid"][0]["nonbid"]} == {"geo", "consent"}


def test_without_consent_what_others_tell_of_the_person_is_not_used(engine: treffer.Engine) -> None:
    """Segments of data providers are about the person too."""
    engine.book(LineItem("told", "spring", 'ctx.data has "p:wine"', 2, creatives=["banner"]))
    request = REQUEST | {"user": {"data": [{"id": "p", "segment": [{"id": "wine"}]}]}}
    said, denied = engine.bid([request, request | {"regs": {"gdpr": 0, "coppa": 1}}])

    assert [bid["ext"]["line_item"] for bid in said.to_dict()["seatbid"][0]["bid"]] == ["told"]
    assert "seatbid" not in denied.to_dict()


def test_line_items_ask_where_when_and_by_whom_a_video_is_sold(engine: treffer.Engine) -> None:
    """Whoever asks for something else falls where the dimension stands, and nothing is longer than its pod."""
    asked = {
        "instream": 'ctx.placement = "instream" and ctx.skippable = "no" and ctx.slot_in_pod = "first"',
        "opening": 'ctx.start_delay = "pre_roll" and ctx.pod_sequence = "first"',
        "direct": 'ctx.supply_chain = "complete" and ctx.supply_chain_hops <= 1 and ctx.sellers has "x.example"',
        "late": 'ctx.start_delay = "post_roll"',
        "elsewhere": 'ctx.sellers has "y.example"',
    }
    engine.book(
        Creative("spot", media="video", duration=30),
        Creative("film", media="video", duration=90),
        *(LineItem(name, "spring", rule, 2, creatives=["spot"]) for name, rule in asked.items()),
        LineItem("long", "spring", "", 2, creatives=["film"]),
    )
    video = {"plcmt": 1, "skip": 0, "startdelay": 0, "podseq": 1, "slotinpod": 1, "poddur": 60}
    chain = {"complete": 1, "ver": "1.0", "nodes": [{"asi": "X.example", "sid": "7", "hp": 1}]}
    request = REQUEST | {"imp": [{"id": "1", "video": video}], "source": {"ext": {"schain": chain}}}
    fallen = {}
    for name in (*asked, "long"):
        (verdict,) = engine.explain_match(request, [name])
        fallen[name] = verdict.fell

    assert fallen == dict.fromkeys(("instream", "opening", "direct")) | {
        "late": "format",
        "elsewhere": "inventory",
        "long": "creative",
    }


def test_who_has_opted_out_in_a_state_is_not_looked_up(engine: treffer.Engine) -> None:
    """Texas, section 16 of a string of the Global Privacy Platform: opted out of targeted advertising, or not."""
    out, stays = (
        engine.bid([REQUEST | {"regs": {"gdpr": 0, "gpp": f"DBABEw~{core}", "gpp_sid": [16]}}], reasons=True)[
            0
        ].to_dict()
        for core in ("BVkAAAAAAA", "BVoAAAAAAA")
    )

    assert "seatbid" in stays
    assert {one["ext"]["stage"] for one in out["ext"]["seatnonbid"][0]["nonbid"]} == {"geo", "consent"}


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (b"{", ""),
        (without("id"), "id"),
        (without("imp"), "imp"),
        (without("site"), "site"),
        (REQUEST | {"app": {}}, "app"),
        (without("regs"), "regs.gdpr"),
        (REQUEST | {"imp": [{"id": "1"}]}, "imp[0]"),
        (REQUEST | {"imp": [{"id": "1", "banner": {}, "bidfloor": -1}]}, "imp[0].bidfloor"),
        (REQUEST | {"imp": [{"id": "1", "banner": {}, "bidfloorcur": "X"}]}, "imp[0].bidfloorcur"),
    ],
)
def test_what_cannot_be_read_is_a_no_bid_with_its_field(
    engine: treffer.Engine, request_: bytes | dict[str, Any], field: str
) -> None:
    """And the next request of the batch is answered."""
    refused, good = engine.bid([request_, REQUEST])

    assert refused.fault is not None
    assert field in refused.fault
    assert refused.to_dict()["nbr"] == 2
    assert good.to_dict()["seatbid"]


def test_real_requests_give_a_decision_or_a_fault(engine: treffer.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """1,194 requests of Prebid's examples, as they are and with the law settled."""
    path = DATA / "bid_requests_openrtb2.ndjson.gz"
    if not path.exists():
        pytest.skip(f"no {path.name}: the data is not on this machine")
    requests = gzip.decompress(path.read_bytes()).splitlines()
    monkeypatch.setenv("TREFFER_GDPR_UNLESS_SAID", "false")
    monkeypatch.setenv("TREFFER_OPENRTB_NEEDS_INVENTORY", "false")
    with treffer.open() as settled:
        answers = settled.bid(requests)
    faults = [answer.fault for answer in answers if answer.fault]

    assert len(engine.bid(requests)) == len(requests) == len(answers)
    assert len(faults) < 60, faults
    assert all(answer.to_dict()["id"] for answer in answers if not answer.fault)


def test_the_command_shows_bids_and_why_not_the_others(
    engine: treffer.Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`treffer match request.json --why`."""
    path = tmp_path / "request.json"
    path.write_text(json.dumps(REQUEST))
    steering = tmp_path / "steering.json"
    steering.write_text(json.dumps(REQUEST | {"imp": [REQUEST["imp"][0] | {"id": "\x1b[2J"}]}))
    with treffer.serve(engine, "127.0.0.1:0") as server:
        monkeypatch.setenv("TREFFER_TARGET", server.target)
        with pytest.raises(SystemExit):
            cli.main(["match", str(steering)])
        shown_as = capsys.readouterr().out
        with pytest.raises(SystemExit) as shown:
            cli.main(["match", str(path), "--why"])
        text = capsys.readouterr().out
        with pytest.raises(SystemExit) as told:
            cli.main(["match", str(path), "--why", "--line-item", "french", "--json"])
        said = json.loads(capsys.readouterr().out)

    assert shown.value.code == told.value.code == 0
    assert "\\x1b[2J" in shown_as
    assert "\x1b" not in shown_as
    assert "readers" in text
    assert '✗ french: geo, ctx.country = "FR"' in text
    assert [one["line_item"] for one in said["why"]] == ["french"]
