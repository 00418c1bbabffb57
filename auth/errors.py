"""What can be refused here. Every text is a sentence that may be shown to whoever asked."""

from privacy.messages import N_, Said


class AuthError(Exception):
    """The root of this package's refusals."""


class SignInRefused(AuthError):
    """Unknown account, wrong password, no password yet, or somebody who left: always the same words."""

    def __init__(self) -> None:
        super().__init__(N_("The e-mail address or the password is not right."))


class TooManyAttempts(AuthError):
    """Something is slowed down for this account or this address, mostly sign-in; `retry_after` is in seconds."""

    def __init__(self, retry_after: int, what: str = N_("failed sign-ins")) -> None:
        super().__init__(
            Said(
                N_("Too many %(what)s. Try again in %(minutes)s minutes."),
                what=Said(what),
                minutes=-(-retry_after // 60),
            )
        )
        self.retry_after = retry_after


class TooBusy(AuthError):
    """More people sign in at once than the memory for hashing allows, or the like; trying again helps."""

    def __init__(self, why: str = N_("Many people are signing in right now. Please try again in a moment.")) -> None:
        super().__init__(why)


class PasswordRefused(AuthError):
    """A new password is too weak; the text says why."""


class LinkRefused(AuthError):
    """A one-time link is unknown, used, replaced or expired: always the same words."""

    def __init__(self) -> None:
        super().__init__(N_("This link is not valid, or not any more. Ask for a new one."))


class EnrolmentOver(AuthError):
    """A computer's request was never made, was refused, or has had its answer; `expired` if it only came too late."""

    def __init__(self, *, expired: bool = False) -> None:
        super().__init__(
            N_("This code is not valid, or not any more. Run `sameview relay enrol` again on the computer.")
            if not expired
            else N_("Nobody confirmed this computer in time. Run `sameview relay enrol` again.")
        )
        self.expired = expired


class ChangeRefused(AuthError):
    """A change of people, teams, roles or credentials cannot be made; the text says why."""
