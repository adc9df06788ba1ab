"""Fairness between clients: whose turn it is, and who has to leave."""

from __future__ import annotations

import anyio
import pytest

from clustergraph.store.turns import FullError, Room, Turns


def order(turns, arrivals):
    """Return in which order clients that arrive while the only place is taken have their turn."""
    seen = []

    async def visit(name):
        await turns.take(name[0])
        seen.append(name)
        turns.give_back(name[0])

    async def every():
        assert turns.take_at_once("first")
        async with anyio.create_task_group() as group:
            for name in arrivals:
                group.start_soon(visit, name)
                await anyio.wait_all_tasks_blocked()
            assert turns.waiting == len(arrivals)
            turns.give_back("first")

    anyio.run(every)
    assert turns.waiting == 0
    return seen


def test_clients_have_their_turns_in_rotation():
    assert order(Turns(1), ["a1", "a2", "a3", "a4", "b1", "b2"]) == ["a1", "b1", "a2", "b2", "a3", "a4"]


def test_the_newest_does_not_wait_for_a_long_queue_and_the_oldest_not_for_ever():
    arrivals = [f"a{n}" for n in range(6)]
    assert order(Turns(1, newest_too=True), arrivals) == ["a5", "a0", "a4", "a1", "a3", "a2"]


def test_one_client_cannot_have_every_place():
    turns = Turns(2, share=1)
    assert turns.take_at_once("a")
    assert not turns.take_at_once("a")
    assert turns.take_at_once("b")
    assert not turns.take_at_once("c")


def test_a_free_place_waits_for_somebody_who_may_have_it():
    turns = Turns(2, share=1)
    seen = []

    async def visit(client):
        await turns.take(client)
        seen.append(client)

    async def every():
        turns.take_at_once("a")
        async with anyio.create_task_group() as group:
            group.start_soon(visit, "a")
            await anyio.wait_all_tasks_blocked()
            group.start_soon(visit, "b")
            await anyio.wait_all_tasks_blocked()
            assert seen == ["b"]
            turns.give_back("b")
            await anyio.wait_all_tasks_blocked()
            assert seen == ["b"]
            turns.give_back("a")

    anyio.run(every)
    assert seen == ["b", "a"]


@pytest.mark.parametrize("granted", [False, True])
def test_who_leaves_the_queue_leaves_no_gap(granted):
    turns = Turns(1)

    async def visit():
        await turns.take("b")
        try:
            await anyio.sleep_forever()
        finally:
            turns.give_back("b")

    async def every():
        turns.take_at_once("a")
        async with anyio.create_task_group() as group:
            group.start_soon(visit)
            await anyio.wait_all_tasks_blocked()
            if granted:
                turns.give_back("a")  # The turn has come, but the task has not run since.
            group.cancel_scope.cancel()
        if not granted:
            turns.give_back("a")
        assert turns.waiting == 0
        assert turns.take_at_once("c")

    anyio.run(every)


def visits(room, *clients):
    """Return what happens to clients that come one after the other and stay: True if they may stay to the end."""
    stayed = {}

    async def stay(number, client, done):
        try:
            with room.enter(client):
                await done.wait()
                stayed[number] = True
        except FullError:
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
    assert visits(Room(3), "a", "a", "a", "a") == [True, True, True, False]


def test_the_greediest_client_makes_room_for_another_with_its_newest():
    assert visits(Room(3), "a", "a", "a", "b") == [True, True, False, True]


def test_clients_with_equal_shares_do_not_push_each_other_out():
    assert visits(Room(2), "a", "b", "a", "b", "c") == [True, True, False, False, False]


def test_what_a_process_works_on_is_not_given_up():
    room = Room(1)

    async def every():
        with room.enter("a") as visit:
            visit.waiting = False
            with pytest.raises(FullError), room.enter("b"):
                pass

    anyio.run(every)
