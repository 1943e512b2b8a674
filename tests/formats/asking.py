"""Questions that several tests ask of a file."""

import pytest

from kalantar.formats import SENTENCES, FileRefused, read_table


def everything(path, **given):
    """(columns, list of (row number, cells), list of faults) of a table."""
    columns, rows, faults = (), [], []
    for batch in read_table(path, **given):
        columns = batch.columns
        cells = zip(*(column.to_pylist() for column in batch.data.columns))
        rows += list(zip(batch.rows.tolist(), cells))
        faults += batch.faults
    return columns, rows, faults


def refusal(step, *given, **named):
    """The refusal's key and details. Its sentence must be complete: a page will show it."""
    with pytest.raises(FileRefused) as caught:
        step(*given, **named)
    no = caught.value
    assert no.key in SENTENCES
    assert str(no)
    assert "%(" not in str(no)
    return no.key, no.details
