"""The exclusion constraint on periods compares uuids in a GiST index."""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):
    operations = [BtreeGistExtension()]
