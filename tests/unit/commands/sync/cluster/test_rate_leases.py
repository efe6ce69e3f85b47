"""The rate of all shards is one: their leases never add up to more."""

from __future__ import annotations

import random

from cio_pipeline.commands.sync.cluster.rate_leases import RateLeases


def test_all_shards_together_have_the_rate() -> None:
    """Eight shards that all run have their own shares."""
    leases = RateLeases(count=8, rest_seconds=0.0)

    first = leases.orders(0.0, {}, range(8))

    assert first == dict.fromkeys(range(8), 1.0)


def test_what_ended_shards_leave_goes_to_the_others() -> None:
    """Half of them have ended: the others are twice as fast."""
    leases = RateLeases(count=8, rest_seconds=0.0)
    leases.orders(0.0, {}, range(8))
    for index in range(4):
        leases.ended(index)

    orders = leases.orders(1.0, dict.fromkeys(range(4, 8), 1.0), [])

    assert orders == dict.fromkeys(range(4, 8), 2.0)


def test_a_shard_starts_when_the_others_have_slowed_down() -> None:
    """Not before: they might not have heard of it."""
    leases = RateLeases(count=4, rest_seconds=0.0)
    leases.orders(0.0, {}, [0, 1])

    before = leases.orders(1.0, {0: 2.0, 1: 2.0}, [2, 3])
    after = leases.orders(2.0, {0: 1.0, 1: 1.0}, [2, 3])

    assert before == {0: 1.0, 1: 1.0}
    assert after == dict.fromkeys(range(4), 1.0)


def test_a_lost_shard_keeps_its_rate_until_its_lease_is_over() -> None:
    """Its process may still send."""
    leases = RateLeases(count=2, rest_seconds=30.0)
    leases.orders(0.0, {}, [0, 1])

    soon = leases.orders(5.0, {0: 1.0}, [])
    later = leases.orders(13.0, {0: 1.0}, [])

    assert (soon, later) == ({0: 1.0}, {0: 2.0})


def test_a_lost_shard_rests_before_it_starts_elsewhere() -> None:
    """Its old process has another queue, and may be sending for the same users."""
    leases = RateLeases(count=2, rest_seconds=30.0)
    leases.orders(0.0, {}, [0, 1])
    leases.orders(1.0, {0: 1.0, 1: 1.0}, [])

    assert 1 not in leases.orders(20.0, {0: 1.0}, [1])
    assert 1 not in leases.orders(32.0, {0: 2.0}, [1])  # the other one slows down first
    assert leases.orders(33.0, {0: 1.0}, [1]) == {0: 1.0, 1: 1.0}


def test_a_shared_queue_needs_no_rest() -> None:
    """Its lock is enough."""
    leases = RateLeases(count=2, rest_seconds=0.0)
    leases.orders(0.0, {}, [0, 1])

    assert leases.orders(5.0, {0: 1.0}, [1]) == {0: 1.0, 1: 1.0}


def test_leases_never_add_up_to_more_than_the_rate() -> None:
    """Whatever starts, ends, is lost, or does not hear its orders."""
    chance = random.Random(3)
    for count in (1, 2, 5, 16):
        leases = RateLeases(count=count, rest_seconds=chance.choice([0.0, 30.0]))
        actual: dict[int, tuple[float, float]] = {}  # factor, until when
        ended: set[int] = set()
        for now in range(200):
            actual = {
                i: (factor if now < until else 1.0, until)
                for i, (factor, until) in actual.items()
            }
            heard = {i: f for i, (f, _) in actual.items() if chance.random() < 0.8}
            waiting = [i for i in range(count) if i not in actual and i not in ended]
            orders = leases.orders(float(now), heard, waiting[:3])
            for index, factor in orders.items():
                if chance.random() < 0.9 or index not in actual:
                    actual[index] = (factor, now + 10)
            assert sum(factor for factor, _ in actual.values()) <= count + 0.001
            if actual and chance.random() < 0.1:
                index = chance.choice(list(actual))
                del actual[index]
                ended.add(index)
                leases.ended(index)
