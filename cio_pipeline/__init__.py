"""Sync a file of users into Customer.io through a persistent queue."""

__version__ = "0.1.0"
