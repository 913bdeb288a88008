"""What may be done, as scopes. A role is a bundle of scopes; an API key carries its own selection."""

from accounts.models import Role

READ = frozenset({"workspace:read", "avatars:read", "sessions:read", "usage:read"})
TALK = frozenset({"sessions:write"})
MANAGE = frozenset({"avatars:write", "keys:read", "keys:write", "members:read", "members:write", "workspace:write", "audit:read"})
BILLING = frozenset({"billing:read", "billing:write"})
WEBHOOKS = frozenset({"webhooks:read", "webhooks:write"})
OWN = frozenset({"workspace:own"})

# For methods that every authenticated caller may use.
ANY = ""

# Keys act for software: they never manage people, keys or the workspace itself.
KEY_SCOPES = READ | TALK | BILLING | WEBHOOKS | {"avatars:write"}

ROLE_SCOPES: dict[Role, frozenset[str]] = {
    Role.VIEWER: READ,
    Role.MEMBER: READ | TALK | {"members:read"},
    Role.ADMIN: READ | TALK | MANAGE | BILLING | WEBHOOKS,
    Role.OWNER: READ | TALK | MANAGE | BILLING | WEBHOOKS | OWN,
}

# What people read; the order is the one of lists.
SCOPE_LABELS = {
    "workspace:read": "See the workspace",
    "sessions:read": "Read sessions and transcripts",
    "sessions:write": "Start sessions and make avatars speak",
    "avatars:read": "See avatars, voices and personas",
    "avatars:write": "Create and change avatars, voices and personas",
    "usage:read": "Read usage and costs",
    "billing:read": "Read plan, credit, invoices, alerts and caps",
    "billing:write": "Change plan, alerts and caps",
    "webhooks:read": "See webhooks and what was sent",
    "webhooks:write": "Create and change webhooks",
}
