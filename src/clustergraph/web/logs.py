"""What is written to the log: one line of JSON for each event, with the number of the request."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Final

from clustergraph.web.caller import CALLER

LOGGER: Final = logging.getLogger("clustergraph.web")


class JsonLines(logging.Formatter):
    """Writes a record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: time, level, event, and what else the record has."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: int = logging.INFO) -> None:
    """Write the events of the service and of the server to the standard error stream."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    # asyncio warns of every write to a client that has hung up.
    for name, least in (("clustergraph.web", level), ("uvicorn", logging.WARNING), ("asyncio", logging.ERROR)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(least)
        logger.propagate = False


def event(level: int, name: str, **fields: object) -> None:
    """Write an event with the number of the request that it belongs to."""
    if LOGGER.isEnabledFor(level):
        caller = CALLER.get()
        number = {"request": caller.id} if caller else {}
        LOGGER.log(level, name, extra={"fields": number | fields})
