import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from treffer.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeliveryStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DELIVERY_STATUS_UNSPECIFIED: _ClassVar[DeliveryStatus]
    DELIVERY_STATUS_ACTIVE: _ClassVar[DeliveryStatus]
    DELIVERY_STATUS_PAUSED: _ClassVar[DeliveryStatus]
    DELIVERY_STATUS_ARCHIVED: _ClassVar[DeliveryStatus]

class Pacing(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PACING_UNSPECIFIED: _ClassVar[Pacing]
    PACING_AS_FAST: _ClassVar[Pacing]
    PACING_EVEN: _ClassVar[Pacing]

class CapUnit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAP_UNIT_UNSPECIFIED: _ClassVar[CapUnit]
    CAP_UNIT_PROFILE: _ClassVar[CapUnit]
    CAP_UNIT_HOUSEHOLD: _ClassVar[CapUnit]

class MediaType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEDIA_TYPE_UNSPECIFIED: _ClassVar[MediaType]
    MEDIA_TYPE_BANNER: _ClassVar[MediaType]
    MEDIA_TYPE_VIDEO: _ClassVar[MediaType]
    MEDIA_TYPE_AUDIO: _ClassVar[MediaType]
    MEDIA_TYPE_NATIVE: _ClassVar[MediaType]
DELIVERY_STATUS_UNSPECIFIED: DeliveryStatus
DELIVERY_STATUS_ACTIVE: DeliveryStatus
DELIVERY_STATUS_PAUSED: DeliveryStatus
DELIVERY_STATUS_ARCHIVED: DeliveryStatus
PACING_UNSPECIFIED: Pacing
PACING_AS_FAST: Pacing
PACING_EVEN: Pacing
CAP_UNIT_UNSPECIFIED: CapUnit
CAP_UNIT_PROFILE: CapUnit
CAP_UNIT_HOUSEHOLD: CapUnit
MEDIA_TYPE_UNSPECIFIED: MediaType
MEDIA_TYPE_BANNER: MediaType
MEDIA_TYPE_VIDEO: MediaType
MEDIA_TYPE_AUDIO: MediaType
MEDIA_TYPE_NATIVE: MediaType

class Cap(_message.Message):
    __slots__ = ("count", "window", "unit", "types")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    count: int
    window: _duration_pb2.Duration
    unit: CapUnit
    types: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, count: _Optional[int] = ..., window: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., unit: _Optional[_Union[CapUnit, str]] = ..., types: _Optional[_Iterable[str]] = ...) -> None: ...

class CategoryLabels(_message.Message):
    __slots__ = ("taxonomy", "codes")
    TAXONOMY_FIELD_NUMBER: _ClassVar[int]
    CODES_FIELD_NUMBER: _ClassVar[int]
    taxonomy: int
    codes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, taxonomy: _Optional[int] = ..., codes: _Optional[_Iterable[str]] = ...) -> None: ...

class FrameSize(_message.Message):
    __slots__ = ("width", "height")
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    width: int
    height: int
    def __init__(self, width: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class Flight(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    def __init__(self, start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Budget(_message.Message):
    __slots__ = ("total_micros", "day_micros")
    TOTAL_MICROS_FIELD_NUMBER: _ClassVar[int]
    DAY_MICROS_FIELD_NUMBER: _ClassVar[int]
    total_micros: int
    day_micros: int
    def __init__(self, total_micros: _Optional[int] = ..., day_micros: _Optional[int] = ...) -> None: ...

class NamedList(_message.Message):
    __slots__ = ("name", "members")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    members: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., members: _Optional[_Iterable[str]] = ...) -> None: ...

class Advertiser(_message.Message):
    __slots__ = ("name", "domain", "bundle", "categories", "seat", "caps")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    SEAT_FIELD_NUMBER: _ClassVar[int]
    CAPS_FIELD_NUMBER: _ClassVar[int]
    name: str
    domain: str
    bundle: str
    categories: CategoryLabels
    seat: str
    caps: _containers.RepeatedCompositeFieldContainer[Cap]
    def __init__(self, name: _Optional[str] = ..., domain: _Optional[str] = ..., bundle: _Optional[str] = ..., categories: _Optional[_Union[CategoryLabels, _Mapping]] = ..., seat: _Optional[str] = ..., caps: _Optional[_Iterable[_Union[Cap, _Mapping]]] = ...) -> None: ...

class Campaign(_message.Message):
    __slots__ = ("name", "advertiser", "status", "flight", "budget", "utc_offset_minutes", "currency", "caps")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADVERTISER_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FLIGHT_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    UTC_OFFSET_MINUTES_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    CAPS_FIELD_NUMBER: _ClassVar[int]
    name: str
    advertiser: str
    status: DeliveryStatus
    flight: Flight
    budget: Budget
    utc_offset_minutes: int
    currency: str
    caps: _containers.RepeatedCompositeFieldContainer[Cap]
    def __init__(self, name: _Optional[str] = ..., advertiser: _Optional[str] = ..., status: _Optional[_Union[DeliveryStatus, str]] = ..., flight: _Optional[_Union[Flight, _Mapping]] = ..., budget: _Optional[_Union[Budget, _Mapping]] = ..., utc_offset_minutes: _Optional[int] = ..., currency: _Optional[str] = ..., caps: _Optional[_Iterable[_Union[Cap, _Mapping]]] = ...) -> None: ...

class NativeImage(_message.Message):
    __slots__ = ("url", "type", "size", "mime")
    URL_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    MIME_FIELD_NUMBER: _ClassVar[int]
    url: str
    type: int
    size: FrameSize
    mime: str
    def __init__(self, url: _Optional[str] = ..., type: _Optional[int] = ..., size: _Optional[_Union[FrameSize, _Mapping]] = ..., mime: _Optional[str] = ...) -> None: ...

class NativeData(_message.Message):
    __slots__ = ("type", "value")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    type: int
    value: str
    def __init__(self, type: _Optional[int] = ..., value: _Optional[str] = ...) -> None: ...

class NativeTracker(_message.Message):
    __slots__ = ("event", "method", "url")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    event: int
    method: int
    url: str
    def __init__(self, event: _Optional[int] = ..., method: _Optional[int] = ..., url: _Optional[str] = ...) -> None: ...

class NativeAd(_message.Message):
    __slots__ = ("url", "fallback_url", "click_trackers", "titles", "images", "data", "vast", "trackers", "privacy_url")
    URL_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_URL_FIELD_NUMBER: _ClassVar[int]
    CLICK_TRACKERS_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    VAST_FIELD_NUMBER: _ClassVar[int]
    TRACKERS_FIELD_NUMBER: _ClassVar[int]
    PRIVACY_URL_FIELD_NUMBER: _ClassVar[int]
    url: str
    fallback_url: str
    click_trackers: _containers.RepeatedScalarFieldContainer[str]
    titles: _containers.RepeatedScalarFieldContainer[str]
    images: _containers.RepeatedCompositeFieldContainer[NativeImage]
    data: _containers.RepeatedCompositeFieldContainer[NativeData]
    vast: str
    trackers: _containers.RepeatedCompositeFieldContainer[NativeTracker]
    privacy_url: str
    def __init__(self, url: _Optional[str] = ..., fallback_url: _Optional[str] = ..., click_trackers: _Optional[_Iterable[str]] = ..., titles: _Optional[_Iterable[str]] = ..., images: _Optional[_Iterable[_Union[NativeImage, _Mapping]]] = ..., data: _Optional[_Iterable[_Union[NativeData, _Mapping]]] = ..., vast: _Optional[str] = ..., trackers: _Optional[_Iterable[_Union[NativeTracker, _Mapping]]] = ..., privacy_url: _Optional[str] = ...) -> None: ...

class Creative(_message.Message):
    __slots__ = ("name", "media", "sizes", "duration_seconds", "mimes", "protocols", "apis", "attributes", "language", "categories", "domains", "bundle", "secure", "weight", "markup", "native", "banner_type", "image_url")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    SIZES_FIELD_NUMBER: _ClassVar[int]
    DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MIMES_FIELD_NUMBER: _ClassVar[int]
    PROTOCOLS_FIELD_NUMBER: _ClassVar[int]
    APIS_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    DOMAINS_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_FIELD_NUMBER: _ClassVar[int]
    SECURE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    MARKUP_FIELD_NUMBER: _ClassVar[int]
    NATIVE_FIELD_NUMBER: _ClassVar[int]
    BANNER_TYPE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    name: str
    media: MediaType
    sizes: _containers.RepeatedCompositeFieldContainer[FrameSize]
    duration_seconds: int
    mimes: _containers.RepeatedScalarFieldContainer[str]
    protocols: _containers.RepeatedScalarFieldContainer[int]
    apis: _containers.RepeatedScalarFieldContainer[int]
    attributes: _containers.RepeatedScalarFieldContainer[int]
    language: str
    categories: CategoryLabels
    domains: _containers.RepeatedScalarFieldContainer[str]
    bundle: str
    secure: bool
    weight: int
    markup: str
    native: NativeAd
    banner_type: int
    image_url: str
    def __init__(self, name: _Optional[str] = ..., media: _Optional[_Union[MediaType, str]] = ..., sizes: _Optional[_Iterable[_Union[FrameSize, _Mapping]]] = ..., duration_seconds: _Optional[int] = ..., mimes: _Optional[_Iterable[str]] = ..., protocols: _Optional[_Iterable[int]] = ..., apis: _Optional[_Iterable[int]] = ..., attributes: _Optional[_Iterable[int]] = ..., language: _Optional[str] = ..., categories: _Optional[_Union[CategoryLabels, _Mapping]] = ..., domains: _Optional[_Iterable[str]] = ..., bundle: _Optional[str] = ..., secure: _Optional[bool] = ..., weight: _Optional[int] = ..., markup: _Optional[str] = ..., native: _Optional[_Union[NativeAd, _Mapping]] = ..., banner_type: _Optional[int] = ..., image_url: _Optional[str] = ...) -> None: ...

class AgreedDeal(_message.Message):
    __slots__ = ("id", "seat")
    ID_FIELD_NUMBER: _ClassVar[int]
    SEAT_FIELD_NUMBER: _ClassVar[int]
    id: str
    seat: str
    def __init__(self, id: _Optional[str] = ..., seat: _Optional[str] = ...) -> None: ...

class PriceModifier(_message.Message):
    __slots__ = ("condition", "factor_micros")
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    FACTOR_MICROS_FIELD_NUMBER: _ClassVar[int]
    condition: str
    factor_micros: int
    def __init__(self, condition: _Optional[str] = ..., factor_micros: _Optional[int] = ...) -> None: ...

class ModifierGroup(_message.Message):
    __slots__ = ("name", "modifiers")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MODIFIERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    modifiers: _containers.RepeatedCompositeFieldContainer[PriceModifier]
    def __init__(self, name: _Optional[str] = ..., modifiers: _Optional[_Iterable[_Union[PriceModifier, _Mapping]]] = ...) -> None: ...

class LineItemPrice(_message.Message):
    __slots__ = ("base_micros", "maximum_micros", "groups")
    BASE_MICROS_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_MICROS_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    base_micros: int
    maximum_micros: int
    groups: _containers.RepeatedCompositeFieldContainer[ModifierGroup]
    def __init__(self, base_micros: _Optional[int] = ..., maximum_micros: _Optional[int] = ..., groups: _Optional[_Iterable[_Union[ModifierGroup, _Mapping]]] = ...) -> None: ...

class LineItem(_message.Message):
    __slots__ = ("name", "campaign", "status", "rule", "flight", "budget", "pacing", "caps", "price", "creatives", "deals", "open_market", "purposes")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    FLIGHT_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    PACING_FIELD_NUMBER: _ClassVar[int]
    CAPS_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    CREATIVES_FIELD_NUMBER: _ClassVar[int]
    DEALS_FIELD_NUMBER: _ClassVar[int]
    OPEN_MARKET_FIELD_NUMBER: _ClassVar[int]
    PURPOSES_FIELD_NUMBER: _ClassVar[int]
    name: str
    campaign: str
    status: DeliveryStatus
    rule: str
    flight: Flight
    budget: Budget
    pacing: Pacing
    caps: _containers.RepeatedCompositeFieldContainer[Cap]
    price: LineItemPrice
    creatives: _containers.RepeatedScalarFieldContainer[str]
    deals: _containers.RepeatedScalarFieldContainer[str]
    open_market: bool
    purposes: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., campaign: _Optional[str] = ..., status: _Optional[_Union[DeliveryStatus, str]] = ..., rule: _Optional[str] = ..., flight: _Optional[_Union[Flight, _Mapping]] = ..., budget: _Optional[_Union[Budget, _Mapping]] = ..., pacing: _Optional[_Union[Pacing, str]] = ..., caps: _Optional[_Iterable[_Union[Cap, _Mapping]]] = ..., price: _Optional[_Union[LineItemPrice, _Mapping]] = ..., creatives: _Optional[_Iterable[str]] = ..., deals: _Optional[_Iterable[str]] = ..., open_market: _Optional[bool] = ..., purposes: _Optional[_Iterable[int]] = ...) -> None: ...

class CurrencyRate(_message.Message):
    __slots__ = ("currency", "worth_micros")
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    WORTH_MICROS_FIELD_NUMBER: _ClassVar[int]
    currency: str
    worth_micros: int
    def __init__(self, currency: _Optional[str] = ..., worth_micros: _Optional[int] = ...) -> None: ...

class StatusEdit(_message.Message):
    __slots__ = ("name", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    status: DeliveryStatus
    def __init__(self, name: _Optional[str] = ..., status: _Optional[_Union[DeliveryStatus, str]] = ...) -> None: ...

class Entry(_message.Message):
    __slots__ = ("list", "advertiser", "campaign", "creative", "deal", "line_item", "rate", "campaign_status", "line_item_status")
    LIST_FIELD_NUMBER: _ClassVar[int]
    ADVERTISER_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_FIELD_NUMBER: _ClassVar[int]
    CREATIVE_FIELD_NUMBER: _ClassVar[int]
    DEAL_FIELD_NUMBER: _ClassVar[int]
    LINE_ITEM_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_STATUS_FIELD_NUMBER: _ClassVar[int]
    LINE_ITEM_STATUS_FIELD_NUMBER: _ClassVar[int]
    list: NamedList
    advertiser: Advertiser
    campaign: Campaign
    creative: Creative
    deal: AgreedDeal
    line_item: LineItem
    rate: CurrencyRate
    campaign_status: StatusEdit
    line_item_status: StatusEdit
    def __init__(self, list: _Optional[_Union[NamedList, _Mapping]] = ..., advertiser: _Optional[_Union[Advertiser, _Mapping]] = ..., campaign: _Optional[_Union[Campaign, _Mapping]] = ..., creative: _Optional[_Union[Creative, _Mapping]] = ..., deal: _Optional[_Union[AgreedDeal, _Mapping]] = ..., line_item: _Optional[_Union[LineItem, _Mapping]] = ..., rate: _Optional[_Union[CurrencyRate, _Mapping]] = ..., campaign_status: _Optional[_Union[StatusEdit, _Mapping]] = ..., line_item_status: _Optional[_Union[StatusEdit, _Mapping]] = ...) -> None: ...

class DefineEntriesRequest(_message.Message):
    __slots__ = ("entries",)
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[Entry]
    def __init__(self, entries: _Optional[_Iterable[_Union[Entry, _Mapping]]] = ...) -> None: ...

class DefineEntriesResponse(_message.Message):
    __slots__ = ("view", "index")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    index: int
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., index: _Optional[int] = ...) -> None: ...

class GetLineItemRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetLineItemResponse(_message.Message):
    __slots__ = ("view", "line_item", "spend")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    LINE_ITEM_FIELD_NUMBER: _ClassVar[int]
    SPEND_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    line_item: LineItem
    spend: Spend
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., line_item: _Optional[_Union[LineItem, _Mapping]] = ..., spend: _Optional[_Union[Spend, _Mapping]] = ...) -> None: ...

class Spend(_message.Message):
    __slots__ = ("total_nanos", "day_nanos", "pace", "spent")
    TOTAL_NANOS_FIELD_NUMBER: _ClassVar[int]
    DAY_NANOS_FIELD_NUMBER: _ClassVar[int]
    PACE_FIELD_NUMBER: _ClassVar[int]
    SPENT_FIELD_NUMBER: _ClassVar[int]
    total_nanos: int
    day_nanos: int
    pace: int
    spent: bool
    def __init__(self, total_nanos: _Optional[int] = ..., day_nanos: _Optional[int] = ..., pace: _Optional[int] = ..., spent: _Optional[bool] = ...) -> None: ...

class ListLineItemsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListLineItemsResponse(_message.Message):
    __slots__ = ("view", "line_items", "next_page_token")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    LINE_ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    line_items: _containers.RepeatedCompositeFieldContainer[LineItem]
    next_page_token: str
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., line_items: _Optional[_Iterable[_Union[LineItem, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
