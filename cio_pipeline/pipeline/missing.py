"""People who were delivered by earlier runs and are not in the file (``-missing``)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.identifiers import Identity
from cio_pipeline.core.jobs import NOT_IN_FILE, NewJob, Record
from cio_pipeline.core.json_text import encode
from cio_pipeline.core.mapping import Mapper
from cio_pipeline.core.operations import code_or_none, make_operation
from cio_pipeline.pipeline.dead_letter_limit import DeadLetterLimit
from cio_pipeline.pipeline.loader import load_identities, mapping_digest
from cio_pipeline.pipeline.missing_rule import MissingLimit, MissingRule, problem_of
from cio_pipeline.pipeline.parts import RunParts
from cio_pipeline.source import Inputs
from cio_pipeline.store.queue.people_memory import REMOVED, KnownPerson, Missing, Noted
from cio_pipeline.store.user_digests import digest_of, digest_of_user, user_digest


def list_name(config: Config, config_path: str, state_folder: Path) -> bytes:
    """Return what the people of a configuration are remembered by.

    Another file, or another identifier, is another list: its people must not be taken
    for missing ones. The path is relative, so that both folders can be moved together.
    It is not resolved, because a mounted configuration may be a link to a new folder
    each time it changes.
    """
    records = config.records
    object_type = records.object.type if records.object else None
    path = os.path.relpath(config_path, state_folder)
    what = (path, config.user_id, records.identifiers, records.kind, object_type)
    return digest_of(repr(what).encode(errors="surrogatepass"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingOptions:
    """What the command line asks for.

    Args:
        rule: what to do about people who are missing.
        limit: how many may be missing; None for any number.
        name: the list of people (`list_name`).
    """

    rule: MissingRule
    limit: MissingLimit | None
    name: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingResult:
    """What was found.

    Args:
        found: how many people are missing.
        problem: why nothing was done about them; None if that was not prevented.
        queued: how many jobs were queued for them.
    """

    found: Missing
    problem: str | None
    queued: int


@dataclass(slots=True)
class MissingPeople:
    """Notes who is in the files, and finds who is missing, in the loader's thread.

    Args:
        run: the parts of the run.
        options: what the command line asks for.
        max_dead_letters: how many dead letters stop the run, or None.
        result: what was found (a result); None until all files are read.
    """

    run: RunParts
    options: MissingOptions
    max_dead_letters: DeadLetterLimit | None = None
    result: MissingResult | None = field(default=None, init=False)

    def withdraw_removals(self, inputs: Inputs, *, changed_only: bool) -> None:
        """Before anything is sent, take back removals of people who may be here now.

        Args:
            inputs: the data that will be loaded.
            changed_only: as in `Run`.
        """
        mapping = mapping_digest(
            self.run.config, changed_only=changed_only, missing=self.options.rule.text
        )
        identities = load_identities(inputs, mapping)
        self.run.store.withdraw_removals(self.options.name, identities)

    def begin(self, load_ids: Sequence[int]) -> None:
        """Note the people of these loads from now on."""
        self.run.store.begin_people(self.options.name, load_ids)

    def noted(self, job: NewJob, record: Record, mapper: Mapper) -> Iterator[Noted]:
        """Return the rows of a record that was mapped."""
        operation, user = job.operation, digest_of_user(job)
        identifier: str | None = None
        if operation.action == "upsert":
            identifier = job.user_id
        elif operation.removes:
            identifier = REMOVED
        yield Noted(user, identifier, operation.kind)
        for other in mapper.identities_in(record):
            digest = user_digest(other)
            if digest != user:
                yield Noted(digest, same_as=user)

    def noted_invalid(self, record: Record, mapper: Mapper) -> Iterator[Noted]:
        """Return the rows of a record that could not be mapped: the person is there."""
        identities: Sequence[Identity] = ()
        try:
            identities = [mapper.identity_in(record), *mapper.identities_in(record)]
        except RecordError:
            yield Noted(None)
        for each in identities:
            yield Noted(user_digest(each))

    def settle(self, load_id: int) -> None:
        """Find who is missing, and queue what is to be done about them.

        All records have been committed. A repetition after a kill has the same result:
        those for whom a job was queued are not known any more.

        Args:
            load_id: the load of the last file.

        Raises:
            StopRun: the run has too many dead letters.
        """
        self._check_dead_letters()
        found, queued = self.run.store.settle_missing(
            self.options.name, load_id, self._jobs_for, self._is_allowed
        )
        self.result = MissingResult(
            found=found, problem=self._problem(found), queued=queued
        )
        self.run.counters.missing_found(found.missing, queued)
        self.run.leases.jobs_came([])
        self._log(self.result)

    def _check_dead_letters(self) -> None:
        """Check the limit here too: a short file may be read before the next check."""
        loaded = self.run.counters.loaded
        if self.max_dead_letters is not None:
            self.max_dead_letters.check(
                records=loaded.records,
                invalid=loaded.dead_lettered,
                settled=0,
                undelivered=0,
            )

    def _problem(self, found: Missing) -> str | None:
        return problem_of(
            self.options.limit,
            missing=found.missing,
            known=found.known,
            unreadable=found.unreadable,
            acts=self.options.rule.action is not None,
        )

    def _is_allowed(self, found: Missing) -> bool:
        return self.options.rule.action is not None and self._problem(found) is None

    def _jobs_for(self, people: Sequence[KnownPerson]) -> list[NewJob]:
        rule, record = self.options.rule, self.run.config.records.kind
        assert rule.action is not None  # noqa: S101  # as `_is_allowed` ensures
        body = encode(rule.payload(record))
        return [
            NewJob(
                person.identifier,
                body,
                NOT_IN_FILE,
                code_or_none(make_operation(record, rule.action, person.kind)),
            )
            for person in people
        ]

    def _log(self, result: MissingResult) -> None:
        found = result.found
        self.run.log.info(
            "missing_found",
            missing=found.missing,
            known=found.known,
            queued=result.queued,
        )
        for user_id in found.first:
            self.run.log.info("person_missing", user_id=user_id)
