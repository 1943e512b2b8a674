"""`python -m kalantar VERB`."""

import sys

from kalantar.project.cli import main

sys.exit(main())
