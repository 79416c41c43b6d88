"""The history of the tables. A change of a table is a new file in `versions/`, never an edit of an old one."""
