"""Importing this loads every kernel, so that processes forked afterwards have them."""

from twin.presence import warm

warm()
