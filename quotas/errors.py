"""What a caller is told when an allowance is used up."""

from accounts.errors import Problem
from quotas.values import Shortage


class QuotaExceeded(Problem):
    """The allowance has no room for what was asked; nothing was taken."""

    status = 402
    code = "quota_exceeded"
    title = "The plan's allowance is used up"
    hint = "Wait until the period resets, end sessions that are not needed, or move to a larger plan."

    def __init__(self, shortage: Shortage) -> None:
        super().__init__(
            f"{shortage.metric.label}: {shortage.used + shortage.held} of {shortage.limit} {shortage.metric.unit} are taken, "
            f"{shortage.asked} more were asked for.",
            metric=shortage.metric.value,
            limit=shortage.limit,
            used=shortage.used,
            held=shortage.held,
            resets_at=shortage.resets_at.isoformat() if shortage.resets_at else None,
        )
        self.shortage = shortage
