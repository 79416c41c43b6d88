"""One question a file: from a snapshot to an answer."""
