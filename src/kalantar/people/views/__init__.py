"""The pages of this room: the doors, one's own page, colleagues and units, the inbox."""
