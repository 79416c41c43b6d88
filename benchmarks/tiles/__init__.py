"""`twin bench tiles`: how fast a city becomes tiles, an edit reaches them, and they are served."""
