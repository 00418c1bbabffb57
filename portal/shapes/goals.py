"""Goals of one's own, goals that two agreed on, and what somebody tries out."""

from typing import Literal

from portal.shapes.weeks import Usual
from portal.shapes.words import Digest, Shape

Value = int | None
Direction = Literal["at_least", "at_most"]
Side = Literal["employee", "manager"]


class GoalTerm(Shape):
    """What is wanted from the day `since` on: seven values in the measure's unit, Monday first; null: no goal."""

    since: str
    values: list[Value]


class GoalPause(Shape):
    """Days without the goal, both ends included."""

    first: str
    last: str


class GoalWeek(Shape):
    """A week that is over: days on which the goal was met, of those that were judged.

    One that is held neither adds to a row nor ends it, `because` of a day off, a pause, its beginning, or few records.
    """

    week: str
    state: Literal["counts", "held", "other"]
    met: int
    judged: int
    because: Literal["off", "paused", "begun", "few"] | None


class OwnGoal(Shape):
    """A goal of one's own: nobody else sees it. `value` is today's figure so far, `wanted` what is wanted of today.

    `met` of `judged` days is the week that runs. `row` weeks in a row count now, `longest_row` is the most there ever
    were; `row_reaches_back` says that the row may have begun before the first week that is known.
    """

    measure: str
    unit: Literal["minutes", "percent", "count"]
    direction: Direction
    terms: list[GoalTerm]
    pauses: list[GoalPause]
    paused_until: str | None
    wanted: Value
    value: float | None
    reached: bool
    met: int
    judged: int
    row: int
    longest_row: int
    row_reaches_back: bool
    weeks: list[GoalWeek]


class AgreedTerms(Shape):
    """What a version says; from `low` to `high` is good enough, a working day on average, in the measure's unit."""

    text: str
    measure: str
    low: Value
    high: Value
    reason: str
    benefit: str
    begins: str
    review: str


class AgreedVersion(Shape):
    """One proposal, and how the other side answered; null while it has not, or when a newer one came first."""

    number: int
    by: Side
    day: str
    terms: AgreedTerms
    agreed: bool | None
    answered: str | None


class AgreedGoal(Shape):
    number: int
    manager: str
    versions: list[AgreedVersion]
    ended: str | None
    ended_by: Side | None


class AgreedPayload(Shape):
    """What the manager is shown when they look: the digest in the log is of this."""

    subject: str
    manager: str
    goals: list[AgreedGoal]
    salt: str


class AgreedWith(Shape):
    """What stands with one manager; `states` says by number what each goal is today.

    Who is not `present` manages the person no more, and can open none of it.
    """

    name: str
    present: bool
    states: dict[str, Literal["ended", "holds", "ahead", "waiting", "declined"]]
    payload: AgreedPayload
    digest: Digest


class ExperimentSide(Shape):
    """Two weeks: how many working days have a figure, their median, the lowest and the highest."""

    days: int
    median: float | None
    low: float | None
    high: float | None


class Experiment(Shape):
    """A change that is tried for two weeks, beside the two weeks before.

    `inside`, `below` and `above` count its days by what was usual before; `stands_out` names a side only if many days
    lie on it, and null says that no difference can be told from chance.
    """

    number: int
    text: str
    measure: str
    unit: Literal["minutes", "percent", "count"]
    first_day: str
    last_day: str
    state: Literal["ahead", "running", "over"]
    before: ExperimentSide
    during: ExperimentSide
    usual: Usual | None
    inside: int
    below: int
    above: int
    stands_out: Literal["below", "above"] | None


class OwnGoals(Shape):
    """Everything that somebody wants of their own days, as of the local day `today`."""

    today: str
    goals: list[OwnGoal]
    agreed: list[AgreedWith]
    experiments: list[Experiment]
