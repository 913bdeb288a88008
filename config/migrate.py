"""`python -m config.migrate`: migrate as the role that owns the tables; the application's role owns nothing."""

import os

import django
from django.core.management import call_command


def main() -> None:
    """Run `migrate` under DATABASE_OWNER_URL (or DATABASE_URL where an installation has a single role)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["DATABASE_URL"] = os.environ.get("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
    django.setup()
    call_command("migrate", interactive=False, verbosity=int(os.environ.get("VERBOSITY", "0")))


if __name__ == "__main__":
    main()
