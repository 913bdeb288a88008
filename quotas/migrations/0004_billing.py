"""Billing: versions and prices, credit, caps and alerts, costs, invoices, payments."""

import accounts.identifiers
import django.contrib.postgres.constraints
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import quotas.models.plans
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('quotas', '0003_storage'),
    ]

    operations = [
        migrations.CreateModel(
            name='AlertFiring',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('metric', models.CharField(blank=True, choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24)),
                ('threshold_percent', models.PositiveSmallIntegerField()),
                ('used', models.BigIntegerField()),
                ('limit', models.BigIntegerField()),
                ('seen_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='AlertRule',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('metric', models.CharField(blank=True, choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24)),
                ('threshold_percent', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)])),
                ('by_mail', models.BooleanField(default=True)),
                ('by_webhook', models.BooleanField(default=True)),
                ('is_default', models.BooleanField(default=False)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='BillingProfile',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('name', models.CharField(blank=True, max_length=160)),
                ('address', models.TextField(blank=True, max_length=500)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('tax_number', models.CharField(blank=True, max_length=40)),
                ('tax_rate_bp', models.PositiveIntegerField(default=0)),
                ('reverse_charge', models.BooleanField(default=False)),
                ('days_to_pay', models.PositiveSmallIntegerField(default=14)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='CreditEntry',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('kind', models.CharField(choices=[('burn', 'Burn'), ('expiry', 'Expiry'), ('restore', 'Restore')], max_length=7)),
                ('amount', models.BigIntegerField()),
                ('invoice_id', models.UUIDField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='CreditGrant',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('metric', models.CharField(blank=True, choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('amount', models.BigIntegerField()),
                ('remaining', models.BigIntegerField()),
                ('priority', models.PositiveSmallIntegerField(default=100)),
                ('expires_at', models.DateTimeField(null=True)),
                ('source', models.CharField(choices=[('purchase', 'Purchase'), ('promo', 'Promo'), ('refund', 'Refund'), ('manual', 'Manual'), ('top_up', 'Top Up')], max_length=8)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('reason', models.CharField(choices=[('period', 'Period'), ('change', 'Change'), ('purchase', 'Purchase')], max_length=8)),
                ('number', models.CharField(blank=True, max_length=40)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('open', 'Open'), ('paid', 'Paid'), ('void', 'Void'), ('uncollectible', 'Uncollectible')], default='draft', max_length=13)),
                ('currency', models.CharField(max_length=3)),
                ('subtotal_minor', models.BigIntegerField(default=0)),
                ('tax_rate_bp', models.PositiveIntegerField(default=0)),
                ('tax_minor', models.BigIntegerField(default=0)),
                ('total_minor', models.BigIntegerField(default=0)),
                ('issued_at', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('paid_at', models.DateTimeField(null=True)),
                ('external_id', models.CharField(blank=True, max_length=120)),
                ('snapshot', models.JSONField(default=dict)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='InvoiceLine',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('kind', models.CharField(choices=[('base', 'Base'), ('usage', 'Usage'), ('overage', 'Overage'), ('pass_through', 'Pass Through'), ('proration', 'Proration'), ('credit', 'Credit'), ('correction', 'Correction'), ('purchase', 'Purchase')], max_length=12)),
                ('description', models.CharField(max_length=200)),
                ('metric', models.CharField(blank=True, choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24)),
                ('quantity', models.BigIntegerField(default=0)),
                ('unit_price', models.DecimalField(decimal_places=12, max_digits=20, null=True)),
                ('unit_size', models.BigIntegerField(default=1)),
                ('amount_minor', models.BigIntegerField()),
                ('starts_at', models.DateTimeField(null=True)),
                ('ends_at', models.DateTimeField(null=True)),
                ('position', models.PositiveSmallIntegerField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='InvoiceSeries',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('issuer', models.CharField(max_length=40, unique=True)),
                ('prefix', models.CharField(max_length=20)),
                ('next_number', models.BigIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('method', models.CharField(choices=[('manual', 'Manual'), ('stripe', 'Stripe')], max_length=6)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('succeeded', 'Succeeded'), ('failed', 'Failed'), ('refunded', 'Refunded')], max_length=9)),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('reference', models.CharField(max_length=120)),
                ('failure', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='PaymentAccount',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('method', models.CharField(choices=[('manual', 'Manual'), ('stripe', 'Stripe')], default='manual', max_length=6)),
                ('external_id', models.CharField(blank=True, max_length=120)),
                ('is_ready', models.BooleanField(default=False)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='PendingLine',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('kind', models.CharField(choices=[('base', 'Base'), ('usage', 'Usage'), ('overage', 'Overage'), ('pass_through', 'Pass Through'), ('proration', 'Proration'), ('credit', 'Credit'), ('correction', 'Correction'), ('purchase', 'Purchase')], max_length=12)),
                ('description', models.CharField(max_length=200)),
                ('metric', models.CharField(blank=True, choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24)),
                ('quantity', models.BigIntegerField(default=0)),
                ('unit_price', models.DecimalField(decimal_places=12, max_digits=20, null=True)),
                ('unit_size', models.BigIntegerField(default=1)),
                ('amount_minor', models.BigIntegerField()),
                ('starts_at', models.DateTimeField(null=True)),
                ('ends_at', models.DateTimeField(null=True)),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ProviderRate',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=40)),
                ('sku', models.CharField(blank=True, max_length=80)),
                ('metric', models.CharField(choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24)),
                ('unit_cost', models.DecimalField(decimal_places=12, max_digits=20)),
                ('unit_size', models.BigIntegerField(default=1)),
                ('rounding_step', models.BigIntegerField(default=1)),
                ('minimum', models.BigIntegerField(default=0)),
                ('currency', models.CharField(default='EUR', max_length=3)),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='ProviderStatement',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=40)),
                ('number', models.CharField(max_length=80)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('currency', models.CharField(default='EUR', max_length=3)),
                ('tolerance_bp', models.PositiveIntegerField(default=100)),
                ('state', models.CharField(choices=[('open', 'Open'), ('matched', 'Matched'), ('differs', 'Differs'), ('accepted', 'Accepted')], default='open', max_length=8)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='ProviderStatementLine',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sku', models.CharField(blank=True, max_length=80)),
                ('metric', models.CharField(choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24)),
                ('quantity', models.BigIntegerField()),
                ('cost', models.DecimalField(decimal_places=10, max_digits=20)),
                ('expected_quantity', models.BigIntegerField(editable=False, null=True)),
                ('expected_cost', models.DecimalField(decimal_places=10, editable=False, max_digits=20, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SpendCap',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('amount_minor', models.BigIntegerField()),
                ('action', models.CharField(choices=[('notify', 'Notify'), ('stop', 'Stop')], default='stop', max_length=6)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='StripeEvent',
            fields=[
                ('id', models.CharField(max_length=120, primary_key=True, serialize=False)),
                ('type', models.CharField(max_length=80)),
                ('created', models.DateTimeField()),
                ('payload', models.JSONField()),
                ('received_at', models.DateTimeField(auto_now_add=True)),
                ('processed_at', models.DateTimeField(null=True)),
                ('error', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='StripePush',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('metric', models.CharField(choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24)),
                ('total', models.BigIntegerField()),
                ('sent_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='TopUpRule',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('metric', models.CharField(choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24)),
                ('threshold', models.BigIntegerField()),
                ('amount', models.BigIntegerField()),
                ('price_minor', models.BigIntegerField()),
                ('most_per_period', models.PositiveSmallIntegerField(default=3)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='UsageDaily',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('day', models.DateField()),
                ('metric', models.CharField(choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24)),
                ('avatar', models.CharField(blank=True, max_length=40)),
                ('api_key_id', models.UUIDField(null=True)),
                ('provider', models.CharField(blank=True, max_length=40)),
                ('quantity', models.BigIntegerField(default=0)),
                ('cost', models.DecimalField(decimal_places=10, default=0, max_digits=20)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='UsageEvent',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('source', models.CharField(max_length=20)),
                ('event_id', models.CharField(max_length=100)),
                ('entry_id', models.UUIDField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.RemoveConstraint(
            model_name='allowance',
            name='allowance_gauge_or_period',
        ),
        migrations.RemoveConstraint(
            model_name='planallowance',
            name='plan_charge_has_price',
        ),
        migrations.RemoveConstraint(
            model_name='usageentry',
            name='usage_event_once',
        ),
        migrations.AddField(
            model_name='allowance',
            name='burned',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='allowance',
            name='is_capped',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='allowance',
            name='markup_bp',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='allowance',
            name='overage',
            field=models.CharField(choices=[('block', 'Block'), ('charge', 'Charge')], default='block', max_length=6),
        ),
        migrations.AddField(
            model_name='allowance',
            name='pricing',
            field=models.CharField(choices=[('unit', 'Unit'), ('cost_plus', 'Cost Plus')], default='unit', max_length=9),
        ),
        migrations.AddField(
            model_name='allowance',
            name='unit_price',
            field=models.DecimalField(decimal_places=12, max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name='allowance',
            name='unit_size',
            field=models.BigIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='billingperiod',
            name='closed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='billingperiod',
            name='is_trial',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="billingperiod",
            name="plan",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="quotas.plan"),
        ),
        migrations.RunSQL(
            [
                "SELECT set_config('app.every_workspace', 'on', true)",
                "UPDATE quotas_billingperiod p SET plan_id = s.plan_id FROM quotas_subscription s WHERE s.id = p.subscription_id",
                "SET CONSTRAINTS ALL IMMEDIATE",
            ],
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="billingperiod",
            name="plan",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="quotas.plan"),
        ),
        migrations.AddField(
            model_name='plan',
            name='grace_days',
            field=models.PositiveSmallIntegerField(default=14),
        ),
        migrations.AddField(
            model_name='plan',
            name='trial_days',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='planallowance',
            name='markup_bp',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='planallowance',
            name='pricing',
            field=models.CharField(choices=[('unit', 'Unit'), ('cost_plus', 'Cost Plus')], default='unit', max_length=9),
        ),
        migrations.AddField(
            model_name='subscription',
            name='canceled_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='subscription',
            name='next_plan',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quotas.plan'),
        ),
        migrations.AddField(
            model_name='subscription',
            name='trial_ends_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='allowance',
            name='metric',
            field=models.CharField(choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24),
        ),
        migrations.AlterField(
            model_name='planallowance',
            name='ceiling',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='planallowance',
            name='included',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='planallowance',
            name='metric',
            field=models.CharField(choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24),
        ),
        migrations.AlterField(
            model_name='planallowance',
            name='unit_price',
            field=models.DecimalField(blank=True, decimal_places=12, max_digits=20, null=True),
        ),
        migrations.AlterField(
            model_name='reservation',
            name='metric',
            field=models.CharField(choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24),
        ),
        migrations.AlterField(
            model_name='subscription',
            name='status',
            field=models.CharField(choices=[('trialing', 'Trialing'), ('active', 'Active'), ('past_due', 'Past Due'), ('suspended', 'Suspended'), ('canceled', 'Canceled')], default='active', max_length=9),
        ),
        migrations.AlterField(
            model_name='usageentry',
            name='metric',
            field=models.CharField(choices=[('concurrent_sessions', 'Sessions at once'), ('storage_bytes', 'Storage'), ('voices', 'Own voices'), ('avatars', 'Own avatars'), ('members', 'Members'), ('avatar_ms', 'Avatar time'), ('render_ms', 'Video rendering'), ('tts_characters', 'Spoken characters'), ('stt_ms', 'Speech recognition'), ('llm_input_tokens', 'Language model input'), ('llm_output_tokens', 'Language model output')], max_length=24),
        ),
        migrations.AlterField(
            model_name='usageentry',
            name='reverses',
            field=models.UUIDField(null=True),
        ),
        migrations.AddIndex(
            model_name='billingperiod',
            index=models.Index(condition=models.Q(('state', 'closed'), _negated=True), fields=['ends_at'], name='period_due'),
        ),
        migrations.AddConstraint(
            model_name='allowance',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('metric__in', ['avatars', 'concurrent_sessions', 'members', 'storage_bytes', 'voices']), ('overrun', 0), ('period', None), ('settled', 0)), models.Q(models.Q(('metric__in', ['avatars', 'concurrent_sessions', 'members', 'storage_bytes', 'voices']), _negated=True), ('period__isnull', False)), _connector='OR'), name='allowance_gauge_or_period'),
        ),
        migrations.AddConstraint(
            model_name='planallowance',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('overage', 'charge'), _negated=True), ('pricing', 'cost_plus'), models.Q(('unit_price__gte', 0), ('unit_price__isnull', False)), _connector='OR'), name='plan_charge_has_price'),
        ),
        migrations.AddField(
            model_name='alertfiring',
            name='period',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quotas.billingperiod'),
        ),
        migrations.AddField(
            model_name='alertfiring',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='alertrule',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='billingprofile',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='creditentry',
            name='period',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quotas.billingperiod'),
        ),
        migrations.AddField(
            model_name='creditentry',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='creditgrant',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='creditentry',
            name='grant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='quotas.creditgrant'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='period',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quotas.billingperiod'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='replaces',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quotas.invoice'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='invoice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='quotas.invoice'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='payment',
            name='invoice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='quotas.invoice'),
        ),
        migrations.AddField(
            model_name='payment',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='paymentaccount',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='pendingline',
            name='invoice',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quotas.invoice'),
        ),
        migrations.AddField(
            model_name='pendingline',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddConstraint(
            model_name='providerrate',
            constraint=models.CheckConstraint(condition=models.Q(('minimum__gte', 0), ('rounding_step__gt', 0), ('unit_cost__gte', 0), ('unit_size__gt', 0)), name='rate_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='providerrate',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='rate_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='providerrate',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('provider', '='), ('sku', '='), ('metric', '='), (quotas.models.plans.TimeRange('valid_from', 'valid_to', models.Value('[)')), '&&')], name='rate_no_overlap'),
        ),
        migrations.AddConstraint(
            model_name='providerstatement',
            constraint=models.UniqueConstraint(fields=('provider', 'number'), name='statement_once'),
        ),
        migrations.AddConstraint(
            model_name='providerstatement',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='statement_not_empty'),
        ),
        migrations.AddField(
            model_name='providerstatementline',
            name='statement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='quotas.providerstatement'),
        ),
        migrations.AddField(
            model_name='spendcap',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddIndex(
            model_name='stripeevent',
            index=models.Index(condition=models.Q(('processed_at', None)), fields=['received_at'], name='stripe_event_waiting'),
        ),
        migrations.AddField(
            model_name='stripepush',
            name='period',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quotas.billingperiod'),
        ),
        migrations.AddField(
            model_name='stripepush',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='topuprule',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='usagedaily',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='usageevent',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddConstraint(
            model_name='alertfiring',
            constraint=models.UniqueConstraint(fields=('workspace', 'period', 'metric', 'threshold_percent'), name='alert_fires_once'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.UniqueConstraint(fields=('workspace', 'metric', 'threshold_percent'), name='alert_rule_once'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(('threshold_percent__gte', 1), ('threshold_percent__lte', 1000)), name='alert_threshold_in_range'),
        ),
        migrations.AddConstraint(
            model_name='billingprofile',
            constraint=models.UniqueConstraint(fields=('workspace',), name='billing_profile_once'),
        ),
        migrations.AddConstraint(
            model_name='billingprofile',
            constraint=models.CheckConstraint(condition=models.Q(('tax_rate_bp__lte', 10000)), name='tax_rate_at_most_all'),
        ),
        migrations.AddConstraint(
            model_name='billingprofile',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reverse_charge', True), _negated=True), ('tax_rate_bp', 0), _connector='OR'), name='reverse_charge_without_tax'),
        ),
        migrations.AddIndex(
            model_name='creditgrant',
            index=models.Index(condition=models.Q(('remaining__gt', 0)), fields=['expires_at'], name='grant_expiring'),
        ),
        migrations.AddConstraint(
            model_name='creditgrant',
            constraint=models.UniqueConstraint(fields=('workspace', 'key'), name='grant_key_once'),
        ),
        migrations.AddConstraint(
            model_name='creditgrant',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('remaining__gte', 0), ('remaining__lte', models.F('amount'))), name='grant_remaining_within'),
        ),
        migrations.AddConstraint(
            model_name='creditgrant',
            constraint=models.CheckConstraint(condition=models.Q(('metric', ''), ('currency', ''), _connector='XOR'), name='grant_metric_or_money'),
        ),
        migrations.AddConstraint(
            model_name='creditentry',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='credit_entry_positive'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['due_at'], name='invoice_due'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(condition=models.Q(('reason', 'period'), models.Q(('state', 'void'), _negated=True)), fields=('workspace', 'period'), name='invoice_period_once'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(condition=models.Q(('number', ''), _negated=True), fields=('number',), name='invoice_number_once'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('total_minor', django.db.models.expressions.CombinedExpression(models.F('subtotal_minor'), '+', models.F('tax_minor')))), name='invoice_total_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('issued_at', None), ('number', ''), ('state', 'draft')), models.Q(models.Q(('state', 'draft'), _negated=True), models.Q(('number', ''), _negated=True)), _connector='OR'), name='invoice_number_from_issue'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.UniqueConstraint(fields=('invoice', 'position'), name='invoice_line_position_once'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(fields=('workspace', 'method', 'reference'), name='payment_reference_once'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='payment_positive'),
        ),
        migrations.AddConstraint(
            model_name='paymentaccount',
            constraint=models.UniqueConstraint(fields=('workspace',), name='payment_account_once'),
        ),
        migrations.AddConstraint(
            model_name='paymentaccount',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('external_id',), name='payment_external_once'),
        ),
        migrations.AddConstraint(
            model_name='pendingline',
            constraint=models.UniqueConstraint(fields=('workspace', 'key'), name='pending_line_once'),
        ),
        migrations.AddConstraint(
            model_name='providerstatementline',
            constraint=models.UniqueConstraint(fields=('statement', 'sku', 'metric'), name='statement_line_once'),
        ),
        migrations.AddConstraint(
            model_name='spendcap',
            constraint=models.UniqueConstraint(fields=('workspace',), name='spend_cap_once'),
        ),
        migrations.AddConstraint(
            model_name='spendcap',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gte', 0)), name='spend_cap_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='stripepush',
            constraint=models.UniqueConstraint(fields=('workspace', 'period', 'metric'), name='stripe_push_once'),
        ),
        migrations.AddConstraint(
            model_name='topuprule',
            constraint=models.UniqueConstraint(fields=('workspace', 'metric'), name='top_up_once'),
        ),
        migrations.AddConstraint(
            model_name='topuprule',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('price_minor__gte', 0), ('threshold__gte', 0)), name='top_up_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='usagedaily',
            constraint=models.UniqueConstraint(fields=('workspace', 'day', 'metric', 'avatar', 'api_key_id', 'provider'), name='usage_daily_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='usageevent',
            constraint=models.UniqueConstraint(fields=('workspace', 'source', 'event_id'), name='usage_event_once'),
        ),
    ]
