"""Manifests: files, the objects in them, and where these stand."""
