"""The model in SQL: SpatiaLite or PostGIS, the same behaviour over both."""
