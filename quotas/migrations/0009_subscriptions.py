"""A period keeps its base price, and the database refuses to change a plan that somebody is on."""

from django.db import migrations, models

# The first function sees every tenant's subscriptions, whoever asks: those of other workspaces are behind row-level
# security otherwise. What may change is whether the offer is public.
_GUARD = """
CREATE FUNCTION quotas_plan_in_use(plan uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    kept text := coalesce(current_setting('app.every_workspace', true), 'off');
    is_used boolean;
BEGIN
    PERFORM set_config('app.every_workspace', 'on', true);
    is_used := EXISTS (SELECT FROM quotas_subscription WHERE plan_id = plan OR next_plan_id = plan)
        OR EXISTS (SELECT FROM quotas_billingperiod WHERE plan_id = plan);
    PERFORM set_config('app.every_workspace', kept, true);
    RETURN is_used;
END $$;

CREATE FUNCTION quotas_plan_is_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    plan uuid;
BEGIN
    IF TG_TABLE_NAME = 'quotas_plan' THEN
        plan := OLD.id;
        IF TG_OP = 'UPDATE' THEN
            IF to_jsonb(OLD) - 'is_public' = to_jsonb(NEW) - 'is_public' THEN RETURN NEW; END IF;
        END IF;
    ELSE
        plan := CASE WHEN TG_OP = 'INSERT' THEN NEW.plan_id ELSE OLD.plan_id END;
        -- Whoever subscribes at this moment holds a share of this row: wait for them.
        PERFORM FROM quotas_plan WHERE id = plan FOR UPDATE;
    END IF;
    IF quotas_plan_in_use(plan) THEN
        RAISE EXCEPTION 'plan % is agreed with subscribers: make a new version', plan USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER plan_is_agreed BEFORE UPDATE OR DELETE ON quotas_plan
    FOR EACH ROW EXECUTE FUNCTION quotas_plan_is_agreed();
CREATE TRIGGER plan_is_agreed BEFORE INSERT OR UPDATE OR DELETE ON quotas_planallowance
    FOR EACH ROW EXECUTE FUNCTION quotas_plan_is_agreed();
"""
_NO_GUARD = """
DROP TRIGGER plan_is_agreed ON quotas_planallowance;
DROP TRIGGER plan_is_agreed ON quotas_plan;
DROP FUNCTION quotas_plan_is_agreed();
DROP FUNCTION quotas_plan_in_use(uuid);
"""
# Periods that are open already have been begun at their plan's price.
_PRICES = [
    "SELECT set_config('app.every_workspace', 'on', true)",
    "UPDATE quotas_billingperiod p SET base_price_minor = o.base_price_minor FROM quotas_plan o WHERE o.id = p.plan_id",
    "SET CONSTRAINTS ALL IMMEDIATE",
]


class Migration(migrations.Migration):
    dependencies = [("quotas", "0008_payments")]

    operations = [
        migrations.AddField("billingperiod", "base_price_minor", models.BigIntegerField(default=0)),
        migrations.RunSQL(_PRICES, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "billingperiod",
            models.CheckConstraint(condition=models.Q(base_price_minor__gte=0), name="period_price_not_negative"),
        ),
        migrations.RunSQL(_GUARD, _NO_GUARD),
    ]
