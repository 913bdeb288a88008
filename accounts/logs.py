"""Log lines carry the request they belong to."""

import logging

from accounts.context import current_actor


class ContextFilter(logging.Filter):
    """Adds `request_id` to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_actor().request_id or "-"
        return True


class NotReadyFilter(logging.Filter):
    """Drops the line for every 503: a process that is starting says so to its load balancer, not to the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", None) != 503
