"""What runs in a worker process, and nothing else does: rules are compiled and evaluated here."""
