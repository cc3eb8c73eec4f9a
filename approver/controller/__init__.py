"""The controller: watches a cluster and decides its requests."""
