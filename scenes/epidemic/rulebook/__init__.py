"""Rules as data: what a written definition of a contact says, clause by clause (`docs/adding-a-rule.md`).

`schema` says what a file may hold, `reading` reads them, `clauses` overrides them, `anchoring` makes windows of a
look-back, `making` makes the engine's values, `applying` asks the engine, `differing` compares two rules.
"""
