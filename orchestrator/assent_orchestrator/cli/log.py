"""The log of a server: one line an event on stderr, with the trace it belongs to."""

import json
import logging
import sys
from datetime import UTC, datetime

from opentelemetry import trace

_OURS = ("assent", "assent_orchestrator", "assent_sidecar")
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "trace_id", "span_id"}
_QUOTING = {"grpc._cython.cygrpc": "Invalid encoding on", "aiohttp.server": "Error handling request"}
"""What libraries log of headers that they cannot read: they quote them, and one may be a token with a wrong byte."""
_WIDEST = 16_384
"""Characters of one line; a longer one is cut."""


def open_log(*, as_json: bool) -> None:
    """Send the log to stderr: ours from INFO on, everybody else's from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else TextLines())
    handler.addFilter(_quotes_no_header)
    handler.addFilter(_note_trace)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


class TextLines(logging.Formatter):
    """``TIME LEVEL LOGGER: MESSAGE key=value trace_id=...``, for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        facts = {**_extra(record), **_trace_of(record)}
        told = "".join(f" {key}={value}" for key, value in facts.items())
        line = f"{_moment(record)} {record.levelname} {record.name}: {record.getMessage()}{told}{_cause(self, record)}"
        return one_line(line)[:_WIDEST]


class JsonLines(logging.Formatter):
    """One JSON object a line, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        cause = _cause(self, record)
        content = {
            "time": _moment(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage()[:_WIDEST],
            **{key: str(value) for key, value in _extra(record).items()},
            **_trace_of(record),
            **({"cause": cause.strip()[:_WIDEST]} if cause else {}),
        }
        return json.dumps(content, ensure_ascii=False)


def one_line(text: str) -> str:
    """Return the text with every character that could begin a line, or steer a terminal, written out."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def _quotes_no_header(record: logging.LogRecord) -> bool:
    return record.name not in _QUOTING or not str(record.msg).startswith(_QUOTING[record.name])


def _note_trace(record: logging.LogRecord) -> bool:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        record.trace_id = trace.format_trace_id(context.trace_id)
        record.span_id = trace.format_span_id(context.span_id)
    return True


def _trace_of(record: logging.LogRecord) -> dict[str, str]:
    return {key: str(vars(record)[key]) for key in ("trace_id", "span_id") if key in vars(record)}


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _PLAIN}


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cause(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return " because of " + formatter.formatException(record.exc_info) if record.exc_info else ""
