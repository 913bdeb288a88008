"""The operator's trail and what providers took beyond the frozen costs: both only ever appended to."""

import accounts.identifiers
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


_APPEND_ONLY = """
CREATE FUNCTION operator_rows_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only appended to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER final BEFORE UPDATE OR DELETE ON quotas_operatorentry
    FOR EACH ROW EXECUTE FUNCTION operator_rows_are_final();
CREATE TRIGGER final BEFORE UPDATE OR DELETE ON quotas_providercostadjustment
    FOR EACH ROW EXECUTE FUNCTION operator_rows_are_final();
"""
_BACK = """
DROP TRIGGER final ON quotas_operatorentry;
DROP TRIGGER final ON quotas_providercostadjustment;
DROP FUNCTION operator_rows_are_final();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('quotas', '0004_billing'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OperatorEntry',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('action', models.CharField(max_length=60)),
                ('workspace_id', models.UUIDField(null=True)),
                ('subject', models.CharField(blank=True, max_length=60)),
                ('reason', models.CharField(max_length=300)),
                ('data', models.JSONField(default=dict)),
                ('ip', models.GenericIPAddressField(null=True)),
                ('request_id', models.CharField(blank=True, max_length=36)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'operator entries',
                'indexes': [models.Index(fields=['-created_at'], name='operator_recent'), models.Index(fields=['workspace_id', '-created_at'], name='operator_of_workspace')],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='operator_gives_reason')],
            },
        ),
        migrations.CreateModel(
            name='ProviderCostAdjustment',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=40)),
                ('sku', models.CharField(blank=True, max_length=80)),
                ('metric', models.CharField(choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24)),
                ('amount', models.DecimalField(decimal_places=10, max_digits=20)),
                ('currency', models.CharField(max_length=3)),
                ('occurred_at', models.DateTimeField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('line', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='adjustment', to='quotas.providerstatementline')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='cost_adjustment_not_nothing')],
            },
        ),
        migrations.RunSQL(_APPEND_ONLY, _BACK),
    ]
