"""Being forgotten, on a page: what goes, what stays, a confirmation that nobody gives by mistake, and the receipt.

It is confirmed with the e-mail address and the password, throttled as a sign-in: an open browser is not enough. The
receipt is shown once, since nobody can sign in any more who could ask for it again.
"""

from typing import Final
from urllib.parse import quote

from flask import Blueprint, render_template, request

from auth.errors import ChangeRefused, SignInRefused, TooBusy, TooManyAttempts
from auth.permissions import Permission, requires
from auth.person import normal_email
from portal import erasing
from portal.access import person, system
from portal.erasure_receipts import GOES, Receipt, what_stays
from portal.locale import N_, _
from portal.problems import Problem
from portal.sessions import browser
from privacy.log_entries import LogUnavailable
from privacy.stores import StillRead

blueprint = Blueprint("own_erasure", __name__, url_prefix="/me/erase")

OTHER_ADDRESS: Final = N_("This is not the address of this account.")
UNCONFIRMABLE: Final = N_("This account has no password yet: set one with an invitation, or ask an operator.")
UNFINISHED: Final = N_(
    "Your erasure has begun, and the access log cannot be written now. It is finished by itself, within a day at the"
    " latest; ask an operator for the receipt."
)
STILL_READ: Final = N_(
    "Everything of you is erased and nothing opens it any more. The file of a database still holds traces, because"
    " somebody reads it now, such as a backup. They are removed by themselves, within a day at the latest; ask an"
    " operator for the receipt."
)
Page = str | tuple[str, int] | tuple[str, int, dict[str, str]]


@blueprint.get("")
@requires(Permission.ACCOUNT_READ)
def ask() -> str:
    """Show what would go, what would stay, and the form."""
    return _page({})


@blueprint.post("")
@requires(Permission.ACCOUNT_WRITE)
def erase() -> Page:
    """Erase whoever asks, sign them out, and show the receipt this once."""
    owner, email = person(), request.form.get("email", "")
    if not owner.has_password:
        return _page({"password": _(UNCONFIRMABLE)}), 422
    if normal_email(email) != owner.email:
        return _page({"email": _(OTHER_ADDRESS)}), 422
    try:
        system().sign_in.authenticate(owner.email, request.form.get("password", ""), request.remote_addr or "")
        receipt = erasing.erase(system(), owner.subject, by=owner.subject)
    except SignInRefused:
        return _page({"password": _("The password is not right.")}), 422
    except TooManyAttempts as refused:
        return _page({"password": _(str(refused))}), 429, {"Retry-After": str(refused.retry_after)}
    except TooBusy as refused:
        return _page({"password": _(str(refused))}), 503, {"Retry-After": "5"}
    except ChangeRefused as refused:
        return _page({"email": _(str(refused))}), 422
    except LogUnavailable as broken:
        raise Problem(503, _("Not finished yet"), _(UNFINISHED)) from broken
    except StillRead as kept:
        raise Problem(503, _("Not finished yet"), _(STILL_READ)) from kept
    return _receipt(receipt)


def _page(wrong: dict[str, str]) -> str:
    config = system().config
    stays, days = what_stays(config), config.erasure_horizon
    return render_template(
        "me/erase.html", person=person(), goes=map(_, GOES), stays=map(_, stays), days=days, wrong=wrong
    )


def _receipt(receipt: Receipt) -> str:
    """Draw the receipt for somebody who is nobody any more: without the frame of a person."""
    browser().end()
    file = "data:application/json;charset=utf-8," + quote(receipt.as_json())
    return render_template("me/erased.html", receipt=receipt, stays=map(_, receipt.stays), file=file, shell=None)
