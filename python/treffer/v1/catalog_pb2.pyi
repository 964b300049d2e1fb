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

class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KIND_UNSPECIFIED: _ClassVar[Kind]
    KIND_STRING: _ClassVar[Kind]
    KIND_STRING_SET: _ClassVar[Kind]
    KIND_INTEGER: _ClassVar[Kind]
    KIND_DECIMAL: _ClassVar[Kind]
    KIND_BOOL: _ClassVar[Kind]
    KIND_INSTANT: _ClassVar[Kind]

class NormalForm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NORMAL_FORM_UNSPECIFIED: _ClassVar[NormalForm]
    NORMAL_FORM_LOWERCASE_TRIM: _ClassVar[NormalForm]

class DimensionKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIMENSION_KIND_UNSPECIFIED: _ClassVar[DimensionKind]
    DIMENSION_KIND_CHOICE: _ClassVar[DimensionKind]
    DIMENSION_KIND_VOCABULARY: _ClassVar[DimensionKind]
    DIMENSION_KIND_SET: _ClassVar[DimensionKind]
    DIMENSION_KIND_NUMBER: _ClassVar[DimensionKind]
    DIMENSION_KIND_HOUR_OF_WEEK: _ClassVar[DimensionKind]
    DIMENSION_KIND_PLACE: _ClassVar[DimensionKind]

class SegmentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEGMENT_STATE_UNSPECIFIED: _ClassVar[SegmentState]
    SEGMENT_STATE_ACTIVE: _ClassVar[SegmentState]
    SEGMENT_STATE_PAUSED: _ClassVar[SegmentState]
KIND_UNSPECIFIED: Kind
KIND_STRING: Kind
KIND_STRING_SET: Kind
KIND_INTEGER: Kind
KIND_DECIMAL: Kind
KIND_BOOL: Kind
KIND_INSTANT: Kind
NORMAL_FORM_UNSPECIFIED: NormalForm
NORMAL_FORM_LOWERCASE_TRIM: NormalForm
DIMENSION_KIND_UNSPECIFIED: DimensionKind
DIMENSION_KIND_CHOICE: DimensionKind
DIMENSION_KIND_VOCABULARY: DimensionKind
DIMENSION_KIND_SET: DimensionKind
DIMENSION_KIND_NUMBER: DimensionKind
DIMENSION_KIND_HOUR_OF_WEEK: DimensionKind
DIMENSION_KIND_PLACE: DimensionKind
SEGMENT_STATE_UNSPECIFIED: SegmentState
SEGMENT_STATE_ACTIVE: SegmentState
SEGMENT_STATE_PAUSED: SegmentState

class Namespace(_message.Message):
    __slots__ = ("name", "unique", "limit", "priority", "blocked", "normal_form", "household")
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_FIELD_NUMBER: _ClassVar[int]
    NORMAL_FORM_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_FIELD_NUMBER: _ClassVar[int]
    name: str
    unique: bool
    limit: int
    priority: int
    blocked: _containers.RepeatedScalarFieldContainer[str]
    normal_form: NormalForm
    household: bool
    def __init__(self, name: _Optional[str] = ..., unique: _Optional[bool] = ..., limit: _Optional[int] = ..., priority: _Optional[int] = ..., blocked: _Optional[_Iterable[str]] = ..., normal_form: _Optional[_Union[NormalForm, str]] = ..., household: _Optional[bool] = ...) -> None: ...

class Attribute(_message.Message):
    __slots__ = ("name", "kind")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: Kind
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[Kind, str]] = ...) -> None: ...

class ItemAttribute(_message.Message):
    __slots__ = ("name", "kind")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: Kind
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[Kind, str]] = ...) -> None: ...

class Property(_message.Message):
    __slots__ = ("name", "kind")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: Kind
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[Kind, str]] = ...) -> None: ...

class EventType(_message.Message):
    __slots__ = ("name", "properties", "retention")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    RETENTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    properties: _containers.RepeatedCompositeFieldContainer[Property]
    retention: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., properties: _Optional[_Iterable[_Union[Property, _Mapping]]] = ..., retention: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Dimension(_message.Message):
    __slots__ = ("name", "kind", "stage")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: DimensionKind
    stage: str
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[DimensionKind, str]] = ..., stage: _Optional[str] = ...) -> None: ...

class Segment(_message.Message):
    __slots__ = ("name", "rule", "description", "version", "state", "members")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    rule: str
    description: str
    version: int
    state: SegmentState
    members: int
    def __init__(self, name: _Optional[str] = ..., rule: _Optional[str] = ..., description: _Optional[str] = ..., version: _Optional[int] = ..., state: _Optional[_Union[SegmentState, str]] = ..., members: _Optional[int] = ...) -> None: ...

class SegmentVersion(_message.Message):
    __slots__ = ("number", "rule", "description", "time")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    number: int
    rule: str
    description: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, number: _Optional[int] = ..., rule: _Optional[str] = ..., description: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DeclareRequest(_message.Message):
    __slots__ = ("namespaces", "attributes", "item_attributes", "event_types", "dimensions")
    NAMESPACES_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    ITEM_ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPES_FIELD_NUMBER: _ClassVar[int]
    DIMENSIONS_FIELD_NUMBER: _ClassVar[int]
    namespaces: _containers.RepeatedCompositeFieldContainer[Namespace]
    attributes: _containers.RepeatedCompositeFieldContainer[Attribute]
    item_attributes: _containers.RepeatedCompositeFieldContainer[ItemAttribute]
    event_types: _containers.RepeatedCompositeFieldContainer[EventType]
    dimensions: _containers.RepeatedCompositeFieldContainer[Dimension]
    def __init__(self, namespaces: _Optional[_Iterable[_Union[Namespace, _Mapping]]] = ..., attributes: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., item_attributes: _Optional[_Iterable[_Union[ItemAttribute, _Mapping]]] = ..., event_types: _Optional[_Iterable[_Union[EventType, _Mapping]]] = ..., dimensions: _Optional[_Iterable[_Union[Dimension, _Mapping]]] = ...) -> None: ...

class DeclareResponse(_message.Message):
    __slots__ = ("view",)
    VIEW_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ...) -> None: ...

class GetCatalogRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCatalogResponse(_message.Message):
    __slots__ = ("view", "namespaces", "attributes", "item_attributes", "event_types", "dimensions")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    NAMESPACES_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    ITEM_ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPES_FIELD_NUMBER: _ClassVar[int]
    DIMENSIONS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    namespaces: _containers.RepeatedCompositeFieldContainer[Namespace]
    attributes: _containers.RepeatedCompositeFieldContainer[Attribute]
    item_attributes: _containers.RepeatedCompositeFieldContainer[ItemAttribute]
    event_types: _containers.RepeatedCompositeFieldContainer[EventType]
    dimensions: _containers.RepeatedCompositeFieldContainer[Dimension]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., namespaces: _Optional[_Iterable[_Union[Namespace, _Mapping]]] = ..., attributes: _Optional[_Iterable[_Union[Attribute, _Mapping]]] = ..., item_attributes: _Optional[_Iterable[_Union[ItemAttribute, _Mapping]]] = ..., event_types: _Optional[_Iterable[_Union[EventType, _Mapping]]] = ..., dimensions: _Optional[_Iterable[_Union[Dimension, _Mapping]]] = ...) -> None: ...

class DefineSegmentRequest(_message.Message):
    __slots__ = ("name", "rule", "description")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    rule: str
    description: str
    def __init__(self, name: _Optional[str] = ..., rule: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class DefineSegmentResponse(_message.Message):
    __slots__ = ("view", "segment")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    segment: Segment
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., segment: _Optional[_Union[Segment, _Mapping]] = ...) -> None: ...

class DefineSegmentsRequest(_message.Message):
    __slots__ = ("segments",)
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    segments: _containers.RepeatedCompositeFieldContainer[DefineSegmentRequest]
    def __init__(self, segments: _Optional[_Iterable[_Union[DefineSegmentRequest, _Mapping]]] = ...) -> None: ...

class DefineSegmentsResponse(_message.Message):
    __slots__ = ("view",)
    VIEW_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ...) -> None: ...

class GetSegmentRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetSegmentResponse(_message.Message):
    __slots__ = ("view", "segment")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    segment: Segment
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., segment: _Optional[_Union[Segment, _Mapping]] = ...) -> None: ...

class ListSegmentsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSegmentsResponse(_message.Message):
    __slots__ = ("view", "segments", "next_page_token")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    segments: _containers.RepeatedCompositeFieldContainer[Segment]
    next_page_token: str
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., segments: _Optional[_Iterable[_Union[Segment, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteSegmentRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DeleteSegmentResponse(_message.Message):
    __slots__ = ("view",)
    VIEW_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ...) -> None: ...

class PauseSegmentRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class PauseSegmentResponse(_message.Message):
    __slots__ = ("view", "segment")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    segment: Segment
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., segment: _Optional[_Union[Segment, _Mapping]] = ...) -> None: ...

class ResumeSegmentRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ResumeSegmentResponse(_message.Message):
    __slots__ = ("view", "segment")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    segment: Segment
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., segment: _Optional[_Union[Segment, _Mapping]] = ...) -> None: ...

class ListSegmentVersionsRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListSegmentVersionsResponse(_message.Message):
    __slots__ = ("view", "versions")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    versions: _containers.RepeatedCompositeFieldContainer[SegmentVersion]
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., versions: _Optional[_Iterable[_Union[SegmentVersion, _Mapping]]] = ...) -> None: ...

class CheckRuleRequest(_message.Message):
    __slots__ = ("rule",)
    RULE_FIELD_NUMBER: _ClassVar[int]
    rule: str
    def __init__(self, rule: _Optional[str] = ...) -> None: ...

class CheckRuleResponse(_message.Message):
    __slots__ = ("view", "rule", "event_types", "attributes", "item_attributes", "segments", "bytes", "depth", "leaves")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPES_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    ITEM_ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    LEAVES_FIELD_NUMBER: _ClassVar[int]
    view: _common_pb2.View
    rule: str
    event_types: _containers.RepeatedScalarFieldContainer[str]
    attributes: _containers.RepeatedScalarFieldContainer[str]
    item_attributes: _containers.RepeatedScalarFieldContainer[str]
    segments: _containers.RepeatedScalarFieldContainer[str]
    bytes: RuleMeasure
    depth: RuleMeasure
    leaves: RuleMeasure
    def __init__(self, view: _Optional[_Union[_common_pb2.View, _Mapping]] = ..., rule: _Optional[str] = ..., event_types: _Optional[_Iterable[str]] = ..., attributes: _Optional[_Iterable[str]] = ..., item_attributes: _Optional[_Iterable[str]] = ..., segments: _Optional[_Iterable[str]] = ..., bytes: _Optional[_Union[RuleMeasure, _Mapping]] = ..., depth: _Optional[_Union[RuleMeasure, _Mapping]] = ..., leaves: _Optional[_Union[RuleMeasure, _Mapping]] = ...) -> None: ...

class RuleMeasure(_message.Message):
    __slots__ = ("actual", "limit")
    ACTUAL_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    actual: int
    limit: int
    def __init__(self, actual: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...
