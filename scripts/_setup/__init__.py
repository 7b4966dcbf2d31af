"""What scripts/start.py and scripts/test.py share; standard library only."""
