# SPDX-License-Identifier: BSD-3-Clause
"""Made-up ground whose truth is known: streets, lamps, houses and events from a seed.

Nothing here is a real place. A method is tried on such worlds because what was planted is known:

    grounds    streets, main streets, homes, spots where something can happen
    stations   one station's year: features with their dates and hours, events, one planted cause
    provinces  several stations around the 14 counties of Kermanshah
    writing    the same as ordinary import files, and the truth beside them

A seed gives the same world every time. Nothing of the method that is tried on them is used here.
"""
