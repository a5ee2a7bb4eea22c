"""Makes every worker of the service one that says whatever comes to its mind; see tests/attacks/fuzz_answers.py.

As long as the file named by FUZZ_FOLDER/wild exists; without it workers are what they are. What a worker is about to say is
counted in FUZZ_FOLDER/answers-PID.
"""

import os
import sys
from pathlib import Path


def _is_worker() -> bool:
    return "edge.worker.main" in sys.orig_argv


if _is_worker() and Path(os.environ["FUZZ_FOLDER"], "wild").exists():
    from tests.attacks.fuzz_answers import babble

    babble(int(sys.orig_argv[-1]), Path(os.environ["FUZZ_FOLDER"]))
    os._exit(0)
