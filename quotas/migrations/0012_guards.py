"""Mails that are asked for until they are sent, and more of what nobody may change, the owner of the tables included."""

from django.db import migrations, models

# A row that moves concerns two plans. Whoever subscribes holds a share of the plan's row from then on, not only at commit,
# where the foreign key is checked.
_PLAN_IS_AGREED = """
CREATE OR REPLACE FUNCTION quotas_plan_is_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    plan uuid;
    touched uuid[];
BEGIN
    IF TG_TABLE_NAME = 'quotas_plan' THEN
        IF TG_OP = 'UPDATE' THEN
            IF to_jsonb(OLD) - 'is_public' = to_jsonb(NEW) - 'is_public' THEN RETURN NEW; END IF;
        END IF;
        touched := ARRAY[OLD.id];
    ELSE
        touched := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.plan_id] WHEN 'DELETE' THEN ARRAY[OLD.plan_id]
                              ELSE ARRAY[least(OLD.plan_id, NEW.plan_id), greatest(OLD.plan_id, NEW.plan_id)] END;
    END IF;
    FOREACH plan IN ARRAY touched LOOP
        PERFORM FROM quotas_plan WHERE id = plan FOR UPDATE;
        IF quotas_plan_in_use(plan) THEN
            RAISE EXCEPTION 'plan % is agreed with subscribers: make a new version', plan USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""
_PLAN_IS_TAKEN = """
CREATE FUNCTION quotas_plan_is_taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM quotas_plan WHERE id = NEW.plan_id FOR KEY SHARE;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_is_taken BEFORE INSERT OR UPDATE OF plan_id ON quotas_subscription
    FOR EACH ROW EXECUTE FUNCTION quotas_plan_is_taken();
CREATE TRIGGER plan_is_taken BEFORE INSERT OR UPDATE OF plan_id ON quotas_billingperiod
    FOR EACH ROW EXECUTE FUNCTION quotas_plan_is_taken();
"""
_FINAL = """
CREATE FUNCTION quotas_row_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is final: no % of what is there', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON quotas_creditentry
    FOR EACH ROW EXECUTE FUNCTION quotas_row_is_final();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON quotas_creditentry EXECUTE FUNCTION quotas_row_is_final();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON quotas_usageevent
    FOR EACH ROW EXECUTE FUNCTION quotas_row_is_final();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON quotas_usageevent EXECUTE FUNCTION quotas_row_is_final();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON quotas_invoice EXECUTE FUNCTION quotas_row_is_final();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON quotas_invoiceline EXECUTE FUNCTION quotas_row_is_final();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON quotas_invoiceseries EXECUTE FUNCTION quotas_row_is_final();
CREATE TRIGGER closed_is_final BEFORE UPDATE OR DELETE ON quotas_billingperiod
    FOR EACH ROW WHEN (OLD.state = 'closed') EXECUTE FUNCTION quotas_row_is_final();
CREATE TRIGGER closed_is_final BEFORE UPDATE OR DELETE ON quotas_allowance
    FOR EACH ROW WHEN (OLD.is_closed) EXECUTE FUNCTION quotas_row_is_final();
"""
# At commit every number that was taken must be an invoice's: the series neither falls back nor leaps.
_SERIES = """
CREATE FUNCTION quotas_series_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'A series of invoices can''t be deleted.' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.next_number <= OLD.next_number OR NEW.id <> OLD.id OR NEW.issuer <> OLD.issuer THEN
        RAISE EXCEPTION 'The numbers of a series only go on.' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER series_goes_on BEFORE UPDATE OR DELETE ON quotas_invoiceseries
    FOR EACH ROW EXECUTE FUNCTION quotas_series_goes_on();

CREATE FUNCTION quotas_series_has_no_gap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept text := coalesce(current_setting('app.every_workspace', true), 'off');
    missing text;
BEGIN
    PERFORM set_config('app.every_workspace', 'on', true);
    SELECT wanted INTO missing FROM (
        SELECT NEW.prefix || lpad(n::text, greatest(6, length(n::text)), '0') AS wanted
        FROM generate_series(OLD.next_number, NEW.next_number - 1) n
    ) taken WHERE NOT EXISTS (SELECT FROM quotas_invoice WHERE number = wanted AND number <> '') LIMIT 1;
    PERFORM set_config('app.every_workspace', kept, true);
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'No invoice has the number %.', missing USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER series_has_no_gap AFTER UPDATE ON quotas_invoiceseries DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION quotas_series_has_no_gap();
"""
_NOT_FINAL = """
DROP TRIGGER series_has_no_gap ON quotas_invoiceseries;
DROP TRIGGER series_goes_on ON quotas_invoiceseries;
DROP FUNCTION quotas_series_has_no_gap();
DROP FUNCTION quotas_series_goes_on();
DROP FUNCTION quotas_row_is_final() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("quotas", "0011_running_base")]

    operations = [
        migrations.AddField("alertfiring", "mail_due_at", models.DateTimeField(null=True)),
        migrations.AddField("alertfiring", "mailed_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "alertfiring",
            models.Index(
                fields=["mail_due_at"],
                condition=models.Q(mail_due_at__isnull=False, mailed_at=None),
                name="alert_mail_due",
            ),
        ),
        migrations.AddIndex("invoice", models.Index(fields=["issued_at"], name="invoice_issued")),
        migrations.RunSQL(_PLAN_IS_AGREED, migrations.RunSQL.noop),
        migrations.RunSQL(_PLAN_IS_TAKEN, "DROP FUNCTION quotas_plan_is_taken() CASCADE"),
        migrations.RunSQL(_FINAL + _SERIES, _NOT_FINAL),
    ]
