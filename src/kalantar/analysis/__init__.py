# SPDX-License-Identifier: BSD-3-Clause
"""The arithmetic of a station: arrays in, results out. No Django, no files, no network.

One module a question:

    areas      which beat is this point in, and how far is it
    rises      is it risen against its own past
    levels     is it high against like areas
    hotspots   which cells of the map stand out
    repeats    which places come back
    intervals  at which hours, when only an interval is known
    sure       how sure is a share

Importing this package costs nothing; each module loads what it needs when it is used.
"""

from kalantar.analysis.errors import InputError

__all__ = ["InputError"]
