"""``python -m app`` is ``jiugai``."""

from app.cli import main

if __name__ == "__main__":
    main()
