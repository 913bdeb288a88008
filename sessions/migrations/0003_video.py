"""Sessions that are drawn on the server keep what their client can show."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("avatar_sessions", "0002_turn_unsettled")]

    operations = [
        migrations.AddField(model_name="avatarsession", name="video", field=models.JSONField(blank=True, default=dict)),
    ]
