"""Mail to people about their own data: text and HTML, handed in at the server that the operator chose.

The connection is encrypted before anything of a person is sent, with the server's name checked against the system's
authorities; only on this very machine it may stay open. A subject has no figures: it is shown on locked screens.
"""

import hashlib
import secrets
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final

from portal.settings import SmtpAddress

TIMEOUT_SECONDS: Final = 30.0
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class MailRefused(Exception):
    """A mail could not be handed in; the text says why and holds nothing of what it said."""


class MailServerAway(MailRefused):
    """Nothing can be handed in now, whatever it is and whomever it is for."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail; `id` is random: it stands in its Message-ID and in no store."""

    to: str
    subject: str
    text: str
    html: str
    id: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    @property
    def digest(self) -> str:
        """The SHA-256 of id, text and HTML: who has the mail can check it, nobody finds by trying what it says."""
        return f"sha256:{hashlib.sha256(f'{self.id}{self.text}{self.html}'.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Mailer:
    """Hands mail in."""

    server: SmtpAddress
    sender: str

    def send(self, mail: Mail) -> None:
        """Hand one mail in. Raises MailRefused."""
        where = f"the mail server {self.server.host}:{self.server.port}"
        try:
            connection = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise MailServerAway(f"{where} cannot be used: {type(error).__name__}") from error
        try:
            with connection:
                connection.send_message(message(mail, self.sender))
        except (OSError, smtplib.SMTPException, ValueError) as error:  # an address that no header can hold
            raise MailRefused(f"{where} did not take a mail: {type(error).__name__}") from error

    def _connected(self) -> smtplib.SMTP:
        host, port = self.server.host, self.server.port
        if self.server.tls:
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            connection = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
            self._go_over_to_tls(connection)
        if self.server.user is not None:
            connection.login(self.server.user, self.server.password or "")
        return connection

    def _go_over_to_tls(self, connection: smtplib.SMTP) -> None:
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=ssl.create_default_context())
            connection.ehlo()
        elif self.server.host not in _HERE:
            connection.close()
            raise smtplib.SMTPNotSupportedError("the server offers no encryption (STARTTLS)")


def message(mail: Mail, sender: str) -> EmailMessage:
    """Return a mail as it goes over the wire. It says that a program wrote it, so that nothing answers by itself."""
    found = EmailMessage()
    found["From"], found["To"], found["Subject"] = sender, mail.to, mail.subject
    found["Date"], found["Message-ID"] = formatdate(), f"<{mail.id}@{sender.rpartition('@')[2]}>"
    found["Auto-Submitted"] = "auto-generated"
    found.set_content(mail.text)
    found.add_alternative(mail.html, subtype="html")
    return found
