"""Group commit: what several threads of a process ask of the meter at the same time is one transaction and one round trip.

Alone, a step costs a statement, a commit that waits for the disk, and the time in which the allowance's row is locked;
together they share the last two, and those of one workspace don't wait for each other (docs/performance.md).

Whoever comes while nobody is at work carries out all that wait, its own among them; the others wait for the next round.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)
MOST = 64  # steps in one transaction: what the last one waits for
PATIENCE_SECONDS = 10.0

Row = dict[str, Any]
Params = Mapping[str, Any]
CarryOut = Callable[[Sequence[Params]], list[Row | None]]


@dataclass(eq=False, slots=True)
class Step:
    """One caller's parameters, and the row that they led to; None where nothing was changed."""

    workspace: UUID
    counter: str
    params: Params
    row: Row | None = None
    done: bool = False


class Group:
    """Steps of one kind. `carry_out` runs them in the order given, in one transaction, and fails as a whole. Who has waited
    for `patience_seconds` in vain takes the step back."""

    def __init__(self, carry_out: CarryOut, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._carry_out = carry_out
        self._patience_seconds = patience_seconds
        self._waiting: deque[Step] = deque()
        self._state = threading.Condition()
        self._busy = False

    def run(self, workspace: UUID, counter: str, params: Params) -> Row | None:
        """The row that `params` lead to. None where nothing was changed or nobody knows: ask again, alone."""
        if connection.in_atomic_block:
            raise RuntimeError("A transaction is open: what is committed together would not be part of it.")
        step = Step(workspace=workspace, counter=counter, params=params)
        connection.close()  # back to the pool: who waits must not keep what who works needs
        if self._is_its_turn(step):
            self._work(step)
        return step.row

    def _is_its_turn(self, step: Step) -> bool:
        """Wait until `step` is done, or nobody is at work: then its caller is. A step that nobody waits for must not be
        carried out: it would hold what nobody gives back."""
        with self._state:
            self._waiting.append(step)
            try:
                is_free = self._state.wait_for(lambda: step.done or not self._busy, self._patience_seconds)
                if step.done or not is_free:
                    return False
                self._busy = True
                return True
            finally:
                if step in self._waiting:
                    self._waiting.remove(step)

    def _work(self, own: Step) -> None:
        steps = [own]
        try:
            steps += self._company(own)
            steps.sort(key=lambda step: step.workspace)  # as every transaction takes them
            for step, row in zip(steps, self._carry_out([step.params for step in steps]), strict=True):
                step.row = row
        except DatabaseError as error:  # of one of them: each is asked again by its own caller
            logger.debug("A round of %d steps failed: %s", len(steps), error)
        finally:
            with self._state:
                self._busy = False
                for step in steps:
                    step.done = True
                self._state.notify_all()

    def _company(self, own: Step) -> list[Step]:
        """Those of the others that came first; of a workspace only one counter, so that no order of locks can be wrong."""
        counters, chosen = {own.workspace: own.counter}, list[Step]()
        with self._state:
            for step in tuple(self._waiting):
                if len(chosen) + 1 < MOST and counters.setdefault(step.workspace, step.counter) == step.counter:
                    chosen.append(step)
                    self._waiting.remove(step)
        return chosen
