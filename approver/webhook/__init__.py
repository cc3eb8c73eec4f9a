"""The admission webhook: what is said of policies, and requests, as they are written."""
