"""Programs that make CSRs, as far as they are installed: what they write must be read."""
