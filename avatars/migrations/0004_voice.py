"""The voice that an own avatar was given."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("avatars", "0003_blocks")]

    operations = [migrations.AddField("avatar", "voice", models.CharField(blank=True, default="", max_length=60), preserve_default=False)]
