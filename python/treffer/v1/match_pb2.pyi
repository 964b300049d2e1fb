import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from treffer.v1 import book_pb2 as _book_pb2
from treffer.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OpenRtbEncoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPEN_RTB_ENCODING_UNSPECIFIED: _ClassVar[OpenRtbEncoding]
    OPEN_RTB_ENCODING_JSON: _ClassVar[OpenRtbEncoding]
    OPEN_RTB_ENCODING_PROTOBUF: _ClassVar[OpenRtbEncoding]

class Stage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAGE_UNSPECIFIED: _ClassVar[Stage]
    STAGE_BUILDING: _ClassVar[Stage]
    STAGE_STATUS: _ClassVar[Stage]
    STAGE_FLIGHT: _ClassVar[Stage]
    STAGE_BUDGET: _ClassVar[Stage]
    STAGE_INVENTORY: _ClassVar[Stage]
    STAGE_DAYPART: _ClassVar[Stage]
    STAGE_GEO: _ClassVar[Stage]
    STAGE_DEVICE: _ClassVar[Stage]
    STAGE_FORMAT: _ClassVar[Stage]
    STAGE_DEAL: _ClassVar[Stage]
    STAGE_BLOCK_LIST: _ClassVar[Stage]
    STAGE_CONSENT: _ClassVar[Stage]
    STAGE_AUDIENCE: _ClassVar[Stage]
    STAGE_CAP: _ClassVar[Stage]
    STAGE_CAP_STATE_MISSING: _ClassVar[Stage]
    STAGE_CREATIVE: _ClassVar[Stage]
    STAGE_FLOOR: _ClassVar[Stage]
    STAGE_PACING: _ClassVar[Stage]

class ReservationOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESERVATION_OUTCOME_UNSPECIFIED: _ClassVar[ReservationOutcome]
    RESERVATION_OUTCOME_DONE: _ClassVar[ReservationOutcome]
    RESERVATION_OUTCOME_AGAIN: _ClassVar[ReservationOutcome]
    RESERVATION_OUTCOME_FELL: _ClassVar[ReservationOutcome]
    RESERVATION_OUTCOME_CONFIRMED: _ClassVar[ReservationOutcome]
    RESERVATION_OUTCOME_UNKNOWN: _ClassVar[ReservationOutcome]
    RESERVATION_OUTCOME_FAULTY: _ClassVar[ReservationOutcome]
OPEN_RTB_ENCODING_UNSPECIFIED: OpenRtbEncoding
OPEN_RTB_ENCODING_JSON: OpenRtbEncoding
OPEN_RTB_ENCODING_PROTOBUF: OpenRtbEncoding
STAGE_UNSPECIFIED: Stage
STAGE_BUILDING: Stage
STAGE_STATUS: Stage
STAGE_FLIGHT: Stage
STAGE_BUDGET: Stage
STAGE_INVENTORY: Stage
STAGE_DAYPART: Stage
STAGE_GEO: Stage
STAGE_DEVICE: Stage
STAGE_FORMAT: Stage
STAGE_DEAL: Stage
STAGE_BLOCK_LIST: Stage
STAGE_CONSENT: Stage
STAGE_AUDIENCE: Stage
STAGE_CAP: Stage
STAGE_CAP_STATE_MISSING: Stage
STAGE_CREATIVE: Stage
STAGE_FLOOR: Stage
STAGE_PACING: Stage
RESERVATION_OUTCOME_UNSPECIFIED: ReservationOutcome
RESERVATION_OUTCOME_DONE: ReservationOutcome
RESERVATION_OUTCOME_AGAIN: ReservationOutcome
RESERVATION_OUTCOME_FELL: ReservationOutcome
RESERVATION_OUTCOME_CONFIRMED: ReservationOutcome
RESERVATION_OUTCOME_UNKNOWN: ReservationOutcome
RESERVATION_OUTCOME_FAULTY: ReservationOutcome

class GeoPoint(_message.Message):
    __slots__ = ("latitude_micros", "longitude_micros")
    LATITUDE_MICROS_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_MICROS_FIELD_NUMBER: _ClassVar[int]
    latitude_micros: int
    longitude_micros: int
    def __init__(self, latitude_micros: _Optional[int] = ..., longitude_micros: _Optional[int] = ...) -> None: ...

class ContextValue(_message.Message):
    __slots__ = ("text", "texts", "micros", "point")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    MICROS_FIELD_NUMBER: _ClassVar[int]
    POINT_FIELD_NUMBER: _ClassVar[int]
    text: str
    texts: _common_pb2.StringSet
    micros: int
    point: GeoPoint
    def __init__(self, text: _Optional[str] = ..., texts: _Optional[_Union[_common_pb2.StringSet, _Mapping]] = ..., micros: _Optional[int] = ..., point: _Optional[_Union[GeoPoint, _Mapping]] = ...) -> None: ...

class Amount(_message.Message):
    __slots__ = ("micros", "currency")
    MICROS_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    micros: int
    currency: str
    def __init__(self, micros: _Optional[int] = ..., currency: _Optional[str] = ...) -> None: ...

class ConsentFacts(_message.Message):
    __slots__ = ("coppa", "lmt", "dnt", "gdpr", "vendor", "purposes", "us_opt_out")
    COPPA_FIELD_NUMBER: _ClassVar[int]
    LMT_FIELD_NUMBER: _ClassVar[int]
    DNT_FIELD_NUMBER: _ClassVar[int]
    GDPR_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    PURPOSES_FIELD_NUMBER: _ClassVar[int]
    US_OPT_OUT_FIELD_NUMBER: _ClassVar[int]
    coppa: bool
    lmt: bool
    dnt: bool
    gdpr: bool
    vendor: bool
    purposes: _containers.RepeatedScalarFieldContainer[int]
    us_opt_out: bool
    def __init__(self, coppa: _Optional[bool] = ..., lmt: _Optional[bool] = ..., dnt: _Optional[bool] = ..., gdpr: _Optional[bool] = ..., vendor: _Optional[bool] = ..., purposes: _Optional[_Iterable[int]] = ..., us_opt_out: _Optional[bool] = ...) -> None: ...

class MediaOffer(_message.Message):
    __slots__ = ("media", "sizes", "mimes", "protocols", "apis", "blocked_attributes", "min_duration_seconds", "max_duration_seconds")
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    SIZES_FIELD_NUMBER: _ClassVar[int]
    MIMES_FIELD_NUMBER: _ClassVar[int]
    PROTOCOLS_FIELD_NUMBER: _ClassVar[int]
    APIS_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    MIN_DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MAX_DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    media: _book_pb2.MediaType
    sizes: _containers.RepeatedCompositeFieldContainer[_book_pb2.FrameSize]
    mimes: _containers.RepeatedScalarFieldContainer[str]
    protocols: _containers.RepeatedScalarFieldContainer[int]
    apis: _containers.RepeatedScalarFieldContainer[int]
    blocked_attributes: _containers.RepeatedScalarFieldContainer[int]
    min_duration_seconds: int
    max_duration_seconds: int
    def __init__(self, media: _Optional[_Union[_book_pb2.MediaType, str]] = ..., sizes: _Optional[_Iterable[_Union[_book_pb2.FrameSize, _Mapping]]] = ..., mimes: _Optional[_Iterable[str]] = ..., protocols: _Optional[_Iterable[int]] = ..., apis: _Optional[_Iterable[int]] = ..., blocked_attributes: _Optional[_Iterable[int]] = ..., min_duration_seconds: _Optional[int] = ..., max_duration_seconds: _Optional[int] = ...) -> None: ...

class DealOffer(_message.Message):
    __slots__ = ("id", "floor", "at", "seats", "advertiser_domains")
    ID_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    SEATS_FIELD_NUMBER: _ClassVar[int]
    ADVERTISER_DOMAINS_FIELD_NUMBER: _ClassVar[int]
    id: str
    floor: Amount
    at: int
    seats: _containers.RepeatedScalarFieldContainer[str]
    advertiser_domains: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., floor: _Optional[_Union[Amount, _Mapping]] = ..., at: _Optional[int] = ..., seats: _Optional[_Iterable[str]] = ..., advertiser_domains: _Optional[_Iterable[str]] = ...) -> None: ...

class AuctionImpression(_message.Message):
    __slots__ = ("id", "context", "offers", "secure", "floor", "deals", "private_auction", "expiry_seconds", "quantity_micros")
    class ContextEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ContextValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ContextValue, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    SECURE_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    DEALS_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_AUCTION_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_MICROS_FIELD_NUMBER: _ClassVar[int]
    id: str
    context: _containers.MessageMap[str, ContextValue]
    offers: _containers.RepeatedCompositeFieldContainer[MediaOffer]
    secure: bool
    floor: Amount
    deals: _containers.RepeatedCompositeFieldContainer[DealOffer]
    private_auction: bool
    expiry_seconds: int
    quantity_micros: int
    def __init__(self, id: _Optional[str] = ..., context: _Optional[_Mapping[str, ContextValue]] = ..., offers: _Optional[_Iterable[_Union[MediaOffer, _Mapping]]] = ..., secure: _Optional[bool] = ..., floor: _Optional[_Union[Amount, _Mapping]] = ..., deals: _Optional[_Iterable[_Union[DealOffer, _Mapping]]] = ..., private_auction: _Optional[bool] = ..., expiry_seconds: _Optional[int] = ..., quantity_micros: _Optional[int] = ...) -> None: ...

class AuctionRequest(_message.Message):
    __slots__ = ("id", "ids", "consent", "context", "impressions", "allowed_seats", "blocked_seats", "blocked_domains", "blocked_apps", "blocked_categories", "currencies", "blocked_languages", "allowed_languages", "test")
    class ContextEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ContextValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ContextValue, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    IMPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_SEATS_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_SEATS_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_DOMAINS_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_APPS_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    CURRENCIES_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    TEST_FIELD_NUMBER: _ClassVar[int]
    id: str
    ids: _containers.RepeatedScalarFieldContainer[str]
    consent: ConsentFacts
    context: _containers.MessageMap[str, ContextValue]
    impressions: _containers.RepeatedCompositeFieldContainer[AuctionImpression]
    allowed_seats: _containers.RepeatedScalarFieldContainer[str]
    blocked_seats: _containers.RepeatedScalarFieldContainer[str]
    blocked_domains: _containers.RepeatedScalarFieldContainer[str]
    blocked_apps: _containers.RepeatedScalarFieldContainer[str]
    blocked_categories: _book_pb2.CategoryLabels
    currencies: _containers.RepeatedScalarFieldContainer[str]
    blocked_languages: _containers.RepeatedScalarFieldContainer[str]
    allowed_languages: _containers.RepeatedScalarFieldContainer[str]
    test: bool
    def __init__(self, id: _Optional[str] = ..., ids: _Optional[_Iterable[str]] = ..., consent: _Optional[_Union[ConsentFacts, _Mapping]] = ..., context: _Optional[_Mapping[str, ContextValue]] = ..., impressions: _Optional[_Iterable[_Union[AuctionImpression, _Mapping]]] = ..., allowed_seats: _Optional[_Iterable[str]] = ..., blocked_seats: _Optional[_Iterable[str]] = ..., blocked_domains: _Optional[_Iterable[str]] = ..., blocked_apps: _Optional[_Iterable[str]] = ..., blocked_categories: _Optional[_Union[_book_pb2.CategoryLabels, _Mapping]] = ..., currencies: _Optional[_Iterable[str]] = ..., blocked_languages: _Optional[_Iterable[str]] = ..., allowed_languages: _Optional[_Iterable[str]] = ..., test: _Optional[bool] = ...) -> None: ...

class MatchRequest(_message.Message):
    __slots__ = ("requests", "arrow_stream", "ignore", "openrtb_json", "reserve")
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    ARROW_STREAM_FIELD_NUMBER: _ClassVar[int]
    IGNORE_FIELD_NUMBER: _ClassVar[int]
    OPENRTB_JSON_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[AuctionRequest]
    arrow_stream: bytes
    ignore: _containers.RepeatedScalarFieldContainer[str]
    openrtb_json: _containers.RepeatedScalarFieldContainer[bytes]
    reserve: bool
    def __init__(self, requests: _Optional[_Iterable[_Union[AuctionRequest, _Mapping]]] = ..., arrow_stream: _Optional[bytes] = ..., ignore: _Optional[_Iterable[str]] = ..., openrtb_json: _Optional[_Iterable[bytes]] = ..., reserve: _Optional[bool] = ...) -> None: ...

class StageCount(_message.Message):
    __slots__ = ("stage", "count")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    stage: Stage
    count: int
    def __init__(self, stage: _Optional[_Union[Stage, str]] = ..., count: _Optional[int] = ...) -> None: ...

class Bid(_message.Message):
    __slots__ = ("line_item", "creative", "deal", "price_micros", "floor_micros", "reservation")
    LINE_ITEM_FIELD_NUMBER: _ClassVar[int]
    CREATIVE_FIELD_NUMBER: _ClassVar[int]
    DEAL_FIELD_NUMBER: _ClassVar[int]
    PRICE_MICROS_FIELD_NUMBER: _ClassVar[int]
    FLOOR_MICROS_FIELD_NUMBER: _ClassVar[int]
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    line_item: str
    creative: str
    deal: str
    price_micros: int
    floor_micros: int
    reservation: str
    def __init__(self, line_item: _Optional[str] = ..., creative: _Optional[str] = ..., deal: _Optional[str] = ..., price_micros: _Optional[int] = ..., floor_micros: _Optional[int] = ..., reservation: _Optional[str] = ...) -> None: ...

class DecisionBasis(_message.Message):
    __slots__ = ("view", "index", "request_hash")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    REQUEST_HASH_FIELD_NUMBER: _ClassVar[int]
    view: int
    index: int
    request_hash: int
    def __init__(self, view: _Optional[int] = ..., index: _Optional[int] = ..., request_hash: _Optional[int] = ...) -> None: ...

class ImpressionDecision(_message.Message):
    __slots__ = ("impression", "eligible", "fallen", "bids", "unreserved")
    IMPRESSION_FIELD_NUMBER: _ClassVar[int]
    ELIGIBLE_FIELD_NUMBER: _ClassVar[int]
    FALLEN_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    UNRESERVED_FIELD_NUMBER: _ClassVar[int]
    impression: str
    eligible: int
    fallen: _containers.RepeatedCompositeFieldContainer[StageCount]
    bids: _containers.RepeatedCompositeFieldContainer[Bid]
    unreserved: int
    def __init__(self, impression: _Optional[str] = ..., eligible: _Optional[int] = ..., fallen: _Optional[_Iterable[_Union[StageCount, _Mapping]]] = ..., bids: _Optional[_Iterable[_Union[Bid, _Mapping]]] = ..., unreserved: _Optional[int] = ...) -> None: ...

class AuctionDecision(_message.Message):
    __slots__ = ("request", "currency", "profile", "impressions", "fault", "basis")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    IMPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    request: str
    currency: str
    profile: int
    impressions: _containers.RepeatedCompositeFieldContainer[ImpressionDecision]
    fault: _common_pb2.Status
    basis: DecisionBasis
    def __init__(self, request: _Optional[str] = ..., currency: _Optional[str] = ..., profile: _Optional[int] = ..., impressions: _Optional[_Iterable[_Union[ImpressionDecision, _Mapping]]] = ..., fault: _Optional[_Union[_common_pb2.Status, _Mapping]] = ..., basis: _Optional[_Union[DecisionBasis, _Mapping]] = ...) -> None: ...

class MatchResponse(_message.Message):
    __slots__ = ("view", "index", "decisions", "arrow_stream")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    ARROW_STREAM_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    index: int
    decisions: _containers.RepeatedCompositeFieldContainer[AuctionDecision]
    arrow_stream: bytes
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., index: _Optional[int] = ..., decisions: _Optional[_Iterable[_Union[AuctionDecision, _Mapping]]] = ..., arrow_stream: _Optional[bytes] = ...) -> None: ...

class ExplainMatchRequest(_message.Message):
    __slots__ = ("request", "line_items", "openrtb_json")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    LINE_ITEMS_FIELD_NUMBER: _ClassVar[int]
    OPENRTB_JSON_FIELD_NUMBER: _ClassVar[int]
    request: AuctionRequest
    line_items: _containers.RepeatedScalarFieldContainer[str]
    openrtb_json: bytes
    def __init__(self, request: _Optional[_Union[AuctionRequest, _Mapping]] = ..., line_items: _Optional[_Iterable[str]] = ..., openrtb_json: _Optional[bytes] = ...) -> None: ...

class LineItemVerdict(_message.Message):
    __slots__ = ("impression", "line_item", "fell", "failing", "false_parts", "bids")
    IMPRESSION_FIELD_NUMBER: _ClassVar[int]
    LINE_ITEM_FIELD_NUMBER: _ClassVar[int]
    FELL_FIELD_NUMBER: _ClassVar[int]
    FAILING_FIELD_NUMBER: _ClassVar[int]
    FALSE_PARTS_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    impression: str
    line_item: str
    fell: Stage
    failing: _containers.RepeatedScalarFieldContainer[Stage]
    false_parts: _containers.RepeatedScalarFieldContainer[str]
    bids: _containers.RepeatedCompositeFieldContainer[Bid]
    def __init__(self, impression: _Optional[str] = ..., line_item: _Optional[str] = ..., fell: _Optional[_Union[Stage, str]] = ..., failing: _Optional[_Iterable[_Union[Stage, str]]] = ..., false_parts: _Optional[_Iterable[str]] = ..., bids: _Optional[_Iterable[_Union[Bid, _Mapping]]] = ...) -> None: ...

class ExplainMatchResponse(_message.Message):
    __slots__ = ("view", "verdicts")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    verdicts: _containers.RepeatedCompositeFieldContainer[LineItemVerdict]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., verdicts: _Optional[_Iterable[_Union[LineItemVerdict, _Mapping]]] = ...) -> None: ...

class BidOpenRtbRequest(_message.Message):
    __slots__ = ("encoding", "requests", "exchange", "reasons", "reserve", "basis")
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    encoding: OpenRtbEncoding
    requests: _containers.RepeatedScalarFieldContainer[bytes]
    exchange: str
    reasons: bool
    reserve: bool
    basis: bool
    def __init__(self, encoding: _Optional[_Union[OpenRtbEncoding, str]] = ..., requests: _Optional[_Iterable[bytes]] = ..., exchange: _Optional[str] = ..., reasons: _Optional[bool] = ..., reserve: _Optional[bool] = ..., basis: _Optional[bool] = ...) -> None: ...

class OpenRtbAnswer(_message.Message):
    __slots__ = ("response", "fault", "basis")
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    response: bytes
    fault: _common_pb2.Status
    basis: DecisionBasis
    def __init__(self, response: _Optional[bytes] = ..., fault: _Optional[_Union[_common_pb2.Status, _Mapping]] = ..., basis: _Optional[_Union[DecisionBasis, _Mapping]] = ...) -> None: ...

class BidOpenRtbResponse(_message.Message):
    __slots__ = ("view", "index", "answers")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    index: int
    answers: _containers.RepeatedCompositeFieldContainer[OpenRtbAnswer]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., index: _Optional[int] = ..., answers: _Optional[_Iterable[_Union[OpenRtbAnswer, _Mapping]]] = ...) -> None: ...

class ReservationRequest(_message.Message):
    __slots__ = ("request", "impression", "line_item", "ids", "price", "quantity_micros", "lapse_ms", "exposure")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    IMPRESSION_FIELD_NUMBER: _ClassVar[int]
    LINE_ITEM_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_MICROS_FIELD_NUMBER: _ClassVar[int]
    LAPSE_MS_FIELD_NUMBER: _ClassVar[int]
    EXPOSURE_FIELD_NUMBER: _ClassVar[int]
    request: str
    impression: str
    line_item: str
    ids: _containers.RepeatedScalarFieldContainer[str]
    price: Amount
    quantity_micros: int
    lapse_ms: int
    exposure: str
    def __init__(self, request: _Optional[str] = ..., impression: _Optional[str] = ..., line_item: _Optional[str] = ..., ids: _Optional[_Iterable[str]] = ..., price: _Optional[_Union[Amount, _Mapping]] = ..., quantity_micros: _Optional[int] = ..., lapse_ms: _Optional[int] = ..., exposure: _Optional[str] = ...) -> None: ...

class ReservationResult(_message.Message):
    __slots__ = ("key", "outcome", "fell", "lapse_time", "fault")
    KEY_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    FELL_FIELD_NUMBER: _ClassVar[int]
    LAPSE_TIME_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    key: str
    outcome: ReservationOutcome
    fell: Stage
    lapse_time: _timestamp_pb2.Timestamp
    fault: _common_pb2.Status
    def __init__(self, key: _Optional[str] = ..., outcome: _Optional[_Union[ReservationOutcome, str]] = ..., fell: _Optional[_Union[Stage, str]] = ..., lapse_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., fault: _Optional[_Union[_common_pb2.Status, _Mapping]] = ...) -> None: ...

class ReserveRequest(_message.Message):
    __slots__ = ("reservations",)
    RESERVATIONS_FIELD_NUMBER: _ClassVar[int]
    reservations: _containers.RepeatedCompositeFieldContainer[ReservationRequest]
    def __init__(self, reservations: _Optional[_Iterable[_Union[ReservationRequest, _Mapping]]] = ...) -> None: ...

class ReserveResponse(_message.Message):
    __slots__ = ("view", "results")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    results: _containers.RepeatedCompositeFieldContainer[ReservationResult]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., results: _Optional[_Iterable[_Union[ReservationResult, _Mapping]]] = ...) -> None: ...

class ReservationConfirmation(_message.Message):
    __slots__ = ("key", "price")
    KEY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    key: str
    price: Amount
    def __init__(self, key: _Optional[str] = ..., price: _Optional[_Union[Amount, _Mapping]] = ...) -> None: ...

class ConfirmReservationsRequest(_message.Message):
    __slots__ = ("confirmations",)
    CONFIRMATIONS_FIELD_NUMBER: _ClassVar[int]
    confirmations: _containers.RepeatedCompositeFieldContainer[ReservationConfirmation]
    def __init__(self, confirmations: _Optional[_Iterable[_Union[ReservationConfirmation, _Mapping]]] = ...) -> None: ...

class ConfirmReservationsResponse(_message.Message):
    __slots__ = ("view", "results")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    results: _containers.RepeatedCompositeFieldContainer[ReservationResult]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., results: _Optional[_Iterable[_Union[ReservationResult, _Mapping]]] = ...) -> None: ...

class CancelReservationsRequest(_message.Message):
    __slots__ = ("keys",)
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, keys: _Optional[_Iterable[str]] = ...) -> None: ...

class CancelReservationsResponse(_message.Message):
    __slots__ = ("view", "results")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    results: _containers.RepeatedCompositeFieldContainer[ReservationResult]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., results: _Optional[_Iterable[_Union[ReservationResult, _Mapping]]] = ...) -> None: ...
