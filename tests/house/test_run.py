"""`./kalantar test` runs what was asked, and says truly how it went."""

import pytest

from tests.harness import run


def plan(*arguments):
    options, rest = run._options().parse_known_args(arguments)
    return run.plan(options, rest)


def test_without_a_wish_everything_runs_on_both_databases():
    stages = plan()
    assert [(stage.name, stage.database) for stage in stages] == [
        ("unit and SQLite", "sqlite"),
        ("PostgreSQL", "postgres"),
        ("browser", "sqlite"),
        ("house", "sqlite"),
    ]
    assert all("not slow" in " ".join(stage.arguments) for stage in stages[:3])
    assert not any("not slow" in " ".join(stage.arguments) for stage in plan("--nightly"))


def test_a_chosen_path_runs_alone_on_sqlite_or_where_it_was_asked():
    (stage,) = plan("tests/people", "-k", "name")
    assert (stage.database, stage.arguments) == ("sqlite", ("tests/people", "-k", "name"))
    (stage,) = plan("--db", "postgres")
    assert (stage.database, stage.arguments) == ("postgres", ("tests",))


def test_a_word_to_look_for_narrows_every_stage():
    assert {stage.arguments[-2:] for stage in plan("-k", "audit")} == {("-k", "audit")}


@pytest.mark.parametrize(
    ("codes", "narrowed", "expected"),
    [
        ([0, 0, 0], False, 0),
        ([0, 1, 0], False, 1),
        ([0, 5, 0], False, 1),
        ([0, 5, 0], True, 0),
        ([5, 5], True, 1),
        ([0, None], False, 0),
        ([None], False, 1),
        ([0, -9], True, 1),
    ],
)
def test_the_exit_code_is_honest(codes, narrowed, expected, capsys):
    assert run.summary([("stage", code, 1.0) for code in codes], narrowed=narrowed) == expected
