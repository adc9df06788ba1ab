"""Fairness between clients: whose turn it is, and who has to leave."""

from __future__ import annotations

import anyio
import pytest

from clustergraph.engine.fairness import Admission, Lane, Ticket
from clustergraph.engine.worker import Limit
from clustergraph.errors import BusyError

FULL = Limit("waiting", 1, "there is no room", "try again")


def lane(places, **kind):
    return Lane(places, 60, FULL, **kind)


def order(turns, arrivals):
    """Return in which order clients that arrive while the only place is taken have their turn."""
    seen = []

    async def visit(name):
        async with turns.turn(Ticket(name[0])):
            seen.append(name)

    async def every():
        async with anyio.create_task_group() as group, turns.turn(Ticket("first")):
            for name in arrivals:
                group.start_soon(visit, name)
                await anyio.wait_all_tasks_blocked()
            assert turns.waiting == len(arrivals)

    anyio.run(every)
    assert turns.waiting == 0
    return seen


def test_clients_have_their_turns_in_rotation():
    assert order(lane(1), ["a1", "a2", "a3", "a4", "b1", "b2"]) == ["a1", "b1", "a2", "b2", "a3", "a4"]


def test_the_newest_does_not_wait_for_a_long_queue_and_the_oldest_not_for_ever():
    arrivals = [f"a{n}" for n in range(6)]
    assert order(lane(1, newest_too=True), arrivals) == ["a5", "a0", "a4", "a1", "a3", "a2"]


def test_one_client_cannot_have_every_place():
    async def every():
        turns = lane(2, share=1)
        async with turns.turn(Ticket("a")):
            assert not turns.free("a")
            async with turns.turn(Ticket("b")):
                assert not turns.free("c")
            assert turns.free("c")

    anyio.run(every)


def test_a_free_place_waits_for_somebody_who_may_have_it():
    turns = lane(2, share=1)
    seen = []

    async def visit(client):
        async with turns.turn(Ticket(client)):
            seen.append(client)

    async def every():
        async with anyio.create_task_group() as group, turns.turn(Ticket("a")):
            group.start_soon(visit, "a")
            await anyio.wait_all_tasks_blocked()
            group.start_soon(visit, "b")
            await anyio.wait_all_tasks_blocked()
            assert seen == ["b"]

    anyio.run(every)
    assert seen == ["b", "a"]


def test_one_that_has_waited_for_too_long_is_told_so_and_leaves_no_gap():
    async def every():
        turns = Lane(1, 0.01, FULL)
        ticket = Ticket("b")
        async with turns.turn(Ticket("a")):
            with pytest.raises(BusyError):
                async with turns.turn(ticket):
                    pass
            assert ticket.waiting
            assert turns.waiting == 0
        assert turns.free("c")

    anyio.run(every)


@pytest.mark.parametrize("granted", [False, True])
def test_who_leaves_the_queue_leaves_no_gap(granted):
    turns = lane(1)

    async def visit():
        async with turns.turn(Ticket("b")):
            await anyio.sleep_forever()

    async def every():
        async with anyio.create_task_group() as group:
            async with turns.turn(Ticket("a")):
                group.start_soon(visit)
                await anyio.wait_all_tasks_blocked()
                if not granted:
                    group.cancel_scope.cancel()
            # If it was granted, the turn has come, but the task has not run since.
            group.cancel_scope.cancel()
        assert turns.waiting == 0
        assert turns.free("c")

    anyio.run(every)


def visits(room, *clients):
    """Return what happens to clients that come one after the other and stay: True if they may stay to the end."""
    stayed = {}

    async def stay(number, client, done):
        try:
            with room.enter(client):
                await done.wait()
                stayed[number] = True
        except BusyError:
            stayed[number] = False

    async def every():
        done = anyio.Event()
        async with anyio.create_task_group() as group:
            for number, client in enumerate(clients):
                group.start_soon(stay, number, client, done)
                await anyio.wait_all_tasks_blocked()
            done.set()

    anyio.run(every)
    assert len(room) == 0
    return [stayed[number] for number in range(len(clients))]


def test_a_full_room_takes_no_more_of_the_same_client():
    assert visits(Admission(3, FULL), "a", "a", "a", "a") == [True, True, True, False]


def test_the_greediest_client_makes_room_for_another_with_its_newest():
    assert visits(Admission(3, FULL), "a", "a", "a", "b") == [True, True, False, True]


def test_clients_with_equal_shares_do_not_push_each_other_out():
    assert visits(Admission(2, FULL), "a", "b", "a", "b", "c") == [True, True, False, False, False]


def test_what_a_process_works_on_is_not_given_up():
    room = Admission(1, FULL)

    async def every():
        with room.enter("a") as visit:
            visit.waiting = False
            with pytest.raises(BusyError), room.enter("b"):
                pass

    anyio.run(every)
