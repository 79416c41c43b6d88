"""The only door to HTTP: composes everything."""

from api.app import create_app

__all__ = ["create_app"]
