"""A period keeps the base price that was charged for it: an agreed one that holds from the next period on is not it."""

from django.db import migrations, models

# Those that were changed in mid-period have been charged at the plan, or the agreed price, that they go on with.
_PRICES = """
    UPDATE quotas_billingperiod p
    SET running_base_minor = CASE
        WHEN p.is_trial OR NOT EXISTS (
            SELECT FROM quotas_invoice i WHERE i.period_id = p.id AND i.reason = 'change'
        ) THEN p.base_price_minor
        ELSE coalesce((s.price_overrides ->> 'base_price_minor')::bigint, o.base_price_minor) END
    FROM quotas_subscription s, quotas_plan o
    WHERE p.state <> 'closed' AND s.id = p.subscription_id AND o.id = p.plan_id
"""


class Migration(migrations.Migration):
    dependencies = [("quotas", "0010_walls")]

    operations = [
        migrations.AddField("billingperiod", "running_base_minor", models.BigIntegerField(default=0)),
        migrations.RunSQL(
            ["SELECT set_config('app.every_workspace', 'on', true)", _PRICES, "SET CONSTRAINTS ALL IMMEDIATE"],
            migrations.RunSQL.noop,
        ),
    ]
