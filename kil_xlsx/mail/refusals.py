"""What mail servers say when they will not, and what it means, in plain words."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl

from kil_xlsx.core.settings import IMAP_PORTS, SMTP_PORTS, Security
from kil_xlsx.errors import MailServerError

LOGIN_WANTED = (530, 534, 535, 538)
"""The codes that are about logging in."""

STATUS = re.compile(r"[245]\.(\d{1,3})\.(\d{1,3})\b")
"""The status that many servers begin their answers with: what it is about, and what is wrong with it."""

_ADDRESS = re.compile(r"<?[^\s<>@,;:]+@[^\s<>@,;:]+>?")
_CONCERNS_EVERYBODY = re.compile(
    r"sender address|sender rejected|send as|not owned by|relay|authentication|(not |un)authenticated|client host|helo"
    r"|(sending|daily|hourly|message|rate) (limit|quota)|too many (messages|mails|emails|connections|recipients)"
    r"|account .*(disabled|suspended|blocked)|ip address|blocklist|blacklist",
    re.IGNORECASE,
)


def unreachable(error: Exception, host: str, port: int, security: Security, section: str) -> MailServerError:
    """Say in plain words why there is no connection; ``section`` is the part of the settings that it is about."""
    place = f"{host}, port {port}"
    encrypted = {"imap": IMAP_PORTS}.get(section, SMTP_PORTS)[Security.TLS]
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailServerError(
            f"The mail server at {place} cannot prove that it is {host}: {error.verify_message}.",
            "Nothing was sent.  Check the host's name; if the server has a certificate of your own, name the file "
            f"of its authority as ca_file under [{section}].",
        )
    if isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
        return MailServerError(
            f"The mail server at {place} does not begin with encryption.",
            f'Set security = "starttls" under [{section}], or ask for the right port (usually {encrypted}).',
        )
    if isinstance(error, ssl.SSLError):
        return MailServerError(
            f"No encrypted connection with the mail server at {place} ({error.reason or 'it broke off'}).",
            "Ask whoever runs it; it may be too old for safe encryption.",
        )
    if isinstance(error, socket.gaierror):
        return MailServerError(
            f"No mail server of the name {host} is found.",
            f"Check the host under [{section}], and that this computer is online.",
            passing=True,
        )
    if isinstance(error, ConnectionRefusedError):
        return MailServerError(
            f"Nothing answers at {place}.", f"Check the host and the port under [{section}].", passing=True
        )
    hint = f'  With port {encrypted}, set security = "tls".' if security is Security.STARTTLS else ""
    return MailServerError(
        f"No connection with the mail server at {place} ({reason(error)}).",
        f"Check the host, the port and the security under [{section}], and that this computer is online.{hint}",
        passing=True,
    )


def concerns_everybody(code: int, said: str) -> bool:
    """Whether a refusal is about us rather than about one recipient or one mail."""
    if code in LOGIN_WANTED:
        return True
    if status := STATUS.match(said):
        subject, detail = status.groups()
        if subject == "1":
            return detail in ("7", "8")  # the sender's address
        if subject == "2":
            return False  # the recipient's mailbox
        if (subject, detail) == ("4", "5"):
            return True  # too much was sent
    return bool(_CONCERNS_EVERYBODY.search(_ADDRESS.sub("", said)))


def trusting(ca_file: str) -> ssl.SSLContext:
    """How certificates are checked: by the system's authorities and those in a file, if one is named."""
    trust = ssl.create_default_context()
    if ca_file:
        try:
            trust.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise MailServerError(
                f"The certificates in {ca_file} cannot be read ({reason(error)}).", "Check ca_file in the settings."
            ) from error
    return trust


def words(answer: bytes) -> str:
    """A server's answer as text on one line."""
    return " ".join(answer.decode("utf-8", "replace").split())


def quoted(code: int, said: str) -> str:
    """What the server said, on one line, without addresses and of a length that can be read."""
    plain = "".join(each for each in _ADDRESS.sub("<...>", said) if each.isprintable())
    text = f"{code} {plain}".strip() if code > 0 else plain or "nothing that can be understood"
    return text if len(text) <= 300 else f"{text[:297]}..."


def reason(error: Exception) -> str:
    """A few words on why a connection went, without what the system adds to them."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, TimeoutError):
            return "no answer in time"
        if isinstance(seen, ConnectionError):
            return "the server hung up"
        if isinstance(seen, OSError) and seen.strerror and not isinstance(seen, smtplib.SMTPException):
            return seen.strerror
        seen = seen.__cause__ or seen.__context__
    return "the server hung up"
