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

class LinkObstacle(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINK_OBSTACLE_UNSPECIFIED: _ClassVar[LinkObstacle]
    LINK_OBSTACLE_APART: _ClassVar[LinkObstacle]
    LINK_OBSTACLE_UNIQUE: _ClassVar[LinkObstacle]
    LINK_OBSTACLE_LIMIT: _ClassVar[LinkObstacle]
    LINK_OBSTACLE_SHARED: _ClassVar[LinkObstacle]

class MergeOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MERGE_OUTCOME_UNSPECIFIED: _ClassVar[MergeOutcome]
    MERGE_OUTCOME_MERGED: _ClassVar[MergeOutcome]
    MERGE_OUTCOME_SPLIT: _ClassVar[MergeOutcome]
    MERGE_OUTCOME_REFUSED: _ClassVar[MergeOutcome]

class MergeCause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MERGE_CAUSE_UNSPECIFIED: _ClassVar[MergeCause]
    MERGE_CAUSE_EVENT: _ClassVar[MergeCause]
    MERGE_CAUSE_PROFILE_ROW: _ClassVar[MergeCause]
    MERGE_CAUSE_BY_HAND: _ClassVar[MergeCause]
LINK_OBSTACLE_UNSPECIFIED: LinkObstacle
LINK_OBSTACLE_APART: LinkObstacle
LINK_OBSTACLE_UNIQUE: LinkObstacle
LINK_OBSTACLE_LIMIT: LinkObstacle
LINK_OBSTACLE_SHARED: LinkObstacle
MERGE_OUTCOME_UNSPECIFIED: MergeOutcome
MERGE_OUTCOME_MERGED: MergeOutcome
MERGE_OUTCOME_SPLIT: MergeOutcome
MERGE_OUTCOME_REFUSED: MergeOutcome
MERGE_CAUSE_UNSPECIFIED: MergeCause
MERGE_CAUSE_EVENT: MergeCause
MERGE_CAUSE_PROFILE_ROW: MergeCause
MERGE_CAUSE_BY_HAND: MergeCause

class MergeProfilesRequest(_message.Message):
    __slots__ = ("a", "b")
    A_FIELD_NUMBER: _ClassVar[int]
    B_FIELD_NUMBER: _ClassVar[int]
    a: str
    b: str
    def __init__(self, a: _Optional[str] = ..., b: _Optional[str] = ...) -> None: ...

class MergeProfilesResponse(_message.Message):
    __slots__ = ("view",)
    VIEW_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ...) -> None: ...

class UnmergeProfilesRequest(_message.Message):
    __slots__ = ("ids",)
    IDS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ids: _Optional[_Iterable[str]] = ...) -> None: ...

class UnmergeProfilesResponse(_message.Message):
    __slots__ = ("view",)
    VIEW_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ...) -> None: ...

class PreviewLinkRequest(_message.Message):
    __slots__ = ("ids",)
    IDS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ids: _Optional[_Iterable[str]] = ...) -> None: ...

class RefusedLink(_message.Message):
    __slots__ = ("id", "obstacle")
    ID_FIELD_NUMBER: _ClassVar[int]
    OBSTACLE_FIELD_NUMBER: _ClassVar[int]
    id: str
    obstacle: LinkObstacle
    def __init__(self, id: _Optional[str] = ..., obstacle: _Optional[_Union[LinkObstacle, str]] = ...) -> None: ...

class PreviewLinkResponse(_message.Message):
    __slots__ = ("view", "profiles", "owner", "ids", "refused")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    profiles: _containers.RepeatedScalarFieldContainer[int]
    owner: str
    ids: _containers.RepeatedScalarFieldContainer[str]
    refused: _containers.RepeatedCompositeFieldContainer[RefusedLink]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., profiles: _Optional[_Iterable[int]] = ..., owner: _Optional[str] = ..., ids: _Optional[_Iterable[str]] = ..., refused: _Optional[_Iterable[_Union[RefusedLink, _Mapping]]] = ...) -> None: ...

class ListMergesRequest(_message.Message):
    __slots__ = ("after", "page_size")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    after: int
    page_size: int
    def __init__(self, after: _Optional[int] = ..., page_size: _Optional[int] = ...) -> None: ...

class MergeEntry(_message.Message):
    __slots__ = ("sequence", "time", "outcome", "ids", "cause", "event_id", "obstacle")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    OBSTACLE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    time: _timestamp_pb2.Timestamp
    outcome: MergeOutcome
    ids: _containers.RepeatedScalarFieldContainer[str]
    cause: MergeCause
    event_id: str
    obstacle: LinkObstacle
    def __init__(self, sequence: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., outcome: _Optional[_Union[MergeOutcome, str]] = ..., ids: _Optional[_Iterable[str]] = ..., cause: _Optional[_Union[MergeCause, str]] = ..., event_id: _Optional[str] = ..., obstacle: _Optional[_Union[LinkObstacle, str]] = ...) -> None: ...

class ListMergesResponse(_message.Message):
    __slots__ = ("view", "merges", "links_kept", "refused_unique", "refused_limit", "refused_apart", "links_idle", "shared_ids")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    MERGES_FIELD_NUMBER: _ClassVar[int]
    LINKS_KEPT_FIELD_NUMBER: _ClassVar[int]
    REFUSED_UNIQUE_FIELD_NUMBER: _ClassVar[int]
    REFUSED_LIMIT_FIELD_NUMBER: _ClassVar[int]
    REFUSED_APART_FIELD_NUMBER: _ClassVar[int]
    LINKS_IDLE_FIELD_NUMBER: _ClassVar[int]
    SHARED_IDS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    merges: _containers.RepeatedCompositeFieldContainer[MergeEntry]
    links_kept: int
    refused_unique: int
    refused_limit: int
    refused_apart: int
    links_idle: int
    shared_ids: int
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., merges: _Optional[_Iterable[_Union[MergeEntry, _Mapping]]] = ..., links_kept: _Optional[int] = ..., refused_unique: _Optional[int] = ..., refused_limit: _Optional[int] = ..., refused_apart: _Optional[int] = ..., links_idle: _Optional[int] = ..., shared_ids: _Optional[int] = ...) -> None: ...
