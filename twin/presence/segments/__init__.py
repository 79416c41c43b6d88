"""What lies on disk: records, the two orders, one Arrow file a segment."""
