"""`kalantar analyse METHOD FILE…`: any method of `analysis` on any file of `formats`, without an installation.

files      rows of files as arrays in one plane of metres
asking     a method's options, and the exact call that repeats it
methods    the table of methods
meanings   what an answer means and what it does not
report     one self-contained page
running    the verb itself
"""
