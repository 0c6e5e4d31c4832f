"""Who may use the page: nobody but this machine, those with a token, or users with passwords.

Passwords are kept as scrypt hashes (RFC 7914) with the parameters that OWASP recommends for 2023
and later: N = 2^17, r = 8, p = 1, 16 random bytes of salt, 32 bytes of hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..nlp.atomic_write import write_whole
from ..nlp.errors import QueryError, ReadError, SeedError, quoted
from .settings import ServeSettings

_LOG_N, _R, _P = 17, 8, 1
_MOST_LOG_N = 20
_SALT, _HASH = 16, 32
_SHORTEST = 10
"""Fewest characters of a password, as NIST SP 800-63B asks for at least 8."""
_SESSION_SECONDS = 12 * 3600
_MOST_SESSIONS = 10_000
RIGHTS = ("read", "write")
"""What a user may do: read only, or change too."""


def password_hash(password: str) -> str:
    """Return what is kept of a password: ``scrypt$17$8$1$SALT$HASH``.

    Raises:
        QueryError: it is too short.
    """
    if len(password) < _SHORTEST:
        raise QueryError(f"the password needs at least {_SHORTEST} characters")
    salt = secrets.token_bytes(_SALT)
    made = _scrypt(password, salt, _LOG_N, _R, _P)
    return f"scrypt${_LOG_N}${_R}${_P}${_text(salt)}${_text(made)}"


def password_fits(password: str, kept: str) -> bool:
    """Return whether a password is the one whose hash is kept; takes the same time if not.

    Example:
        >>> password_fits("correct horse", password_hash("correct horse"))
        True
    """
    _scheme, log_n, r, p, salt, made = kept.split("$")
    tried = _scrypt(password, base64.b64decode(salt), int(log_n), int(r), int(p))
    return hmac.compare_digest(tried, base64.b64decode(made))


def _scrypt(password: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    n = 1 << log_n
    memory = 2 * 128 * n * r
    return hashlib.scrypt(
        password.encode("utf-8"), salt=salt, n=n, r=r, p=p, maxmem=memory, dklen=_HASH
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


@dataclass(frozen=True, slots=True)
class User:
    """A user of a users file.

    Attributes:
        name: as it is shown and stands in corrections.
        kept: hash of the password.
        rights: one of :data:`RIGHTS`.
    """

    name: str
    kept: str
    rights: str


def read_users(path: Path) -> dict[str, User]:
    """Return the users of a file with one ``NAME:HASH:RIGHTS`` a line, by name.

    Raises:
        ReadError: the file cannot be read.
        SeedError: a line is none of these; names it.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ReadError(f"{path}: cannot be read ({error})") from None
    users: dict[str, User] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _colon, rest = line.strip().partition(":")
        kept, _colon, rights = rest.partition(":")
        if not name or rights not in RIGHTS or not _is_hash(kept):
            raise SeedError(path, number, "expected NAME:HASH:read or NAME:HASH:write")
        users[name] = User(name, kept, rights)
    if not users:
        raise ReadError(
            f"{path}: no users; add one with gongwen serve --users FILE --add-user NAME"
        )
    return users


def _is_hash(kept: str) -> bool:
    parts = kept.split("$")
    if len(parts) != 6 or parts[0] != "scrypt" or not all(p.isdecimal() for p in parts[1:4]):
        return False
    try:
        lengths = [len(base64.b64decode(part, validate=True)) for part in parts[4:]]
    except ValueError:
        return False
    return int(parts[1]) <= _MOST_LOG_N and lengths == [_SALT, _HASH]


def add_user(path: Path, name: str, password: str, rights: str = "write") -> None:
    """Add a user to a file, or give one a new password; the file is made when there is none.

    Raises:
        QueryError: the name, password or right cannot be used.
        ReadError: the file cannot be read.
    """
    if not name.strip() or ":" in name or not name.isprintable() or name.startswith("#"):
        raise QueryError(f"the name {quoted(name)} cannot be used; no colon, no # in front")
    if rights not in RIGHTS:
        raise QueryError(f"rights {quoted(rights)} are none of {', '.join(RIGHTS)}")
    users = read_users(path) if path.exists() and path.read_bytes().strip() else {}
    users[name] = User(name, password_hash(password), rights)
    lines = (f"{one.name}:{one.kept}:{one.rights}\n" for one in users.values())
    write_whole(path, "".join(lines).encode("utf-8"), rights=0o600)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a form was not taken, for the page that shows the form again.

    Attributes:
        path: path of that page.
        form: name of the form.
        reason: what is missing, in English.
        entered: what the form had, by field.
    """

    path: str
    form: str
    reason: str
    entered: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class Session:
    """A browser that uses the page.

    Attributes:
        id: secret in its cookie.
        name: the user's name, or what somebody without account wants corrections to be signed with.
        rights: one of :data:`RIGHTS`, ``""`` before one has logged in.
        account: whether the name is that of an account, whose password was given.
        used: when it was used last, in seconds of a clock that only goes forward.
        said: messages for the next page, shown once.
        refusal: why a form of it was not taken, shown once.
    """

    id: str
    name: str = ""
    rights: str = ""
    account: bool = False
    used: float = 0.0
    said: list[str] = field(default_factory=list)
    refusal: Refusal | None = None


class Accounts:
    """Decides who may do what, and keeps the sessions of a server.

    Args:
        settings: token, users and whether changes are allowed.

    Raises:
        ReadError, SeedError: the users file cannot be used.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self._users = read_users(settings.users) if settings.users else {}
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()
        self._secret = secrets.token_bytes(32)
        self._nobody = f"scrypt${_LOG_N}${_R}${_P}${_text(bytes(_SALT))}${_text(bytes(_HASH))}"

    @property
    def with_names(self) -> bool:
        """Whether one logs in with name and password."""
        return bool(self._users)

    def default_rights(self) -> str:
        """Return the rights of those who need not log in, ``""`` when all must."""
        if self._settings.protected:
            return ""
        return "read" if self._settings.read_only else "write"

    def session(self, id_: str) -> Session:
        """Return the session of a cookie; a new one when there is none or it is too old."""
        now = time.monotonic()
        with self._lock:
            found = self._sessions.get(id_)
            if found is not None and now - found.used < _SESSION_SECONDS:
                found.used = now
                self._sessions.move_to_end(id_)
                return found
            self._sessions.pop(id_, None)
        return Session("", rights=self.default_rights(), used=now)

    def keep(self, session: Session) -> Session:
        """Give a session an id and remember it; the oldest one is forgotten if there are many."""
        with self._lock:
            self._sessions.pop(session.id, None)
            session.id, session.used = secrets.token_urlsafe(32), time.monotonic()
            self._sessions[session.id] = session
            while len(self._sessions) > _MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return session

    def end(self, session: Session) -> None:
        """Forget a session."""
        with self._lock:
            self._sessions.pop(session.id, None)

    def csrf_token(self, session: Session) -> str:
        """Return the secret that every form of a session carries."""
        return hmac.new(self._secret, session.id.encode("ascii"), "sha256").hexdigest()

    def csrf_fits(self, session: Session, token: str) -> bool:
        """Return whether a form was made for this session."""
        if not session.id:
            return False
        wanted = self.csrf_token(session).encode("ascii")
        return hmac.compare_digest(wanted, token.encode("utf-8", "replace"))

    def login(self, name: str, secret: str) -> Session | None:
        """Return a new session for one who knows the token, or a name with its password.

        Takes as long for a name that there is not as for a wrong password.
        """
        if self._users:
            user = self._users.get(name)
            fits = password_fits(secret, user.kept if user else self._nobody)
            rights = user.rights if user and fits else ""
        else:
            rights = "write" if self.token_fits(secret) else ""
        if not rights:
            return None
        if self._settings.read_only:
            rights = "read"
        account = bool(self._users)
        return self.keep(Session("", name if account else "", rights, account))

    def token_fits(self, token: str) -> bool:
        """Return whether this is the token of the server."""
        own = self._settings.token.encode("utf-8")
        return bool(own) and hmac.compare_digest(own, token.encode("utf-8", "replace"))
