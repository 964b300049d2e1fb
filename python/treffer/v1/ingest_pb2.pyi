import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from treffer.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RefusalReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REFUSAL_REASON_UNSPECIFIED: _ClassVar[RefusalReason]
    REFUSAL_REASON_MISSING: _ClassVar[RefusalReason]
    REFUSAL_REASON_WRONG_TYPE: _ClassVar[RefusalReason]
    REFUSAL_REASON_OUT_OF_RANGE: _ClassVar[RefusalReason]
    REFUSAL_REASON_UNDECLARED: _ClassVar[RefusalReason]
    REFUSAL_REASON_NO_ID: _ClassVar[RefusalReason]
    REFUSAL_REASON_FUTURE: _ClassVar[RefusalReason]
    REFUSAL_REASON_TOO_OLD: _ClassVar[RefusalReason]
    REFUSAL_REASON_CONFLICT: _ClassVar[RefusalReason]
REFUSAL_REASON_UNSPECIFIED: RefusalReason
REFUSAL_REASON_MISSING: RefusalReason
REFUSAL_REASON_WRONG_TYPE: RefusalReason
REFUSAL_REASON_OUT_OF_RANGE: RefusalReason
REFUSAL_REASON_UNDECLARED: RefusalReason
REFUSAL_REASON_NO_ID: RefusalReason
REFUSAL_REASON_FUTURE: RefusalReason
REFUSAL_REASON_TOO_OLD: RefusalReason
REFUSAL_REASON_CONFLICT: RefusalReason

class Refusal(_message.Message):
    __slots__ = ("row", "field", "reason", "message")
    ROW_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    row: int
    field: str
    reason: RefusalReason
    message: str
    def __init__(self, row: _Optional[int] = ..., field: _Optional[str] = ..., reason: _Optional[_Union[RefusalReason, str]] = ..., message: _Optional[str] = ...) -> None: ...

class Report(_message.Message):
    __slots__ = ("accepted", "duplicates", "blocked_ids", "refused", "links_refused")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DUPLICATES_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_IDS_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    LINKS_REFUSED_FIELD_NUMBER: _ClassVar[int]
    accepted: int
    duplicates: int
    blocked_ids: int
    refused: _containers.RepeatedCompositeFieldContainer[Refusal]
    links_refused: int
    def __init__(self, accepted: _Optional[int] = ..., duplicates: _Optional[int] = ..., blocked_ids: _Optional[int] = ..., refused: _Optional[_Iterable[_Union[Refusal, _Mapping]]] = ..., links_refused: _Optional[int] = ...) -> None: ...

class EventRow(_message.Message):
    __slots__ = ("event_id", "type", "time", "ids", "item", "value_micros", "quantity", "channel", "properties")
    class PropertiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _common_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_common_pb2.Value, _Mapping]] = ...) -> None: ...
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    VALUE_MICROS_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    type: str
    time: _timestamp_pb2.Timestamp
    ids: _containers.RepeatedScalarFieldContainer[str]
    item: str
    value_micros: int
    quantity: int
    channel: str
    properties: _containers.MessageMap[str, _common_pb2.Value]
    def __init__(self, event_id: _Optional[str] = ..., type: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ids: _Optional[_Iterable[str]] = ..., item: _Optional[str] = ..., value_micros: _Optional[int] = ..., quantity: _Optional[int] = ..., channel: _Optional[str] = ..., properties: _Optional[_Mapping[str, _common_pb2.Value]] = ...) -> None: ...

class ProfileRow(_message.Message):
    __slots__ = ("ids", "attributes", "time")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _common_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_common_pb2.Value, _Mapping]] = ...) -> None: ...
    IDS_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    attributes: _containers.MessageMap[str, _common_pb2.Value]
    time: _timestamp_pb2.Timestamp
    def __init__(self, ids: _Optional[_Iterable[str]] = ..., attributes: _Optional[_Mapping[str, _common_pb2.Value]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ItemRow(_message.Message):
    __slots__ = ("item", "attributes")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _common_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_common_pb2.Value, _Mapping]] = ...) -> None: ...
    ITEM_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    item: str
    attributes: _containers.MessageMap[str, _common_pb2.Value]
    def __init__(self, item: _Optional[str] = ..., attributes: _Optional[_Mapping[str, _common_pb2.Value]] = ...) -> None: ...

class EventRows(_message.Message):
    __slots__ = ("rows",)
    ROWS_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[EventRow]
    def __init__(self, rows: _Optional[_Iterable[_Union[EventRow, _Mapping]]] = ...) -> None: ...

class ProfileRows(_message.Message):
    __slots__ = ("rows",)
    ROWS_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[ProfileRow]
    def __init__(self, rows: _Optional[_Iterable[_Union[ProfileRow, _Mapping]]] = ...) -> None: ...

class ItemRows(_message.Message):
    __slots__ = ("rows",)
    ROWS_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[ItemRow]
    def __init__(self, rows: _Optional[_Iterable[_Union[ItemRow, _Mapping]]] = ...) -> None: ...

class TrackEventsRequest(_message.Message):
    __slots__ = ("events", "arrow_stream", "ignore")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    ARROW_STREAM_FIELD_NUMBER: _ClassVar[int]
    IGNORE_FIELD_NUMBER: _ClassVar[int]
    events: EventRows
    arrow_stream: bytes
    ignore: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, events: _Optional[_Union[EventRows, _Mapping]] = ..., arrow_stream: _Optional[bytes] = ..., ignore: _Optional[_Iterable[str]] = ...) -> None: ...

class TrackEventsResponse(_message.Message):
    __slots__ = ("view", "report")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    report: Report
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., report: _Optional[_Union[Report, _Mapping]] = ...) -> None: ...

class StreamEventsRequest(_message.Message):
    __slots__ = ("batch", "events", "arrow_stream", "ignore")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    ARROW_STREAM_FIELD_NUMBER: _ClassVar[int]
    IGNORE_FIELD_NUMBER: _ClassVar[int]
    batch: int
    events: EventRows
    arrow_stream: bytes
    ignore: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, batch: _Optional[int] = ..., events: _Optional[_Union[EventRows, _Mapping]] = ..., arrow_stream: _Optional[bytes] = ..., ignore: _Optional[_Iterable[str]] = ...) -> None: ...

class StreamEventsResponse(_message.Message):
    __slots__ = ("batch", "view", "report", "status")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    batch: int
    view: _common_pb2.View
    report: Report
    status: _common_pb2.Status
    def __init__(self, batch: _Optional[int] = ..., view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., report: _Optional[_Union[Report, _Mapping]] = ..., status: _Optional[_Union[_common_pb2.Status, _Mapping]] = ...) -> None: ...

class LoadProfilesRequest(_message.Message):
    __slots__ = ("profiles", "arrow_stream", "ignore", "unset")
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    ARROW_STREAM_FIELD_NUMBER: _ClassVar[int]
    IGNORE_FIELD_NUMBER: _ClassVar[int]
    UNSET_FIELD_NUMBER: _ClassVar[int]
    profiles: ProfileRows
    arrow_stream: bytes
    ignore: _containers.RepeatedScalarFieldContainer[str]
    unset: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, profiles: _Optional[_Union[ProfileRows, _Mapping]] = ..., arrow_stream: _Optional[bytes] = ..., ignore: _Optional[_Iterable[str]] = ..., unset: _Optional[_Iterable[str]] = ...) -> None: ...

class LoadProfilesResponse(_message.Message):
    __slots__ = ("view", "report")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    report: Report
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., report: _Optional[_Union[Report, _Mapping]] = ...) -> None: ...

class LoadItemsRequest(_message.Message):
    __slots__ = ("items", "arrow_stream", "ignore", "unset")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    ARROW_STREAM_FIELD_NUMBER: _ClassVar[int]
    IGNORE_FIELD_NUMBER: _ClassVar[int]
    UNSET_FIELD_NUMBER: _ClassVar[int]
    items: ItemRows
    arrow_stream: bytes
    ignore: _containers.RepeatedScalarFieldContainer[str]
    unset: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, items: _Optional[_Union[ItemRows, _Mapping]] = ..., arrow_stream: _Optional[bytes] = ..., ignore: _Optional[_Iterable[str]] = ..., unset: _Optional[_Iterable[str]] = ...) -> None: ...

class LoadItemsResponse(_message.Message):
    __slots__ = ("view", "report")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    report: Report
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., report: _Optional[_Union[Report, _Mapping]] = ...) -> None: ...

class VoidEventsRequest(_message.Message):
    __slots__ = ("event_ids",)
    EVENT_IDS_FIELD_NUMBER: _ClassVar[int]
    event_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, event_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class VoidEventsResponse(_message.Message):
    __slots__ = ("view", "report")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    report: Report
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., report: _Optional[_Union[Report, _Mapping]] = ...) -> None: ...
