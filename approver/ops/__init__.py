"""What operators see of a running approver: its settings, logs, metrics and endpoints."""
