"""Times and durations."""

from datetime import datetime

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from assent_sidecar.model import seconds

_MAX_SECONDS = 315_576_000_000  # 10,000 years: the longest that google.protobuf.Duration may say


def timestamp(moment: datetime | None) -> Timestamp | None:
    """Return a moment, or None (an unset field) for None."""
    if moment is None:
        return None
    made = Timestamp()
    made.FromDatetime(moment)
    return made


def timestamp_of(text: str) -> Timestamp:
    """Return an RFC 3339 moment."""
    made = Timestamp()
    made.FromJsonString(text)
    return made


def duration(text: str) -> Duration:
    """Return a duration such as ``30s`` or ``72h``."""
    span = seconds(text)
    if span >= _MAX_SECONDS:
        return Duration(seconds=_MAX_SECONDS)
    return Duration(seconds=int(span), nanos=round(span % 1 * 1000) * 1_000_000)


def microseconds(count: int) -> Duration:
    """Return a duration."""
    made = Duration()
    made.FromMicroseconds(count)
    return made
