"""`python -m approver`."""

import sys

from approver.cli import main

sys.exit(main())
