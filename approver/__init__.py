"""Decides by policy which certificates cert-manager may issue."""
