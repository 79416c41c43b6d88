"""Standing queries: what arriving stays change in answers that somebody waits for."""
