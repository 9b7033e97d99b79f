"""Structured logs: one JSON object a line on standard error. Bodies, keys and salts are never logged."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

LEVELS = ("debug", "info", "warning", "error")
_PLAIN = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "color_message", "taskName"})


class JsonFormatter(logging.Formatter):
    """A record as one line: time, level, logger, message, then whatever `extra` gave, then the exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. Whatever is logged, it stays one line and is valid JSON."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up(level: str = "info", stream: TextIO | None = None) -> None:
    """Send every log record of this process to `stream` (standard error), in place of what was set before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # Its own lines on start and stop say nothing that the node's do not.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
