"""Who comes into a workspace and leaves it: told inside of the transaction and the workspace's scope, so that a receiver may
refuse (a plan has so many seats)."""

from django.dispatch import Signal

inviting = Signal()  # nobody is in yet: may one more come?
joined = Signal()  # membership
left = Signal()  # membership_id
