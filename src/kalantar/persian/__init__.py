"""Persian letters, digits, dates and address words. No Django here: text and arrays in, results out.

SPDX-License-Identifier: BSD-3-Clause
"""

from kalantar.persian.errors import InputError

__all__ = ["InputError"]
