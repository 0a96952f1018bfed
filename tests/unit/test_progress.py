"""A log tells how far a loop is, how fast, and how long it will take: now and then, not at every step."""

from supcore.progress import StepProgress


def lines(calls, total, **settings):
    """What is logged by calls of (seconds, step, note)."""
    logged, now = [], [0.0]
    progress = StepProgress(total, "steps", logged.append, clock=lambda: now[0], **settings)
    for now[0], *call in calls:
        progress(*call)
    return logged


def test_lines_come_at_intervals_and_at_the_end():
    steps = [(2.0 * step, step) for step in range(1, 101)]
    assert lines(steps, 100, seconds=60) == [
        "step 30 of 100 (2.0 s/step, 02:20 left)",
        "step 60 of 100 (2.0 s/step, 01:20 left)",
        "step 90 of 100 (2.0 s/step, 00:20 left)",
        "step 100 of 100 (2.0 s/step)",
    ]


def test_a_note_is_logged_at_once():
    assert lines([(0.25, 1), (0.5, 2, "loss 3")], 4) == ["step 2 of 4 (4.00 steps/s, 00:00 left): loss 3"]


def test_going_on_is_logged_once_and_the_rate_is_that_of_this_run():
    steps = [(1.0 * number, 80 + number) for number in range(1, 21)]
    assert lines(steps, 100, seconds=10) == [
        "going on after step 80",
        "step 90 of 100 (1.00 steps/s, 00:10 left)",
        "step 100 of 100 (1.00 steps/s)",
    ]


def test_calls_after_several_steps_tell_a_beginning_from_going_on():
    assert lines([(50.0, 250, "a"), (100.0, 500, "b")], 500, interval=250) == [
        "step 250 of 500 (5.00 steps/s, 00:50 left): a",
        "step 500 of 500 (5.00 steps/s): b",
    ]
    assert lines([(50.0, 500, "b")], 500, interval=250)[0] == "going on after step 250"
