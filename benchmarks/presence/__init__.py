"""Who was here, when, on a whole district: our answers and those of three databases on the very same stays."""
