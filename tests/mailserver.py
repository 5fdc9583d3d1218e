"""Real mail servers on this computer for the tests: Postfix takes mail in and sends it on, Dovecot keeps it.

Both run privately: settings, queue and mailboxes lie in a temporary folder, ports are free ones of 127.0.0.1, nothing
in ``/etc`` is read or changed.  Postfix cannot run otherwise than as root, so the tests need root, as they have it in
a container.

Where mail goes, by the domain that it is sent to:

* ``gone.example``: taken, and returned by the next server as undeliverable.  A real bounce comes back to the sender.
  (Anybody whose name begins with ``full`` has a full mailbox there, everybody else does not exist.)
* ``refused.example``: refused at once (550).
* ``later.example``: put off at once (450).
* every other domain in ``.example`` or ``.test``: delivered; each address has a mailbox that is made when first needed.

Everybody logs in with the full address and the one password.  Nobody may send in another's name.
"""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

COORDINATOR = "benchmark@coordinator.example"
PASSWORD = "correct-horse-ståple"

GONE, FULL = "nobody@gone.example", "full@gone.example"
REFUSED, LATER = "nobody@refused.example", "busy@later.example"

MOST_BYTES = 20_000_000
"""The largest mail that the server takes, as it says itself."""

_LONGEST_START = 20.0
_STARTS = 3
_HOST = "127.0.0.1"
_NOT_PASSED_ON = {"SSL_CERT_FILE", "SSL_CERT_DIR", "MAIL_CONFIG", "MAIL_LOGTAG"}


def mail_servers_are_missing() -> str:
    """Why the mail servers cannot be started here; empty when they can."""
    for program in ("postfix", "postconf", "dovecot", "openssl"):
        if _program(program) is None:
            return f"{program} is not installed"
    if not Path("/usr/lib/dovecot/lmtp").exists():
        return "dovecot-lmtpd is not installed"
    if not Path("/usr/lib/dovecot/imap").exists():
        return "dovecot-imapd is not installed"
    if os.geteuid() != 0:
        return "Postfix can only be started by root"
    for user in ("postfix", "dovecot", "dovenull"):
        try:
            pwd.getpwnam(user)
        except KeyError:
            return f"there is no user '{user}' here"
    return ""


@dataclass(frozen=True)
class Smtp:
    """Where mail is handed in.

    ``port`` wants STARTTLS, ``tls_port`` speaks TLS from the start, both want a login.  ``open_port`` has neither TLS
    nor logins and takes mail for the mailboxes here, as from any other server.
    """

    host: str
    port: int
    tls_port: int
    open_port: int
    ca_file: str
    user: str
    password: str


@dataclass(frozen=True)
class Imap:
    """Where mail is read.

    ``port`` offers STARTTLS and allows a login without it, ``tls_port`` speaks TLS from the start.
    """

    host: str
    port: int
    tls_port: int
    ca_file: str
    user: str
    password: str


class MailServer:
    """Postfix and Dovecot, running.  Use it in ``with``, or call :meth:`stop` in the end."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kil-mail-"))
        self._folder.chmod(0o755)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._guard: subprocess.Popen[bytes] | None = None
        try:
            self._certificates()
            self._start()
            self._set_guard()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def ca_file(self) -> str:
        """The certificate that those who trust these servers trust."""
        return str(self._folder / "ca.pem")

    @property
    def smtp(self) -> Smtp:
        """Where the coordinator's mail is handed in."""
        return Smtp("localhost", self._submission, self._smtps, self._mx, self.ca_file, COORDINATOR, PASSWORD)

    @property
    def imap(self) -> Imap:
        """Where the coordinator's mail is read."""
        return Imap("localhost", self._imap, self._imaps, self.ca_file, COORDINATOR, PASSWORD)

    def deliver(self, message: bytes, to: str = COORDINATOR, sender: str = "") -> None:
        """Bring a mail to a mailbox as a strange server would, without a login; bounces have an empty sender."""
        with smtplib.SMTP(_HOST, self._mx, local_hostname="elsewhere.example", timeout=30) as connection:
            connection.sendmail(sender, [to], message)

    def put(self, message: bytes, user: str = COORDINATOR, folder: str = "INBOX") -> None:
        """Lay a mail in a folder of a mailbox exactly as it is, byte for byte, as a mail program would."""
        with self.mailbox(user) as connection:
            if folder != "INBOX":
                connection.create(folder)
            answer, said = connection.append(folder, "", "", message)
            if answer != "OK":
                raise AssertionError(said)

    @contextmanager
    def mailbox(self, user: str = COORDINATOR) -> Iterator[imaplib.IMAP4]:
        """Give a connection to somebody's mailbox, logged in."""
        context = ssl.create_default_context(cafile=self.ca_file)
        with imaplib.IMAP4_SSL("localhost", self._imaps, ssl_context=context, timeout=30) as connection:
            connection.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
            yield connection

    def inbox(self, user: str = COORDINATOR, at_least: int = 0, seconds: float = 30) -> list[bytes]:
        """Everything in somebody's inbox, oldest first; waits until there is at least that much."""
        until = time.monotonic() + seconds
        while True:
            found = self._stored(user)
            if len(found) >= at_least:
                return found
            if time.monotonic() > until:
                raise AssertionError(f"{len(found)} mails for {user}, not {at_least}; {self.log()[-3000:]}")
            time.sleep(0.05)

    def empty(self, *users: str) -> None:
        """Take everything out of the mailboxes given, or out of all."""
        self.settle()
        local, folders = self._folder / "mail", []
        for user in users:
            name, _, domain = user.lower().partition("@")
            folders.append(local / domain / name)
        for folder in folders if users else list(local.iterdir()):
            shutil.rmtree(folder, ignore_errors=True)

    def settle(self, seconds: float = 30) -> None:
        """Wait until everything that was handed in is delivered, returned or put off."""
        until = time.monotonic() + seconds
        queue = self._folder / "queue"
        while any(each.is_file() for name in ("maildrop", "incoming", "active") for each in (queue / name).rglob("*")):
            if time.monotonic() > until:
                raise AssertionError(f"mail is still on its way; {self.log()[-3000:]}")
            time.sleep(0.05)

    def log(self) -> str:
        """What both servers wrote down."""
        texts = []
        for name in ("postfix.log", "dovecot.log"):
            with suppress(FileNotFoundError):
                texts.append((self._folder / name).read_text("utf-8", "replace"))
        return "\n".join(texts)

    def stop(self) -> None:
        """End both servers with everything that they started, and remove their folder."""
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
            self._guard = None
        for process in reversed(self._processes):
            _end(process)
        self._processes.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _stored(self, user: str) -> list[bytes]:
        name, _, domain = user.lower().partition("@")
        box = self._folder / "mail" / domain / name / "Maildir"
        found = [each for part in ("new", "cur") for each in (box / part).glob("*") if not each.name.startswith(".")]
        contents = []
        for each in sorted(found, key=lambda path: (path.name.split(".")[0], path.name)):
            with suppress(FileNotFoundError):
                contents.append(each.read_bytes())
        return contents

    def _start(self) -> None:
        """Start both; the ports were free a moment ago, and where one no longer is, try others."""
        for attempt in range(1, _STARTS + 1):
            ports = _free_ports(6)
            self._submission, self._smtps, self._mx, self._next, self._imap, self._imaps = ports
            shutil.rmtree(self._folder / "queue", ignore_errors=True)
            self._configure_postfix()
            self._configure_dovecot()
            try:
                self._run(_program("dovecot"), "-F", "-c", str(self._folder / "dovecot.conf"))
                for socket_ in ("auth", "dovecot-lmtp"):
                    self._wait_for((self._folder / "queue" / "private" / socket_).exists)
                daemons = _said("postconf", "-d", "-h", "daemon_directory")
                self._run(f"{daemons}/master", "-d", "-c", str(self._folder / "postfix"))
                for port in (self._submission, self._mx, self._next):
                    self._wait_for(partial(_answers, port, b"220"))
                self._wait_for(partial(_answers, self._imap, b"* OK"))
            except AssertionError:
                for process in reversed(self._processes):
                    _end(process)
                self._processes.clear()
                if attempt == _STARTS:
                    raise
            else:
                return

    def _run(self, *command: str | None) -> None:
        words = [word for word in command if word is not None]
        with (self._folder / "output.log").open("ab") as output:
            environment = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
            self._processes.append(
                subprocess.Popen(
                    words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                    cwd=self._folder, env=environment,
                )
            )  # fmt: skip

    def _set_guard(self) -> None:
        """Should the tests be killed, their end of a pipe closes, and whoever reads the other end tidies up."""
        groups = " ".join(f"-{process.pid}" for process in self._processes)
        script = f"read _; kill -s TERM -- {groups}; sleep 2; kill -s KILL -- {groups}; rm -rf {self._folder}"
        self._guard = subprocess.Popen(
            ["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def _wait_for(self, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + _LONGEST_START
        while not ready():
            ended = [process.args for process in self._processes if process.poll() is not None]
            if ended or time.monotonic() > until:
                output = (self._folder / "output.log").read_text("utf-8", "replace")
                raise AssertionError(f"the mail servers do not start: {output[-2000:]} {self.log()[-3000:]}")
            time.sleep(0.02)

    def _certificates(self) -> None:
        """Make an authority of our own, and the servers' certificate signed by it."""
        (self._folder / "openssl.cnf").write_text(
            "[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nCN = Tests of mail\n"
            "[ca]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\n"
            "subjectKeyIdentifier = hash\n"
            "[server]\nbasicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature\n"
            "extendedKeyUsage = serverAuth\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n"
            "subjectAltName = DNS:localhost, IP:127.0.0.1\n"
        )
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-sha256")
        common = ("openssl", "req", "-config", "openssl.cnf")
        self._openssl(*common, "-x509", *key, "-extensions", "ca", "-keyout", "ca.key", "-out", "ca.pem")
        self._openssl(
            *common, "-x509", *key, "-extensions", "server", "-subj", "/CN=localhost", "-CA", "ca.pem",
            "-CAkey", "ca.key", "-keyout", "server.key", "-out", "server.pem",
        )  # fmt: skip

    def _openssl(self, *command: str) -> None:
        done = subprocess.run(command, cwd=self._folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def _configure_postfix(self) -> None:
        settings, queue, data = (self._folder / name for name in ("postfix", "queue", "data"))
        settings.mkdir(exist_ok=True)
        _make_queue(queue)
        data.mkdir(exist_ok=True)
        shutil.chown(data, "postfix")
        data.chmod(0o700)
        (settings / "delivered").write_text("if !/^gone\\.example$/\n/\\.(example|test)$/ yes\nendif\n")
        (settings / "transport").write_text(f"/@gone\\.example$/ smtp:[{_HOST}]:{self._next}\n")
        (settings / "relayed").write_text("/^gone\\.example$/ yes\n")
        (settings / "at-once").write_text(
            "/@refused\\.example$/ 550 5.1.1 There is nobody of that name here\n"
            "/@later\\.example$/ 450 4.2.1 The mailbox is busy, try again later\n"
        )
        (settings / "at-next").write_text(
            "/^full/ 552 5.2.2 The mailbox is full\n/./ 550 5.1.1 There is nobody of that name here\n"
        )
        (settings / "owners").write_text("/^(.+)$/ $1\n")
        (settings / "main.cf").write_text(
            "\n".join(
                (
                    "compatibility_level = 3.6",
                    f"queue_directory = {queue}",
                    f"data_directory = {data}",
                    f"maillog_file = {self._folder}/postfix.log",
                    f"maillog_file_prefixes = {self._folder}",
                    "myhostname = mail.coordinator.test",
                    "mydestination =",
                    f"mynetworks = {_HOST}/32",
                    f"inet_interfaces = {_HOST}",
                    "inet_protocols = ipv4",
                    "alias_maps =",
                    "alias_database =",
                    "local_recipient_maps =",
                    "disable_dns_lookups = yes",
                    "smtpd_peername_lookup = no",
                    "notify_classes =",
                    f"virtual_mailbox_domains = regexp:{settings}/delivered",
                    "virtual_mailbox_maps = static:yes",
                    "virtual_transport = lmtp:unix:private/dovecot-lmtp",
                    f"relay_domains = regexp:{settings}/relayed",
                    f"transport_maps = regexp:{settings}/transport",
                    f"message_size_limit = {MOST_BYTES}",
                    "mailbox_size_limit = 0",
                    "virtual_mailbox_limit = 0",
                    "in_flow_delay = 0",
                    "smtpd_error_sleep_time = 0",
                    "smtpd_client_connection_count_limit = 0",
                    "smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination",
                    f"smtpd_recipient_restrictions = check_recipient_access regexp:{settings}/at-once",
                    f"smtpd_sender_login_maps = regexp:{settings}/owners",
                    f"smtpd_tls_cert_file = {self._folder}/server.pem",
                    f"smtpd_tls_key_file = {self._folder}/server.key",
                    "smtpd_sasl_type = dovecot",
                    "smtpd_sasl_path = private/auth",
                    "smtp_tls_security_level = none",
                    "",
                )
            )
        )
        login = (
            " -o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=yes"
            " -o smtpd_sender_restrictions=reject_sender_login_mismatch"
            " -o smtpd_relay_restrictions=permit_sasl_authenticated,reject"
        )
        services = (
            f"{_HOST}:{self._submission} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt{login}",
            f"{_HOST}:{self._smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes{login}",
            f"{_HOST}:{self._mx} inet n - n - - smtpd",
            f"{_HOST}:{self._next} inet n - n - - smtpd -o myhostname=mail.gone.test"
            f" -o smtpd_recipient_restrictions=check_recipient_access,regexp:{settings}/at-next",
            "cleanup unix n - n - 0 cleanup",
            "qmgr unix n - n 300 1 qmgr",
            "tlsmgr unix - - n 1000? 1 tlsmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce",
            "verify unix - - n - 1 verify",
            "flush unix n - n 1000? 0 flush",
            "proxymap unix - - n - - proxymap",
            "smtp unix - - n - - smtp",
            "relay unix - - n - - smtp",
            "lmtp unix - - n - - lmtp",
            "error unix - - n - - error",
            "retry unix - - n - - error",
            "discard unix - - n - - discard",
            "anvil unix - - n - 1 anvil",
            "scache unix - - n - 1 scache",
            "postlog unix-dgram n - n - 1 postlogd",
        )
        (settings / "master.cf").write_text("\n".join(services) + "\n")

    def _configure_dovecot(self) -> None:
        mail = self._folder / "mail"
        mail.mkdir(exist_ok=True)
        shutil.chown(mail, "nobody", "nogroup")
        private = self._folder / "queue" / "private"
        (self._folder / "dovecot.conf").write_text(
            f"""
            base_dir = {self._folder}/dovecot
            state_dir = {self._folder}/dovecot
            log_path = {self._folder}/dovecot.log
            protocols = imap lmtp
            listen = {_HOST}
            ssl = yes
            ssl_cert = <{self._folder}/server.pem
            ssl_key = <{self._folder}/server.key
            disable_plaintext_auth = no
            auth_mechanisms = plain login
            auth_username_format = %Lu
            auth_failure_delay = 0
            mail_location = maildir:~/Maildir
            mail_home = {mail}/%Ld/%Ln
            mail_uid = nobody
            mail_gid = nogroup
            first_valid_uid = 1
            mail_max_userip_connections = 100
            namespace inbox {{
              inbox = yes
            }}
            passdb {{
              driver = static
              args = password={PASSWORD}
            }}
            userdb {{
              driver = static
              args = uid=nobody gid=nogroup home={mail}/%Ld/%Ln allow_all_users=yes
            }}
            service imap-login {{
              inet_listener imap {{
                port = {self._imap}
              }}
              inet_listener imaps {{
                port = {self._imaps}
                ssl = yes
              }}
            }}
            service lmtp {{
              unix_listener {private}/dovecot-lmtp {{
                user = postfix
                mode = 0600
              }}
            }}
            service auth {{
              unix_listener {private}/auth {{
                user = postfix
                mode = 0600
              }}
            }}
            """
        )


def _make_queue(queue: Path) -> None:
    """Make the folders of a Postfix queue, owned as Postfix wants them."""
    queue.mkdir(mode=0o755)
    for name in (
        "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace",
    ):  # fmt: skip
        (queue / name).mkdir(mode=0o700)
        shutil.chown(queue / name, "postfix")
    (queue / "maildrop").mkdir(mode=0o730)
    (queue / "public").mkdir(mode=0o710)
    for name in ("maildrop", "public"):
        shutil.chown(queue / name, "postfix", "postdrop")
    (queue / "pid").mkdir(mode=0o755)


def _free_ports(count: int) -> list[int]:
    taken = [socket.create_server((_HOST, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports


def _answers(port: int, greeting: bytes) -> bool:
    try:
        with socket.create_connection((_HOST, port), timeout=5) as connection:
            return connection.recv(100).startswith(greeting)
    except OSError:
        return False


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _said(name: str, *arguments: str) -> str:
    return subprocess.run(
        (_program(name) or name, *arguments), capture_output=True, check=True, text=True
    ).stdout.strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server and everything that it started, gently at first."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
