"""What a person cannot set, said beside the field of the form that has to change.

The message is an English sentence with named places (`privacy.messages.N_`); who shows it translates and fills it.
"""


class Refusal(ValueError):
    """A value that cannot be; `place` names the field of the form."""

    def __init__(self, message: str, place: str = "", **values: object) -> None:
        super().__init__(message % values if values else message)
        self.message = message
        self.place = place
        self.values = values
