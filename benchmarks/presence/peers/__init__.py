"""Three databases on the same stays, one file each; `PEERS` in `kinds.py` lists them."""
