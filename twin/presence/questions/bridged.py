"""The stays of some persons as a whole rule takes them: by the records it trusts, with its gaps bridged."""

from __future__ import annotations

from collections.abc import Sequence

from twin.presence.contact import Contact
from twin.presence.questions.bridging import Gaps, bridge_own
from twin.presence.snapshot import Own, Snapshot, own_pieces
from twin.types import Window


def gaps_of(rule: Contact) -> Gaps | None:
    """The gaps that differ by source; None where there are none."""
    return Gaps(rule.together.bridge_s, rule.gaps) if rule.gaps else None


def bridges(rule: Contact) -> bool:
    """Whether any gap at all is bridged."""
    return rule.together.bridge_s > 0 or bool(rule.gaps)


def stays_of(snapshot: Snapshot, persons: Sequence[int], window: Window, rule: Contact) -> Own:
    """The stays of some persons (representatives) in a window."""
    own = own_pieces(snapshot, persons, window, rule.together.trust)
    return bridge_own(own, rule.together.bridge_s, gaps_of(rule)) if bridges(rule) else own
