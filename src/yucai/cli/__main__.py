"""``python -m yucai.cli``: the command line, where its program is not on the path."""

import sys

from yucai.cli.program import main

sys.exit(main())
