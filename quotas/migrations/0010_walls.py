"""A closed period's counters say so themselves: whoever waited for their row while the period was closed sees it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("quotas", "0009_subscriptions")]

    operations = [
        migrations.AddField("allowance", "is_closed", models.BooleanField(default=False)),
        migrations.RunSQL(
            [
                "SELECT set_config('app.every_workspace', 'on', true)",
                "UPDATE quotas_allowance a SET is_closed = true FROM quotas_billingperiod p "
                "WHERE p.id = a.period_id AND p.state = 'closed'",
                "SET CONSTRAINTS ALL IMMEDIATE",
            ],
            migrations.RunSQL.noop,
        ),
    ]
