import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from treffer.v1 import book_pb2 as _book_pb2
from treffer.v1 import common_pb2 as _common_pb2
from treffer.v1 import match_pb2 as _match_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DecisionSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DECISION_SOURCE_UNSPECIFIED: _ClassVar[DecisionSource]
    DECISION_SOURCE_LOG: _ClassVar[DecisionSource]
    DECISION_SOURCE_VIEW: _ClassVar[DecisionSource]
DECISION_SOURCE_UNSPECIFIED: DecisionSource
DECISION_SOURCE_LOG: DecisionSource
DECISION_SOURCE_VIEW: DecisionSource

class ExplainDecisionRequest(_message.Message):
    __slots__ = ("request_id", "line_items", "request", "openrtb_json", "exchange", "basis")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LINE_ITEMS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    OPENRTB_JSON_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    line_items: _containers.RepeatedScalarFieldContainer[str]
    request: _match_pb2.AuctionRequest
    openrtb_json: bytes
    exchange: str
    basis: _match_pb2.DecisionBasis
    def __init__(self, request_id: _Optional[str] = ..., line_items: _Optional[_Iterable[str]] = ..., request: _Optional[_Union[_match_pb2.AuctionRequest, _Mapping]] = ..., openrtb_json: _Optional[bytes] = ..., exchange: _Optional[str] = ..., basis: _Optional[_Union[_match_pb2.DecisionBasis, _Mapping]] = ...) -> None: ...

class ExplainDecisionResponse(_message.Message):
    __slots__ = ("view", "basis", "source", "decision", "same", "proven", "verdicts")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    SAME_FIELD_NUMBER: _ClassVar[int]
    PROVEN_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    basis: _match_pb2.DecisionBasis
    source: DecisionSource
    decision: _match_pb2.AuctionDecision
    same: bool
    proven: bool
    verdicts: _containers.RepeatedCompositeFieldContainer[_match_pb2.LineItemVerdict]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., basis: _Optional[_Union[_match_pb2.DecisionBasis, _Mapping]] = ..., source: _Optional[_Union[DecisionSource, str]] = ..., decision: _Optional[_Union[_match_pb2.AuctionDecision, _Mapping]] = ..., same: _Optional[bool] = ..., proven: _Optional[bool] = ..., verdicts: _Optional[_Iterable[_Union[_match_pb2.LineItemVerdict, _Mapping]]] = ...) -> None: ...

class GetDeliveryRequest(_message.Message):
    __slots__ = ("line_item", "since", "step_seconds")
    LINE_ITEM_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    STEP_SECONDS_FIELD_NUMBER: _ClassVar[int]
    line_item: str
    since: _timestamp_pb2.Timestamp
    step_seconds: int
    def __init__(self, line_item: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., step_seconds: _Optional[int] = ...) -> None: ...

class DeliverySpan(_message.Message):
    __slots__ = ("start", "requests", "impressions", "eligible", "answered", "best", "fallen")
    START_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    IMPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    ELIGIBLE_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_FIELD_NUMBER: _ClassVar[int]
    BEST_FIELD_NUMBER: _ClassVar[int]
    FALLEN_FIELD_NUMBER: _ClassVar[int]
    start: _timestamp_pb2.Timestamp
    requests: int
    impressions: int
    eligible: int
    answered: int
    best: int
    fallen: _containers.RepeatedCompositeFieldContainer[_match_pb2.StageCount]
    def __init__(self, start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., requests: _Optional[int] = ..., impressions: _Optional[int] = ..., eligible: _Optional[int] = ..., answered: _Optional[int] = ..., best: _Optional[int] = ..., fallen: _Optional[_Iterable[_Union[_match_pb2.StageCount, _Mapping]]] = ...) -> None: ...

class GetDeliveryResponse(_message.Message):
    __slots__ = ("view", "one_in", "shed", "spans")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    ONE_IN_FIELD_NUMBER: _ClassVar[int]
    SHED_FIELD_NUMBER: _ClassVar[int]
    SPANS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    one_in: int
    shed: int
    spans: _containers.RepeatedCompositeFieldContainer[DeliverySpan]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., one_in: _Optional[int] = ..., shed: _Optional[int] = ..., spans: _Optional[_Iterable[_Union[DeliverySpan, _Mapping]]] = ...) -> None: ...

class DryRunRequest(_message.Message):
    __slots__ = ("line_item", "requests", "openrtb_json", "exchange")
    LINE_ITEM_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    OPENRTB_JSON_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_FIELD_NUMBER: _ClassVar[int]
    line_item: _book_pb2.LineItem
    requests: _containers.RepeatedCompositeFieldContainer[_match_pb2.AuctionRequest]
    openrtb_json: _containers.RepeatedScalarFieldContainer[bytes]
    exchange: str
    def __init__(self, line_item: _Optional[_Union[_book_pb2.LineItem, _Mapping]] = ..., requests: _Optional[_Iterable[_Union[_match_pb2.AuctionRequest, _Mapping]]] = ..., openrtb_json: _Optional[_Iterable[bytes]] = ..., exchange: _Optional[str] = ...) -> None: ...

class PriceSpread(_message.Message):
    __slots__ = ("currency", "bids", "quartiles_micros")
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    QUARTILES_MICROS_FIELD_NUMBER: _ClassVar[int]
    currency: str
    bids: int
    quartiles_micros: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, currency: _Optional[str] = ..., bids: _Optional[int] = ..., quartiles_micros: _Optional[_Iterable[int]] = ...) -> None: ...

class DryRunResponse(_message.Message):
    __slots__ = ("view", "requests", "impressions", "eligible", "fallen", "unknown", "recalled", "prices")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    IMPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    ELIGIBLE_FIELD_NUMBER: _ClassVar[int]
    FALLEN_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    RECALLED_FIELD_NUMBER: _ClassVar[int]
    PRICES_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    requests: int
    impressions: int
    eligible: int
    fallen: _containers.RepeatedCompositeFieldContainer[_match_pb2.StageCount]
    unknown: int
    recalled: int
    prices: _containers.RepeatedCompositeFieldContainer[PriceSpread]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., requests: _Optional[int] = ..., impressions: _Optional[int] = ..., eligible: _Optional[int] = ..., fallen: _Optional[_Iterable[_Union[_match_pb2.StageCount, _Mapping]]] = ..., unknown: _Optional[int] = ..., recalled: _Optional[int] = ..., prices: _Optional[_Iterable[_Union[PriceSpread, _Mapping]]] = ...) -> None: ...

class ListIndexSwapsRequest(_message.Message):
    __slots__ = ("after",)
    AFTER_FIELD_NUMBER: _ClassVar[int]
    after: int
    def __init__(self, after: _Optional[int] = ...) -> None: ...

class IndexSwap(_message.Message):
    __slots__ = ("index", "replaced", "view", "time")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    index: int
    replaced: int
    view: int
    time: _timestamp_pb2.Timestamp
    def __init__(self, index: _Optional[int] = ..., replaced: _Optional[int] = ..., view: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListIndexSwapsResponse(_message.Message):
    __slots__ = ("view", "swaps")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    SWAPS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    swaps: _containers.RepeatedCompositeFieldContainer[IndexSwap]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., swaps: _Optional[_Iterable[_Union[IndexSwap, _Mapping]]] = ...) -> None: ...
