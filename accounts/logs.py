"""Log lines carry the request they belong to."""

import logging

from accounts.context import current_actor


class ContextFilter(logging.Filter):
    """Adds `request_id` to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_actor().request_id or "-"
        return True
