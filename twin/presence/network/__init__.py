"""The contact network: counts of meetings without pairs, degrees, and the pairs of a bounded set."""
