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

class Unit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNIT_UNSPECIFIED: _ClassVar[Unit]
    UNIT_HOUSEHOLD: _ClassVar[Unit]

class MembersForm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEMBERS_FORM_UNSPECIFIED: _ClassVar[MembersForm]
    MEMBERS_FORM_ROWS: _ClassVar[MembersForm]
    MEMBERS_FORM_ARROW: _ClassVar[MembersForm]
    MEMBERS_FORM_BITMAP: _ClassVar[MembersForm]

class Cause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAUSE_UNSPECIFIED: _ClassVar[Cause]
    CAUSE_EVENT: _ClassVar[Cause]
    CAUSE_TIME: _ClassVar[Cause]
    CAUSE_ATTRIBUTE: _ClassVar[Cause]
    CAUSE_ITEM: _ClassVar[Cause]
    CAUSE_MERGE: _ClassVar[Cause]
    CAUSE_UNMERGE: _ClassVar[Cause]
    CAUSE_EDIT: _ClassVar[Cause]
    CAUSE_RETENTION: _ClassVar[Cause]
UNIT_UNSPECIFIED: Unit
UNIT_HOUSEHOLD: Unit
MEMBERS_FORM_UNSPECIFIED: MembersForm
MEMBERS_FORM_ROWS: MembersForm
MEMBERS_FORM_ARROW: MembersForm
MEMBERS_FORM_BITMAP: MembersForm
CAUSE_UNSPECIFIED: Cause
CAUSE_EVENT: Cause
CAUSE_TIME: Cause
CAUSE_ATTRIBUTE: Cause
CAUSE_ITEM: Cause
CAUSE_MERGE: Cause
CAUSE_UNMERGE: Cause
CAUSE_EDIT: Cause
CAUSE_RETENTION: Cause

class CountRequest(_message.Message):
    __slots__ = ("audience", "at", "unit")
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    audience: _common_pb2.Audience
    at: _timestamp_pb2.Timestamp
    unit: Unit
    def __init__(self, audience: _Optional[_Union[_common_pb2.Audience, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., unit: _Optional[_Union[Unit, str]] = ...) -> None: ...

class CountResponse(_message.Message):
    __slots__ = ("view", "count")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    count: int
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., count: _Optional[int] = ...) -> None: ...

class OverlapRequest(_message.Message):
    __slots__ = ("audiences", "at")
    AUDIENCES_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    audiences: _containers.RepeatedCompositeFieldContainer[_common_pb2.Audience]
    at: _timestamp_pb2.Timestamp
    def __init__(self, audiences: _Optional[_Iterable[_Union[_common_pb2.Audience, _Mapping]]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OverlapResponse(_message.Message):
    __slots__ = ("view", "counts")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    counts: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., counts: _Optional[_Iterable[int]] = ...) -> None: ...

class SegmentNames(_message.Message):
    __slots__ = ("names",)
    NAMES_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, names: _Optional[_Iterable[str]] = ...) -> None: ...

class BreakdownRequest(_message.Message):
    __slots__ = ("audience", "attribute", "segments", "limit", "at", "unit")
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    audience: _common_pb2.Audience
    attribute: str
    segments: SegmentNames
    limit: int
    at: _timestamp_pb2.Timestamp
    unit: Unit
    def __init__(self, audience: _Optional[_Union[_common_pb2.Audience, _Mapping]] = ..., attribute: _Optional[str] = ..., segments: _Optional[_Union[SegmentNames, _Mapping]] = ..., limit: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., unit: _Optional[_Union[Unit, str]] = ...) -> None: ...

class BreakdownPart(_message.Message):
    __slots__ = ("label", "count")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    label: str
    count: int
    def __init__(self, label: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class BreakdownResponse(_message.Message):
    __slots__ = ("view", "total", "parts", "left_out")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    total: int
    parts: _containers.RepeatedCompositeFieldContainer[BreakdownPart]
    left_out: int
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., total: _Optional[int] = ..., parts: _Optional[_Iterable[_Union[BreakdownPart, _Mapping]]] = ..., left_out: _Optional[int] = ...) -> None: ...

class MembersRequest(_message.Message):
    __slots__ = ("audience", "at", "form", "namespaces", "page_size", "page_token", "sample", "seed")
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    NAMESPACES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    audience: _common_pb2.Audience
    at: _timestamp_pb2.Timestamp
    form: MembersForm
    namespaces: _containers.RepeatedScalarFieldContainer[str]
    page_size: int
    page_token: str
    sample: int
    seed: int
    def __init__(self, audience: _Optional[_Union[_common_pb2.Audience, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., form: _Optional[_Union[MembersForm, str]] = ..., namespaces: _Optional[_Iterable[str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., sample: _Optional[int] = ..., seed: _Optional[int] = ...) -> None: ...

class Member(_message.Message):
    __slots__ = ("profile", "ids")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    profile: int
    ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, profile: _Optional[int] = ..., ids: _Optional[_Iterable[str]] = ...) -> None: ...

class MembersResponse(_message.Message):
    __slots__ = ("view", "total", "members", "arrow_stream", "bitmap", "next_page_token")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    ARROW_STREAM_FIELD_NUMBER: _ClassVar[int]
    BITMAP_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    total: int
    members: _containers.RepeatedCompositeFieldContainer[Member]
    arrow_stream: bytes
    bitmap: bytes
    next_page_token: str
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., total: _Optional[int] = ..., members: _Optional[_Iterable[_Union[Member, _Mapping]]] = ..., arrow_stream: _Optional[bytes] = ..., bitmap: _Optional[bytes] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("profile", "audience", "at")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    profile: str
    audience: _common_pb2.Audience
    at: _timestamp_pb2.Timestamp
    def __init__(self, profile: _Optional[str] = ..., audience: _Optional[_Union[_common_pb2.Audience, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Explanation(_message.Message):
    __slots__ = ("text", "holds", "value", "since", "until", "parts")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    HOLDS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    text: str
    holds: bool
    value: str
    since: _timestamp_pb2.Timestamp
    until: _timestamp_pb2.Timestamp
    parts: _containers.RepeatedCompositeFieldContainer[Explanation]
    def __init__(self, text: _Optional[str] = ..., holds: _Optional[bool] = ..., value: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., parts: _Optional[_Iterable[_Union[Explanation, _Mapping]]] = ...) -> None: ...

class ExplainResponse(_message.Message):
    __slots__ = ("view", "profile", "explanation")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    profile: int
    explanation: Explanation
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., profile: _Optional[int] = ..., explanation: _Optional[_Union[Explanation, _Mapping]] = ...) -> None: ...

class ListMembershipsRequest(_message.Message):
    __slots__ = ("profile",)
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    profile: str
    def __init__(self, profile: _Optional[str] = ...) -> None: ...

class ListMembershipsResponse(_message.Message):
    __slots__ = ("view", "profile", "segments")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    profile: int
    segments: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., profile: _Optional[int] = ..., segments: _Optional[_Iterable[str]] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("segments", "cursor", "snapshot", "namespaces", "page_size", "wait_ms")
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    NAMESPACES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    segments: _containers.RepeatedScalarFieldContainer[str]
    cursor: int
    snapshot: bool
    namespaces: _containers.RepeatedScalarFieldContainer[str]
    page_size: int
    wait_ms: int
    def __init__(self, segments: _Optional[_Iterable[str]] = ..., cursor: _Optional[int] = ..., snapshot: _Optional[bool] = ..., namespaces: _Optional[_Iterable[str]] = ..., page_size: _Optional[int] = ..., wait_ms: _Optional[int] = ...) -> None: ...

class WatchResponse(_message.Message):
    __slots__ = ("view", "snapshot", "changes", "next_cursor", "snapshot_goes_on")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_GOES_ON_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    snapshot: _containers.RepeatedCompositeFieldContainer[SegmentMembers]
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    next_cursor: int
    snapshot_goes_on: bool
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., snapshot: _Optional[_Iterable[_Union[SegmentMembers, _Mapping]]] = ..., changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ..., next_cursor: _Optional[int] = ..., snapshot_goes_on: _Optional[bool] = ...) -> None: ...

class SegmentMembers(_message.Message):
    __slots__ = ("segment", "bitmap", "arrow_stream")
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    BITMAP_FIELD_NUMBER: _ClassVar[int]
    ARROW_STREAM_FIELD_NUMBER: _ClassVar[int]
    segment: str
    bitmap: bytes
    arrow_stream: bytes
    def __init__(self, segment: _Optional[str] = ..., bitmap: _Optional[bytes] = ..., arrow_stream: _Optional[bytes] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("sequence", "segment", "profile", "ids", "entered", "cause", "event_id", "time")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    ENTERED_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    segment: str
    profile: int
    ids: _containers.RepeatedScalarFieldContainer[str]
    entered: bool
    cause: Cause
    event_id: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, sequence: _Optional[int] = ..., segment: _Optional[str] = ..., profile: _Optional[int] = ..., ids: _Optional[_Iterable[str]] = ..., entered: _Optional[bool] = ..., cause: _Optional[_Union[Cause, str]] = ..., event_id: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
