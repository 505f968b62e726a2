import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # formulas, cases, compare and table are modules beside the tests
