"""What every page of the dashboard shows around its content."""

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame: the workspace."""
    return {"access": getattr(request, "access", None)}
