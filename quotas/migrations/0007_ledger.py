"""The ledger in monthly partitions, which nobody changes; hot rows without the checks and indexes that others make needless."""

import django.db.models.deletion
from django.db import migrations, models

# Row-level security hides every row from the owner, too, until it asks for all workspaces.
_CONVERT = """
SELECT set_config('app.every_workspace', 'on', true);
ALTER TABLE quotas_usageentry RENAME TO quotas_usageentry_flat;
ALTER TABLE quotas_usageentry_flat DROP CONSTRAINT quotas_usageentry_pkey;
DROP INDEX usage_by_time, usage_by_allowance, usage_recorded;
CREATE TABLE quotas_usageentry (LIKE quotas_usageentry_flat INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY RANGE (created_at);
ALTER TABLE quotas_usageentry ADD PRIMARY KEY (id, created_at);
CREATE INDEX usage_by_time ON quotas_usageentry (workspace_id, metric, occurred_at);
CREATE INDEX usage_by_allowance ON quotas_usageentry (allowance_id);
CREATE INDEX usage_recorded ON quotas_usageentry USING brin (created_at);
CREATE TABLE quotas_usageentry_default PARTITION OF quotas_usageentry DEFAULT;

CREATE FUNCTION quotas_ledger_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The ledger is only appended to: no % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON quotas_usageentry
    FOR EACH ROW EXECUTE FUNCTION quotas_ledger_is_final();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON quotas_usageentry EXECUTE FUNCTION quotas_ledger_is_final();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON quotas_usageentry_default EXECUTE FUNCTION quotas_ledger_is_final();
"""
_FILL = """
INSERT INTO quotas_usageentry SELECT * FROM quotas_usageentry_flat;
DROP TABLE quotas_usageentry_flat;
SELECT set_config('app.every_workspace', '', true);
"""


def make_partitions(apps, schema_editor):
    from quotas.partitions import ensure_partitions

    ensure_partitions(using=schema_editor.connection.alias)
    schema_editor.execute("SELECT set_config('app.every_workspace', 'on', true)")


def proven_workspace():
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        editable=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to="accounts.workspace",
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_webhooks"), ("quotas", "0006_invoices")]

    operations = [
        migrations.AlterField("reservation", "workspace", proven_workspace()),
        migrations.AlterField("usageentry", "workspace", proven_workspace()),
        migrations.AlterField(
            "usageentry",
            "reservation",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="quotas.reservation",
            ),
        ),
        migrations.AlterField(
            "usageentry",
            "kind",
            models.CharField(
                choices=[
                    ("usage", "Usage"),
                    ("overrun", "Overrun"),
                    ("correction", "Correction"),
                    ("grant", "Grant"),
                    ("expiry", "Expiry"),
                    ("late", "Late"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunSQL(_CONVERT),
        migrations.RunPython(make_partitions),
        migrations.RunSQL(_FILL),
    ]
