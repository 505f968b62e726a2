"""Write every number of the pages anew from the tables: python docs/fill [--check]. With --check only compare."""

import sys
from pathlib import Path

from pages import MarkError, run

if __name__ == "__main__":
    asked = sys.argv[1:]
    if asked not in ([], ["--check"]):
        sys.exit(f"usage: python docs/fill [--check], got {' '.join(asked)}")
    try:
        differing = run(Path(__file__).resolve().parents[2], check=bool(asked))
    except MarkError as error:
        sys.exit(f"error: {error}")
    print("\n".join(map(str, differing)) or "every page says what the tables say")
    sys.exit(bool(asked and differing))
