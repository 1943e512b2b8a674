# SPDX-License-Identifier: BSD-3-Clause
"""The arithmetic of a station: arrays in, results out. No Django, no files, no network.

One module a question:

    levels           is it high against like areas
    rises            is it risen against its own past; two counts; many at once
    ears             is it risen against the last weeks
    recording        has the recording dropped
    series           trend and season; did the level change for good
    intervals        at which hours and days
    grids            squares and hexagons, and how many in each
    density          events as a surface
    hotspots         which squares stand out
    weights          who is whose neighbour
    autocorrelation  does like lie beside like, and where
    rates            rates of small areas among their neighbours
    clusters         which events crowd together
    centres          where is the middle, and how wide
    near_repeat      do events come again near by and soon
    repeats          which places come back
    scans            is there a new cluster in space and time
    risk             which features of the place go with the events
    causes           what might be behind it, and what would disprove it
    concentration    how concentrated is it; how well did a forecast do
    impact           did it help
    areas            which area is this point in, and how far is it
    features         how far to the nearest feature, how many near
    sure             how sure is a share or a mean

Shared: checks (one checking step), results and pictures (what comes back, and how it looks), drawing
(as SVG), kernels (compile beforehand), errors. Importing this package costs nothing; each module
loads what it needs when it is used.
"""

from kalantar.analysis.errors import InputError

__all__ = ["InputError"]
