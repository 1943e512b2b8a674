# SPDX-License-Identifier: BSD-3-Clause
"""Does each method keep its promise on worlds where the truth is known?

One module a promise, each with `run(worlds, seed, progress) -> list[Line]`. `./kalantar calibrate`
runs them all and writes the report.
"""
