import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from treffer.v1 import common_pb2 as _common_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ConfirmClockRequest(_message.Message):
    __slots__ = ("to",)
    TO_FIELD_NUMBER: _ClassVar[int]
    to: _timestamp_pb2.Timestamp
    def __init__(self, to: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ConfirmClockResponse(_message.Message):
    __slots__ = ("view",)
    VIEW_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("view", "live", "reservations")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    RESERVATIONS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    live: LiveStatus
    reservations: ReservationStatus
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., live: _Optional[_Union[LiveStatus, _Mapping]] = ..., reservations: _Optional[_Union[ReservationStatus, _Mapping]] = ...) -> None: ...

class ReservationStatus(_message.Message):
    __slots__ = ("known", "made", "confirmed", "late", "cap_overrun", "cancelled", "lapsed")
    KNOWN_FIELD_NUMBER: _ClassVar[int]
    MADE_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    CAP_OVERRUN_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    LAPSED_FIELD_NUMBER: _ClassVar[int]
    known: int
    made: int
    confirmed: int
    late: int
    cap_overrun: int
    cancelled: int
    lapsed: int
    def __init__(self, known: _Optional[int] = ..., made: _Optional[int] = ..., confirmed: _Optional[int] = ..., late: _Optional[int] = ..., cap_overrun: _Optional[int] = ..., cancelled: _Optional[int] = ..., lapsed: _Optional[int] = ...) -> None: ...

class LiveStatus(_message.Message):
    __slots__ = ("segments", "judged", "alarms", "flips", "expiries", "waiting_alarms", "lag_ms", "held", "feed_first", "feed_next")
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    JUDGED_FIELD_NUMBER: _ClassVar[int]
    ALARMS_FIELD_NUMBER: _ClassVar[int]
    FLIPS_FIELD_NUMBER: _ClassVar[int]
    EXPIRIES_FIELD_NUMBER: _ClassVar[int]
    WAITING_ALARMS_FIELD_NUMBER: _ClassVar[int]
    LAG_MS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    FEED_FIRST_FIELD_NUMBER: _ClassVar[int]
    FEED_NEXT_FIELD_NUMBER: _ClassVar[int]
    segments: int
    judged: int
    alarms: int
    flips: int
    expiries: int
    waiting_alarms: int
    lag_ms: int
    held: bool
    feed_first: int
    feed_next: int
    def __init__(self, segments: _Optional[int] = ..., judged: _Optional[int] = ..., alarms: _Optional[int] = ..., flips: _Optional[int] = ..., expiries: _Optional[int] = ..., waiting_alarms: _Optional[int] = ..., lag_ms: _Optional[int] = ..., held: _Optional[bool] = ..., feed_first: _Optional[int] = ..., feed_next: _Optional[int] = ...) -> None: ...
