"""The threads of requests: which one gets a job, how many there are, and that no job is forgotten."""

import asyncio
import random
import threading
import time

from serving.pool import Pool


def test_one_request_after_another_stays_on_one_thread() -> None:
    """The thread that worked last works next, and no other is started."""

    async def requests() -> set[int]:
        pool = Pool(8, asyncio.get_running_loop())
        idents = set()
        for _ in range(50):
            idents.add(await pool.run(threading.get_ident))
            while not pool._idle:  # a client's next request comes later than the thread is idle, on a busy machine too
                await asyncio.sleep(0)
        pool.close()
        return idents

    assert len(asyncio.run(requests())) == 1


def test_every_job_is_done_by_no_more_threads_than_allowed() -> None:
    """However jobs come and however long they take, each gives its own result."""
    chance = random.Random(5)
    idents: set[int] = set()

    def work(number: int, seconds: float) -> int:
        idents.add(threading.get_ident())
        time.sleep(seconds)
        return number

    async def requests() -> list[int]:
        pool = Pool(3, asyncio.get_running_loop())
        waiting = []
        for number in range(300):
            waiting.append(pool.run(work, number, chance.choice((0, 0, 0.001, 0.003))))
            if chance.random() < 0.3:
                await asyncio.sleep(0.002)
        found = await asyncio.gather(*waiting)
        pool.close()
        return found

    assert asyncio.run(requests()) == list(range(300))
    assert len(idents) == 3


def test_an_error_is_the_callers() -> None:
    """What a job raises comes out of its future, and the thread goes on."""

    async def requests() -> int:
        pool = Pool(1, asyncio.get_running_loop())
        try:
            await pool.run(int, "none")
        except ValueError:
            return await pool.run(int, "7")
        finally:
            pool.close()
        return 0

    assert asyncio.run(requests()) == 7


def test_closing_ends_all_threads_when_their_jobs_are_done() -> None:
    """What was handed in before is done; then nobody is left."""

    async def requests() -> list[int]:
        pool = Pool(2, asyncio.get_running_loop())
        waiting = [pool.run(_slowly, number) for number in range(6)]
        pool.close()
        return await asyncio.gather(*waiting)

    before = threading.active_count()
    assert asyncio.run(requests()) == list(range(6))
    while threading.active_count() > before:
        time.sleep(0.01)


def _slowly(number: int) -> int:
    time.sleep(0.01)
    return number
