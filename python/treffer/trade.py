"""Between the nouns of auctions and the messages of the wire."""

from __future__ import annotations

import decimal
import json
from decimal import Decimal
from typing import TYPE_CHECKING

from google.protobuf.duration_pb2 import Duration

from treffer import codec
from treffer.auction import Auction, Basis, Bid, BidResponse, Decision, ImpressionDecision, Place, Verdict
from treffer.blame import all_checked, checked, lone
from treffer.book import (
    Advertiser,
    Campaign,
    CampaignStatus,
    Creative,
    Deal,
    LineItem,
    LineItemStatus,
    NamedList,
    Rate,
)
from treffer.errors import InvalidArgument
from treffer.v1 import book_pb2, common_pb2, match_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Final

    from treffer.auction import ContextValue, Impression, Offer, OfferedDeal
    from treffer.book import Amount, Cap, Entry, NativeAd
    from treffer.codec import When
    from treffer.view import View

MICRO: Final = Decimal("0.000001")

NOUNS: Final[dict[type, str]] = {
    NamedList: "list",
    Advertiser: "advertiser",
    Campaign: "campaign",
    Creative: "creative",
    Deal: "deal",
    LineItem: "line_item",
    Rate: "rate",
    CampaignStatus: "campaign_status",
    LineItemStatus: "line_item_status",
}

STATUSES: Final[dict[str, book_pb2.DeliveryStatus]] = {
    "active": book_pb2.DELIVERY_STATUS_ACTIVE,
    "paused": book_pb2.DELIVERY_STATUS_PAUSED,
    "archived": book_pb2.DELIVERY_STATUS_ARCHIVED,
}
MEDIA: Final[dict[str, book_pb2.MediaType]] = {
    "banner": book_pb2.MEDIA_TYPE_BANNER,
    "video": book_pb2.MEDIA_TYPE_VIDEO,
    "audio": book_pb2.MEDIA_TYPE_AUDIO,
    "native": book_pb2.MEDIA_TYPE_NATIVE,
}
PACINGS: Final[dict[str, book_pb2.Pacing]] = {"as_fast": book_pb2.PACING_AS_FAST, "even": book_pb2.PACING_EVEN}
ENCODINGS: Final[dict[str, match_pb2.OpenRtbEncoding]] = {
    "json": match_pb2.OPEN_RTB_ENCODING_JSON,
    "protobuf": match_pb2.OPEN_RTB_ENCODING_PROTOBUF,
}
UNITS: Final[dict[str, book_pb2.CapUnit]] = {
    "profile": book_pb2.CAP_UNIT_PROFILE,
    "household": book_pb2.CAP_UNIT_HOUSEHOLD,
}


def micros(amount: Amount, field: str) -> int:
    """An exact amount in micro units; `InvalidArgument` for what is none, and for more than six decimals."""
    if isinstance(amount, float):
        raise InvalidArgument(f"{field}: {amount!r} is a float; write Decimal or text", field=field)
    try:
        number = Decimal(amount)
        scaled = number / MICRO
        if not number.is_finite() or scaled != scaled.to_integral_value():
            raise InvalidArgument(f"{field}: {amount!r} has more than six decimals", field=field)
        return int(scaled)
    except (decimal.DecimalException, TypeError, ValueError) as error:
        raise InvalidArgument(f"{field}: {amount!r} is no amount", field=field) from error


def entries(all_entries: Iterable[Entry]) -> book_pb2.DefineEntriesRequest:
    """All entries in one request."""

    def message(place: int, one: Entry) -> book_pb2.Entry:
        noun = NOUNS.get(type(one))
        return checked(_entry, one, f"entries[{place}]" + (f".{noun}" if noun else ""))

    return book_pb2.DefineEntriesRequest(entries=(message(place, one) for place, one in enumerate(all_entries)))


def _entry(one: Entry) -> book_pb2.Entry:  # noqa: PLR0911 - one return for each kind
    match one:
        case NamedList():
            return book_pb2.Entry(list=book_pb2.NamedList(name=one.name, members=one.members))
        case Advertiser():
            return book_pb2.Entry(advertiser=_advertiser(one))
        case Campaign():
            return book_pb2.Entry(campaign=_campaign(one))
        case Creative():
            return book_pb2.Entry(creative=_creative(one))
        case Deal():
            return book_pb2.Entry(deal=book_pb2.AgreedDeal(id=one.id, seat=one.seat))
        case LineItem():
            return book_pb2.Entry(line_item=_line_item(one))
        case Rate():
            worth = micros(one.worth, "rate.worth")
            return book_pb2.Entry(rate=book_pb2.CurrencyRate(currency=one.currency, worth_micros=worth))
        case CampaignStatus():
            return book_pb2.Entry(campaign_status=_status_edit(one))
        case LineItemStatus():
            return book_pb2.Entry(line_item_status=_status_edit(one))
    raise InvalidArgument(f"entries: {one!r} is no entry of the book", field="entries")


def _status_edit(one: CampaignStatus | LineItemStatus) -> book_pb2.StatusEdit:
    return book_pb2.StatusEdit(name=one.name, status=codec.word(STATUSES, one.status, "status"))


def _advertiser(one: Advertiser) -> book_pb2.Advertiser:
    return book_pb2.Advertiser(
        name=one.name,
        domain=one.domain,
        bundle=one.bundle,
        categories=book_pb2.CategoryLabels(taxonomy=one.taxonomy, codes=one.categories),
        seat=one.seat,
        caps=map(_cap, one.caps),
    )


def _campaign(one: Campaign) -> book_pb2.Campaign:
    offset = one.utc_offset.total_seconds() / 60 if one.utc_offset else 0
    if offset != round(offset):
        field = "campaign.utc_offset"
        raise InvalidArgument(f"{field}: {one.utc_offset} is no number of whole minutes", field=field)
    return book_pb2.Campaign(
        name=one.name,
        advertiser=one.advertiser,
        status=codec.word(STATUSES, one.status, "campaign.status"),
        flight=_flight(one.start, one.end),
        budget=_budget(one.budget, one.budget_day),
        utc_offset_minutes=round(offset),
        currency=one.currency,
        caps=map(_cap, one.caps),
    )


def _creative(one: Creative) -> book_pb2.Creative:
    return book_pb2.Creative(
        name=one.name,
        media=codec.word(MEDIA, one.media, "creative.media"),
        sizes=_sizes(one.sizes),
        duration_seconds=one.duration,
        mimes=one.mimes,
        protocols=one.protocols,
        apis=one.apis,
        attributes=one.attributes,
        banner_type=one.banner_type,
        language=one.language,
        categories=book_pb2.CategoryLabels(taxonomy=one.taxonomy, codes=one.categories),
        domains=one.domains,
        bundle=one.bundle,
        secure=one.secure,
        weight=one.weight,
        markup=one.markup,
        native=None if one.native is None else _native(one.native),
        image_url=one.image_url,
    )


def _native(one: NativeAd) -> book_pb2.NativeAd:
    one = lone(one)
    return book_pb2.NativeAd(
        url=one.url,
        fallback_url=one.fallback_url,
        click_trackers=one.click_trackers,
        titles=one.titles,
        images=(
            book_pb2.NativeImage(
                url=image.url,
                type=image.type,
                size=None if image.size is None else _size(image.size),
                mime=image.mime,
            )
            for image in one.images
        ),
        data=(book_pb2.NativeData(type=kind, value=value) for kind, value in one.data),
        vast=one.vast,
        trackers=(
            book_pb2.NativeTracker(event=tracker.event, method=tracker.method, url=tracker.url)
            for tracker in one.trackers
        ),
        privacy_url=one.privacy_url,
    )


def line_item(one: LineItem) -> book_pb2.LineItem:
    """One line item that stands alone."""
    return checked(_line_item, one, "line_item")


def _line_item(one: LineItem) -> book_pb2.LineItem:
    maximum = None if one.maximum is None else micros(one.maximum, "line_item.maximum")
    groups = (
        book_pb2.ModifierGroup(
            name=name,
            modifiers=(
                book_pb2.PriceModifier(condition=condition, factor_micros=micros(factor, "line_item.modifiers"))
                for condition, factor in group.items()
            ),
        )
        for name, group in (one.modifiers or {}).items()
    )
    return book_pb2.LineItem(
        name=one.name,
        campaign=one.campaign,
        status=codec.word(STATUSES, one.status, "line_item.status"),
        rule=one.rule,
        flight=_flight(one.start, one.end),
        budget=_budget(one.budget, one.budget_day),
        pacing=codec.word(PACINGS, one.pacing, "line_item.pacing"),
        caps=map(_cap, one.caps),
        price=book_pb2.LineItemPrice(
            base_micros=micros(one.price, "line_item.price"), maximum_micros=maximum, groups=groups
        ),
        creatives=one.creatives,
        deals=one.deals,
        open_market=one.open_market,
        purposes=one.purposes,
    )


def _cap(one: Cap) -> book_pb2.Cap:
    one = lone(one)
    window = Duration()
    window.FromTimedelta(one.window)
    return book_pb2.Cap(count=one.count, window=window, unit=codec.word(UNITS, one.unit, "caps.unit"), types=one.types)


def _flight(start: When | None, end: When | None) -> book_pb2.Flight:
    return book_pb2.Flight(start=codec.timestamp(start, "start"), end=codec.timestamp(end, "end"))


def _budget(total: Amount | None, day: Amount | None) -> book_pb2.Budget:
    return book_pb2.Budget(
        total_micros=None if total is None else micros(total, "budget"),
        day_micros=None if day is None else micros(day, "budget_day"),
    )


def _sizes(sizes: Sequence[tuple[int, int]]) -> Iterable[book_pb2.FrameSize]:
    return map(_size, sizes)


def _size(size: tuple[int, int]) -> book_pb2.FrameSize:
    width, height = size
    return book_pb2.FrameSize(width=width, height=height)


def auctions(all_auctions: Iterable[Auction]) -> list[match_pb2.AuctionRequest]:
    """All auctions of one call."""
    return all_checked(_auction, all_auctions, "requests")


def auction(one: Auction, name: str = "request") -> match_pb2.AuctionRequest:
    """One auction, called `name`."""
    return checked(_auction, one, name)


def _auction(one: Auction) -> match_pb2.AuctionRequest:
    said = one.consent
    return match_pb2.AuctionRequest(
        id=one.id,
        ids=one.ids,
        consent=match_pb2.ConsentFacts(
            coppa=said.coppa,
            lmt=said.lmt,
            dnt=said.dnt,
            gdpr=said.gdpr,
            vendor=said.vendor,
            purposes=said.purposes,
            us_opt_out=said.us_opt_out,
        ),
        context=_context(one.context),
        impressions=map(_impression, one.impressions),
        allowed_seats=one.allowed_seats,
        blocked_seats=one.blocked_seats,
        blocked_domains=one.blocked_domains,
        blocked_apps=one.blocked_apps,
        blocked_categories=book_pb2.CategoryLabels(taxonomy=one.taxonomy, codes=one.blocked_categories),
        currencies=one.currencies,
        blocked_languages=one.blocked_languages,
        allowed_languages=one.allowed_languages,
        test=one.test,
    )


def _impression(one: Impression) -> match_pb2.AuctionImpression:
    return match_pb2.AuctionImpression(
        id=one.id,
        context=_context(one.context),
        offers=map(_offer, one.offers),
        secure=one.secure,
        floor=money(one.floor, one.currency, "floor"),
        deals=map(_deal, one.deals),
        private_auction=one.private_auction,
        expiry_seconds=one.expiry,
        quantity_micros=None if one.quantity is None else micros(one.quantity, "quantity"),
    )


def _offer(one: Offer) -> match_pb2.MediaOffer:
    one = lone(one)
    return match_pb2.MediaOffer(
        media=codec.word(MEDIA, one.media, "offers.media"),
        sizes=_sizes(one.sizes),
        mimes=one.mimes,
        protocols=one.protocols,
        apis=one.apis,
        blocked_attributes=one.blocked_attributes,
        min_duration_seconds=one.min_duration,
        max_duration_seconds=one.max_duration,
    )


def _deal(one: OfferedDeal) -> match_pb2.DealOffer:
    one = lone(one)
    return match_pb2.DealOffer(
        id=one.id,
        floor=money(one.floor, one.currency, "floor"),
        at=one.at,
        seats=one.seats,
        advertiser_domains=one.advertiser_domains,
    )


def money(amount: Amount | None, currency: str, field: str) -> match_pb2.Amount | None:
    """An amount of a currency, where there is one."""
    return None if amount is None else match_pb2.Amount(micros=micros(amount, field), currency=currency)


def _context(values: Mapping[str, ContextValue]) -> dict[str, match_pb2.ContextValue]:
    return {name: _value(value, f"context.{name}") for name, value in values.items()}


def _value(value: ContextValue, field: str) -> match_pb2.ContextValue:
    match value:
        case str():
            return match_pb2.ContextValue(text=value)
        case Place():
            point = match_pb2.GeoPoint(
                latitude_micros=micros(value.latitude, field), longitude_micros=micros(value.longitude, field)
            )
            return match_pb2.ContextValue(point=point)
        case int() | Decimal():
            return match_pb2.ContextValue(micros=micros(value, field))
        case _:
            return match_pb2.ContextValue(texts=common_pb2.StringSet(members=value))


def decisions(message: match_pb2.MatchResponse) -> tuple[Decision, ...]:
    """Read what was decided."""
    seen = codec.view(message.view)
    return tuple(decision(one, seen, message.index) for one in message.decisions)


def decision(one: match_pb2.AuctionDecision, seen: View, index: int) -> Decision:
    """Read one decision, made by a view and an index."""
    return Decision(
        request=one.request,
        currency=one.currency,
        profile=one.profile if one.HasField("profile") else None,
        impressions=tuple(map(_decided, one.impressions)),
        fault=one.fault.message if one.HasField("fault") else None,
        view=seen,
        index=index,
        basis=_basis(one.basis) if one.HasField("basis") else None,
    )


def _basis(one: match_pb2.DecisionBasis) -> Basis:
    return Basis(one.view, one.index, one.request_hash)


def basis_message(one: Basis) -> match_pb2.DecisionBasis:
    """What a decision was made from."""
    return match_pb2.DecisionBasis(view=one.view, index=one.index, request_hash=one.request_hash)


def _decided(one: match_pb2.ImpressionDecision) -> ImpressionDecision:
    return ImpressionDecision(
        impression=one.impression,
        eligible=one.eligible,
        fallen=fallen(one.fallen),
        bids=tuple(map(_bid, one.bids)),
        unreserved=one.unreserved,
    )


def _bid(one: match_pb2.Bid) -> Bid:
    return Bid(
        line_item=one.line_item,
        creative=one.creative,
        deal=one.deal or None,
        price=one.price_micros * MICRO,
        floor=one.floor_micros * MICRO,
        reservation=one.reservation or None,
    )


def fallen(counts: Iterable[match_pb2.StageCount]) -> dict[str, int]:
    """Read counts by stage."""
    return {stage(one.stage): one.count for one in counts}


def stage(number: match_pb2.Stage) -> str:
    """The name of a stage, as in `block_list`."""
    return match_pb2.Stage.Name(number).removeprefix("STAGE_").lower()


def openrtb(request: bytes | str | Mapping[str, object]) -> bytes:
    """One OpenRTB request as bytes."""
    if isinstance(request, bytes):
        return request
    text = request if isinstance(request, str) else json.dumps(request)
    return text.encode()


def responses(message: match_pb2.BidOpenRtbResponse) -> tuple[BidResponse, ...]:
    """Read the answers to OpenRTB requests."""
    return tuple(
        BidResponse(
            one.response,
            one.fault.message if one.HasField("fault") else None,
            _basis(one.basis) if one.HasField("basis") else None,
        )
        for one in message.answers
    )


def verdicts(message: match_pb2.ExplainMatchResponse) -> tuple[Verdict, ...]:
    """Read what speaks against line items."""
    return tuple(
        Verdict(
            impression=one.impression,
            line_item=one.line_item,
            fell=stage(one.fell) if one.fell else None,
            failing=tuple(map(stage, one.failing)),
            false_parts=tuple(one.false_parts),
            bids=tuple(map(_bid, one.bids)),
        )
        for one in message.verdicts
    )
