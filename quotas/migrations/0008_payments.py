"""How far the collection of an invoice has come; when a payment came and what of it was given back."""

import accounts.identifiers
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_webhooks'),
        ('quotas', '0007_ledger'),
    ]

    operations = [
        migrations.CreateModel(
            name='InvoiceCollection',
            fields=[
                ('id', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField(null=True)),
                ('intent_id', models.CharField(blank=True, max_length=120)),
                ('page_id', models.CharField(blank=True, max_length=120)),
                ('failure', models.CharField(blank=True, max_length=200)),
                ('needs_payer', models.BooleanField(default=False)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='paymentaccount',
            name='card_id',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='payment',
            name='paid_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='payment',
            name='refunded_minor',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_minor__gte', 0), ('refunded_minor__lte', models.F('amount_minor'))), name='payment_refund_within'),
        ),
        migrations.AddField(
            model_name='invoicecollection',
            name='invoice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quotas.invoice'),
        ),
        migrations.AddField(
            model_name='invoicecollection',
            name='workspace',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddIndex(
            model_name='invoicecollection',
            index=models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='invoice_collection_due'),
        ),
        migrations.AddConstraint(
            model_name='invoicecollection',
            constraint=models.UniqueConstraint(fields=('workspace', 'invoice'), name='invoice_collection_once'),
        ),
    ]
