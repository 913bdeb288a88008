"""Room on the pages of the hot table, and an index for the nightly sums of a ledger that only grows."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("quotas", "0002_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE quotas_allowance SET (fillfactor = 70)", "ALTER TABLE quotas_allowance RESET (fillfactor)"
        ),
        migrations.RunSQL(
            "CREATE INDEX usage_recorded ON quotas_usageentry USING brin (created_at)", "DROP INDEX usage_recorded"
        ),
    ]
