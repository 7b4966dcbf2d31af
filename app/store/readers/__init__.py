"""Foreign files on their way in: looked at before any driver sees them, parsed apart."""
