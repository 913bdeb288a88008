"""`python -m config.schema [--check]`: the committed OpenAPI document, `docs/openapi.yaml`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PATH = Path(__file__).resolve().parent.parent / "docs" / "openapi.yaml"


def main() -> None:
    """Write the document, or with --check fail when the committed one differs from the code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # The document does not depend on servers; a lone `make schema` needs none.
    os.environ.setdefault("DATABASE_URL", "postgresql://localhost/visavis")
    os.environ.setdefault("REDIS_URL", "redis://localhost")
    os.environ.setdefault("SECRET_KEY", "only for the schema")
    fresh = render()
    if "--check" not in sys.argv:
        PATH.write_text(fresh)
    elif not PATH.exists() or PATH.read_text() != fresh:
        sys.exit("docs/openapi.yaml is not what the code says: run `make schema` and commit it.")


def render() -> str:
    """The OpenAPI 3.1 document as YAML; exits where a view is not described."""
    import django

    django.setup()
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.renderers import OpenApiYamlRenderer

    with GENERATOR_STATS.silence():
        document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    if GENERATOR_STATS:
        GENERATOR_STATS.emit_summary()
        sys.exit("The schema has gaps: describe the views above.")
    text: bytes = OpenApiYamlRenderer().render(document, renderer_context={})  # type: ignore[no-untyped-call]
    return text.decode()


if __name__ == "__main__":
    main()
