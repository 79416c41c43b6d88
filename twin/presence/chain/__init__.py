"""Chains of contacts: who was reached from whom, hop by hop, in the order of time."""
