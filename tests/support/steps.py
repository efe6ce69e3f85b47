"""The steps at which a run is killed: in a function or at a commit, and which one.

Named from outside: the program has no hook for them. How to add one: `kill_at.py`.
"""

from __future__ import annotations

STORE = "cio_pipeline.store"
# Every transaction of a sync, by the function that makes it, and which one.
_TRANSACTIONS = [
    (f"{STORE}.runs:start_run", 1),
    (f"{STORE}.queue.loads:begin_loads", 1),
    (f"{STORE}.store:Store.enqueue", 1),
    (f"{STORE}.store:Store.enqueue", 2),
    (f"{STORE}.store:Store.finish_load", 1),
    (f"{STORE}.queue.leases:Leases._write", 1),
    (f"{STORE}.queue.leases:Leases._write", 4),
    (f"{STORE}.runs:save_run", 1),
]
COMMITS = [
    (f"{function}:{event}", occurrence)
    for function, occurrence in _TRANSACTIONS
    for event in ("before_commit", "after_commit")
]
POINTS = [
    # at the start
    (f"{STORE}.workspace:open_private_file:return", 2),
    (f"{STORE}.schema:_create_or_check:return", 1),
    (f"{STORE}.queue.job_queue:JobQueue.__init__:return", 1),
    ("cio_pipeline.pipeline.run:Run._begin:return", 1),
    # the loader's commits
    (f"{STORE}.queue.job_queue:JobQueue.insert:return", 1),
    (f"{STORE}.queue.loads:save_progress:return", 1),
    (f"{STORE}.queue.loads:save_progress:return", 3),
    (f"{STORE}.store:Store.finish_load:call", 1),
    # committed jobs reach memory: from the loader, or fetched
    (f"{STORE}.queue.leases:Leases.jobs_came:call", 1),
    (f"{STORE}.queue.leases:Leases.jobs_came:return", 2),
    (f"{STORE}.queue.leases:Leases._admit:return", 1),
    (f"{STORE}.queue.leases:Leases._fetch:return", 2),
    # an answer, its outcome, its settling
    ("cio_pipeline.customerio.http.transport:Transport.send:return", 1),
    ("cio_pipeline.customerio.http.transport:Transport.send:return", 400),
    ("cio_pipeline.customerio.outcome:judge:return", 150),
    (f"{STORE}.queue.leases:Leases.settle:call", 10),
    (f"{STORE}.queue.leases:Leases.ack:return", 600),
    # the settling commits, dead letters among them
    (f"{STORE}.queue.job_queue:JobQueue.delete:call", 1),
    (f"{STORE}.queue.job_queue:JobQueue.delete:return", 2),
    (f"{STORE}.dead_letters.table:insert_dead_letters:call", 5),
    (f"{STORE}.dead_letters.table:insert_dead_letters:return", 6),
    # at the end
    ("cio_pipeline.pipeline.run:Run._wind_down:call", 1),
    (f"{STORE}.store:Store.end_run:call", 1),
    (f"{STORE}.queue.job_queue:JobQueue.shrink:call", 1),
    (f"{STORE}.queue.job_queue:JobQueue.shrink:return", 1),
    *COMMITS,
]
# Of a sync with -missing, in which somebody is missing.
_MISSING_TRANSACTIONS = [
    (f"{STORE}.store:Store.begin_people", 1),
    (f"{STORE}.store:Store.enqueue", 1),
    (f"{STORE}.store:Store.settle_missing", 1),
    (f"{STORE}.store:Store.finish_load", 1),
    (f"{STORE}.queue.leases:Leases._write", 1),
]
MISSING_POINTS = [
    (f"{STORE}.queue.people_memory:_merge:return", 1),
    (f"{STORE}.queue.people_memory:note:return", 1),
    (f"{STORE}.queue.people_memory:find_missing:return", 1),
    (f"{STORE}.queue.people_memory:forget:return", 1),
    (f"{STORE}.queue.leases:Leases.all_loaded:call", 1),
    *(
        (f"{function}:{event}", occurrence)
        for function, occurrence in _MISSING_TRANSACTIONS
        for event in ("before_commit", "after_commit")
    ),
]
