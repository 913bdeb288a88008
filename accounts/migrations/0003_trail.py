"""The trail is only appended to: nobody changes it, the owner of the tables included."""

from django.db import migrations

_FINAL = """
CREATE FUNCTION accounts_trail_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The trail is final: no % of what is there', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION accounts_trail_is_final();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON accounts_auditentry EXECUTE FUNCTION accounts_trail_is_final();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_webhooks")]

    operations = [migrations.RunSQL(_FINAL, "DROP FUNCTION accounts_trail_is_final() CASCADE")]
