-- The tables of a queue's file apart from persist-queue's own. All are in one file,
-- so that jobs and their load's progress, or acks and their dead letters, are one
-- commit.

-- Counters, updated by the transactions that change what they count, so that no
-- table has to be read to count its rows.
CREATE TABLE totals (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    pending INTEGER NOT NULL,
    synced INTEGER NOT NULL,
    dead_letters INTEGER NOT NULL
);
INSERT INTO totals VALUES (1, 0, 0, 0);

-- One row per load: how much of a data file is in the queue.
-- fingerprint is NULL if the data cannot be identified later (a pipe).
-- set_id is the id of the first load of the run that loads it; NULL for that one.
CREATE TABLE loads (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    fingerprint TEXT,
    mapping TEXT NOT NULL,
    next_index INTEGER NOT NULL DEFAULT 0,
    is_finished INTEGER NOT NULL DEFAULT 0,
    started_at TEXT NOT NULL,
    set_id INTEGER
);

-- job_id is the job's position in the queue. A requeued job gets its old position, so
-- an older record of a user never comes after a newer one. It is NULL if there never
-- was a job (the record could not be mapped), so it cannot be requeued. operation is
-- NULL for the usual one, also in the table of jobs.
CREATE TABLE dead_letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER,
    load_id INTEGER,
    user_id TEXT,
    record_index INTEGER,
    source TEXT NOT NULL,
    payload BLOB,
    reason TEXT NOT NULL,
    http_status INTEGER,
    message TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    failed_at TEXT NOT NULL,
    run_id TEXT NOT NULL,
    operation TEXT
);

-- One row per run; counts is a JSON object, rewritten during the run.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL UNIQUE,
    command TEXT NOT NULL,
    source TEXT,
    pid INTEGER NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    counts TEXT NOT NULL DEFAULT '{}'
);
