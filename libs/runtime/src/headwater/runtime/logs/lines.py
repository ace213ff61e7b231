"""One JSON object per line: ts, level, event, service, the bound ids. Secrets are redacted."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

from headwater.runtime.logs.redaction import redact_fields

if TYPE_CHECKING:
    from headwater.runtime.logs.queue import QueuedStream

_ENCODER = msgspec.json.Encoder(enc_hook=repr)


def configure(service: str, *, level: str = "INFO", stream: "TextIO | QueuedStream | None" = None) -> None:
    """Log to `stream` (standard output when None); the standard library's loggers too."""
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"log_level {level!r} is not one of DEBUG, INFO, WARNING, ERROR")
    target = _Unbreakable(cast("TextIO", stream or sys.stdout))  # structlog only writes and flushes
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
            structlog.processors.format_exc_info,
            lambda logger, method, event: {**event, "service": event.get("service", service)},
            lambda logger, method, event: redact_fields(event),
            _as_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(target),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_IntoStructlog()]
    root.setLevel(max(number, logging.WARNING) if number > logging.DEBUG else number)


def get_logger(name: str) -> Any:
    """A logger; `event` of each line is a constant in snake_case, everything else is passed by keyword."""
    return structlog.get_logger(component=name)


@contextmanager
def bind(**ids: object) -> Iterator[None]:
    """Every line logged inside carries `ids`: request_id, event_id, run_id and the like."""
    with structlog.contextvars.bound_contextvars(**ids):
        yield


def _as_line(logger: WrappedLogger, method: str, event: EventDict) -> str:
    try:
        return _ENCODER.encode(event).decode()
    except (TypeError, ValueError, msgspec.MsgspecError):
        return _ENCODER.encode({name: repr(value) for name, value in event.items()}).decode(errors="replace")


class _Unbreakable:
    """A stream that drops log lines while its disk is full instead of failing the caller; later it logs how many."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._lost = stream, 0

    def write(self, text: str) -> None:
        try:
            if self._lost:
                self._stream.write(f'{{"event":"log_lines_lost","lines":{self._lost}}}\n')
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._lost += 1
        else:
            self._lost = 0

    def flush(self) -> None:
        """Each line is flushed when written."""


class _IntoStructlog(logging.Handler):
    """Lines of libraries that use the standard library's logging."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger(component=record.name)
        logger.log(max(record.levelno, logging.DEBUG), record.getMessage(), exc_info=record.exc_info or None)
