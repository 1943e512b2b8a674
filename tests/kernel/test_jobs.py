from datetime import UTC, datetime, time, timedelta

import pytest

from kalantar.kernel import clock, jobs
from kalantar.kernel.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(monkeypatch):
    """A kind of job that writes down what it was given."""
    seen = []
    monkeypatch.setitem(jobs.WORK, "test.write", seen.append)
    return seen


@pytest.fixture
def no_schedule(monkeypatch):
    monkeypatch.setattr(jobs, "SCHEDULE", [])


def test_a_job_asked_twice_is_done_once(opened, done):
    jobs.queue("test.write", key="a", payload={"n": 1})
    jobs.queue("test.write", key="a", payload={"n": 1})
    assert jobs.run_due() == 1
    assert done == [{"n": 1}]


def test_a_done_job_asked_again_is_done_again(opened, done):
    for _ in range(2):
        jobs.queue("test.write", key="a")
        jobs.run_due()
    assert len(done) == 2


def test_a_job_of_tomorrow_waits_for_tomorrow(opened, done, a_clock):
    jobs.queue("test.write", key="a", due_at=clock.now() + timedelta(days=1))
    assert jobs.run_due() == 0
    a_clock(timedelta(days=1, minutes=1))
    assert jobs.run_due() == 1


def test_a_failing_job_is_tried_five_times_and_ends_in_a_named_failure(opened, a_clock, monkeypatch):
    def fail(payload):
        raise RuntimeError("the printer is on fire")

    monkeypatch.setitem(jobs.WORK, "test.fail", fail)
    jobs.queue("test.fail", key="a")
    for _ in range(7):
        jobs.run_due()
        a_clock(timedelta(hours=1))
    row = Job.objects.get()
    assert (row.state, row.attempts) == (Job.FAILED, 5)
    assert "the printer is on fire" in row.error


def test_a_failed_job_does_not_repeat_the_row_a_database_refused(opened, monkeypatch):
    from django.db import IntegrityError

    row = "DETAIL: Key (place_text)=(third floor) already exists."

    def fail(payload):
        raise IntegrityError(row)

    monkeypatch.setitem(jobs.WORK, "test.fail", fail)
    jobs.queue("test.fail", key="a")
    jobs.run_due()
    error = Job.objects.get().error
    assert "IntegrityError" in error
    assert "in fail" in error
    assert "third floor" not in error


def test_a_failing_job_does_not_hold_up_the_others(opened, done, monkeypatch):
    def fail(payload):
        raise RuntimeError

    monkeypatch.setitem(jobs.WORK, "test.fail", fail)
    jobs.queue("test.fail", key="a")
    jobs.queue("test.write", key="b")
    jobs.run_due()
    assert len(done) == 1


def test_only_one_of_two_workers_gets_a_job(opened, done):
    jobs.queue("test.write", key="a")
    assert jobs.claim() is not None
    assert jobs.claim() is None


def test_a_job_whose_worker_died_is_taken_up_after_its_lease(opened, done):
    jobs.queue("test.write", key="a")
    jobs.claim()
    Job.objects.update(lease_until=clock.wall() - timedelta(seconds=1))
    assert jobs.run_due() == 1
    assert len(done) == 1


def test_a_worker_that_lost_its_lease_does_not_end_the_other_s_job(opened, done):
    jobs.queue("test.write", key="a")
    slow = jobs.claim()
    Job.objects.update(lease_until=clock.wall() - timedelta(seconds=1))
    quick = jobs.claim()
    jobs.run(slow)
    assert Job.objects.get().state == Job.RUNNING
    jobs.run(quick)
    assert Job.objects.get().state == Job.DONE


def test_after_a_pause_of_a_week_a_daily_job_is_caught_up_once(opened, done, no_schedule, a_clock):
    jobs.SCHEDULE.append(jobs.Slot("test.write", at=time(5, 30)))
    jobs.tick()
    jobs.run_due()
    done.clear()
    a_clock(timedelta(days=7))
    jobs.tick()
    jobs.tick()
    jobs.run_due()
    assert len(done) == 1


def test_days_missed_while_no_worker_ran_leave_one_waiting_job(opened, done, no_schedule, a_clock):
    jobs.SCHEDULE.append(jobs.Slot("test.write", at=time(5, 30)))
    for _ in range(4):
        jobs.tick()
        a_clock(timedelta(days=1))
    assert Job.objects.filter(state=Job.QUEUED).count() == 1


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        (
            datetime(2018, 1, 1, 12, 0, tzinfo=UTC),
            datetime(2018, 1, 1, 2, 0, tzinfo=UTC),
        ),  # 15:30 in Tehran: 05:30 of today
        (
            datetime(2018, 1, 1, 1, 0, tzinfo=UTC),
            datetime(2017, 12, 31, 2, 0, tzinfo=UTC),
        ),  # 04:30 in Tehran: 05:30 of yesterday
    ],
)
def test_an_hour_of_the_day_is_an_hour_of_the_station(opened, now, slot):
    assert jobs.Slot("x", at=time(5, 30)).last_before(now) == slot


def test_every_ten_minutes_falls_on_full_tens(opened):
    slot = jobs.Slot("x", every=timedelta(minutes=10)).last_before(datetime(2018, 1, 1, 12, 17, 5, tzinfo=UTC))
    assert slot == datetime(2018, 1, 1, 12, 10, tzinfo=UTC)
