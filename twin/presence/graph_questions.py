"""Questions that follow contacts from person to person."""

from __future__ import annotations

from twin.presence.asking import Asking


class GraphQuestions(Asking):
    """Chains of contacts and the contact graph. For `limit`, `cursor`, `as_of` and `force` see `PeopleQuestions`."""
