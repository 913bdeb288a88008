"""Keys of purchases, late use of closed periods, and the last wall: an invoice that was issued can't be rewritten.

The triggers hold for every role, the tables' owner included. A draft may change; from issue on only `state` (along the
transitions below), `paid_at` and `external_id` do, and its lines add up to its subtotal for good.
"""

import django.db.models.deletion
from django.db import migrations, models

GUARD_INVOICE = """
CREATE FUNCTION quotas_guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changeable CONSTANT text[] := ARRAY['state', 'paid_at', 'external_id'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'An invoice begins as a draft.' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'Invoice % was issued; it can''t be deleted.', OLD.number
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state <> 'draft' AND to_jsonb(NEW) - changeable IS DISTINCT FROM to_jsonb(OLD) - changeable THEN
        RAISE EXCEPTION 'Invoice % was issued; it can''t be changed.', OLD.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT (CASE OLD.state
            WHEN 'draft' THEN NEW.state = 'open' OR NEW.state = 'paid' AND NEW.total_minor = 0
            WHEN 'open' THEN NEW.state IN ('paid', 'void', 'uncollectible')
            WHEN 'uncollectible' THEN NEW.state IN ('paid', 'void')
            ELSE false END) THEN
        RAISE EXCEPTION 'An invoice can''t go from % to %.', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state = 'draft' AND NEW.state <> 'draft' AND NEW.subtotal_minor <> (
            SELECT COALESCE(sum(amount_minor), 0) FROM quotas_invoiceline
            WHERE workspace_id = NEW.workspace_id AND invoice_id = NEW.id) THEN
        RAISE EXCEPTION 'The lines of invoice % don''t add up to its subtotal.', NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_guard BEFORE INSERT OR UPDATE OR DELETE ON quotas_invoice
    FOR EACH ROW EXECUTE FUNCTION quotas_guard_invoice();
"""

# The invoice's row is locked while its lines change, so that it can't be issued meanwhile.
GUARD_LINE = """
CREATE FUNCTION quotas_guard_invoice_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed quotas_invoiceline[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW] WHEN 'DELETE' THEN ARRAY[OLD] ELSE ARRAY[OLD, NEW] END;
    line quotas_invoiceline;
BEGIN
    FOREACH line IN ARRAY changed LOOP
        PERFORM FROM quotas_invoice WHERE id = line.invoice_id AND state = 'draft' FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'The lines of an invoice that was issued can''t be changed.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END LOOP;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER invoice_line_guard BEFORE INSERT OR UPDATE OR DELETE ON quotas_invoiceline
    FOR EACH ROW EXECUTE FUNCTION quotas_guard_invoice_line();
"""


class Migration(migrations.Migration):
    dependencies = [("quotas", "0005_operator")]

    operations = [
        migrations.AddField("invoice", "key", models.CharField(blank=True, max_length=120)),
        migrations.AddField("pendingline", "late", models.BigIntegerField(default=0)),
        migrations.AddField(
            "pendingline",
            "period",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="quotas.billingperiod"
            ),
        ),
        migrations.AddConstraint(
            "invoice",
            models.UniqueConstraint(
                condition=models.Q(("key", ""), _negated=True), fields=("workspace", "key"), name="invoice_key_once"
            ),
        ),
        migrations.AddConstraint(
            "invoice",
            models.UniqueConstraint(
                condition=models.Q(("state", "void"), _negated=True), fields=("replaces",), name="invoice_replaced_once"
            ),
        ),
        migrations.RunSQL(GUARD_INVOICE, "DROP TRIGGER invoice_guard ON quotas_invoice; DROP FUNCTION quotas_guard_invoice()"),
        migrations.RunSQL(
            GUARD_LINE, "DROP TRIGGER invoice_line_guard ON quotas_invoiceline; DROP FUNCTION quotas_guard_invoice_line()"
        ),
    ]
