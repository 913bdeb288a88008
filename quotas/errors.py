"""What a caller is told when an allowance is used up."""

from accounts.errors import Problem
from quotas.values import Shortage, Spend


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


class SpendCapReached(QuotaExceeded):
    """What was asked would cost more than the workspace's own spend cap leaves; nothing was taken."""

    code = "spend_cap_reached"
    title = "The spend cap is reached"
    hint = "Raise or remove the spend cap, or wait until the period resets."

    def __init__(self, shortage: Shortage, spend: Spend) -> None:
        super().__init__(shortage)
        self.detail = (
            f"{shortage.metric.label}: {spend.used} of {spend.limit} (minor units of {spend.currency.upper()}) are spent or "
            f"held, what was asked for costs {spend.asked} more."
        )
        self.extra |= {"limit": spend.limit, "used": spend.used, "asked": spend.asked, "currency": spend.currency}
        del self.extra["held"]


def refusal(shortage: Shortage) -> QuotaExceeded:
    """The error that tells of a shortage."""
    return SpendCapReached(shortage, shortage.spend) if shortage.spend else QuotaExceeded(shortage)
