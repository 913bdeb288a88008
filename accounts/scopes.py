"""What may be done, as scopes. A role is a bundle of scopes; an API key carries its own selection."""

from accounts.models import Role

READ = frozenset({"workspace:read", "avatars:read", "sessions:read", "usage:read"})
TALK = frozenset({"sessions:write"})
MANAGE = frozenset(
    {"avatars:write", "keys:read", "keys:write", "members:read", "members:write", "workspace:write", "audit:read"}
)
OWN = frozenset({"workspace:own"})

# Keys act for software: they never manage people, keys or the workspace itself.
KEY_SCOPES = READ | TALK | {"avatars:write"}

ROLE_SCOPES: dict[Role, frozenset[str]] = {
    Role.VIEWER: READ,
    Role.MEMBER: READ | TALK | {"members:read"},
    Role.ADMIN: READ | TALK | MANAGE,
    Role.OWNER: READ | TALK | MANAGE | OWN,
}
