"""A process that dies by SIGKILL at any step that lasts: a commit of a store, a change of a file's name, or what else a
test names, such as a key that is made in a token.

Nothing between two such steps can be seen after a restart, so a kill before the first and after each of them stands
for a kill at any moment. The steps are not listed by hand: a first run tells them.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from sqlalchemy.engine.default import DefaultDialect

Tell = Callable[[object], None]
Operation = Callable[[Tell], None]
Step = tuple[Any, str]
"""A function by its owner and its name there."""

_FILES = ("link", "unlink", "remove", "rename", "replace")


@dataclass(frozen=True)
class Death:
    """A kill before or after a step, counted from 0; `name` is what the step does."""

    number: int
    name: str
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} step {self.number} ({self.name})"


def run(operation: Operation, death: Death | None = None, *, also: Sequence[Step] = ()) -> tuple[list[str], list[str]]:
    """Run an operation in a process of its own; return what it told, and the steps that it began.

    Without `death` it has to end well; with it, it has to die there. `also` are functions that are steps, too.
    """
    told_end, tell_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told_end)
        _live(operation, death, tell_end, also)
    os.close(tell_end)
    with os.fdopen(told_end) as pipe:
        lines = pipe.read().splitlines()
    _, status = os.waitpid(child, 0)
    if death is None:
        assert os.waitstatus_to_exitcode(status) == 0, "the operation failed"
    else:
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, f"it did not die {death}"
    return _of(lines, "told"), _of(lines, "step")


def deaths(operation: Operation, *, commits_only: bool = False, also: Sequence[Step] = ()) -> list[Death]:
    """Return every way in which an operation can die, from a run that nobody disturbs.

    With `commits_only` a change of a file's name is left out: it is the same whatever the database is.
    """
    _, steps = run(operation, also=also)
    assert steps, "the operation has no step that lasts"
    after = [Death(number, name, after=True) for number, name in enumerate(steps)]
    return [Death(0, steps[0], after=False), *(d for d in after if not commits_only or d.name.startswith("commit"))]


def _of(lines: list[str], kind: str) -> list[str]:
    return [line.partition(" ")[2] for line in lines if line.startswith(f"{kind} ")]


def _live(operation: Operation, death: Death | None, pipe: int, also: Sequence[Step]) -> None:
    try:
        with _struck(death, pipe, also):
            operation(lambda what: _write(pipe, "told", str(what)))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _write(pipe: int, kind: str, what: str) -> None:
    os.write(pipe, f"{kind} {what}\n".encode())


@contextmanager
def _struck(death: Death | None, pipe: int, also: Sequence[Step]) -> Iterator[None]:
    count = iter(range(sys.maxsize))

    def watched(name: Callable[..., str], step: Callable[..., Any]) -> Callable[..., Any]:
        def act(*arguments: Any, **named: Any) -> Any:
            number = next(count)
            _write(pipe, "step", name(*arguments))
            if death is not None and (death.number, death.after) == (number, False):
                os.kill(os.getpid(), signal.SIGKILL)
            result = step(*arguments, **named)
            if death is not None and (death.number, death.after) == (number, True):
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return act

    with ExitStack() as stack:
        stack.enter_context(patch.object(DefaultDialect, "do_commit", watched(_commit, DefaultDialect.do_commit)))
        for name in _FILES:
            stack.enter_context(patch.object(os, name, watched(_named(name), getattr(os, name))))
        for owner, name in also:
            stack.enter_context(patch.object(owner, name, watched(_called(name), getattr(owner, name))))
        yield


def _commit(_dialect: Any, connection: Any) -> str:
    where = connection.execute("PRAGMA database_list").fetchone()[2] if hasattr(connection, "in_transaction") else ""
    return f"commit {os.path.basename(where)}".strip()


def _called(name: str) -> Callable[..., str]:
    return lambda *_, **__: name.strip("_")


def _named(name: str) -> Callable[..., str]:
    return lambda *paths, **_: f"{name} {os.path.basename(os.fspath(paths[-1]))}"
