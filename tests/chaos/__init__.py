"""What the approver does while everything around it fails: `make chaos`."""
