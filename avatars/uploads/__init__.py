"""What people send us: checked before it is decoded, decoded where it can do no harm, and written anew."""
