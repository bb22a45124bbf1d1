"""Migrations of the store, run by `api.store.migrating.upgrade`."""
