"""TLS: what the server's certificate is checked by, which certificate this client shows, and what is said when a
handshake fails. Files are read when the client is made and again for a connection after they have changed, so that a
certificate that was renewed needs no restart."""

from __future__ import annotations

import os
import ssl
from typing import Dict, List, NamedTuple, Optional, Tuple, Union

from .errors import ArgumentError
from .journal import Journal

CA_RULE = "the path of a PEM file, or of a directory, with the CAs' certificates"
CERTIFICATE_RULE = "the path of a PEM file with this client's certificate"
KEY_RULE = "the path of a PEM file with this client's key, which has no password"
_PARTIAL_CHAIN = 0x80000  # ssl.VERIFY_X509_PARTIAL_CHAIN, which Python 3.9 has no name for

Path = Union[None, str, "os.PathLike[str]"]
Stamp = Tuple[int, ...]  # of a file, by which another one is known


class Files(NamedTuple):
    """Absolute paths; the system's CAs where `ca` is None."""

    ca: Optional[str]
    certificate: Optional[str]
    key: Optional[str]


def read_files(tls_ca: Path = None, tls_certificate: Path = None, tls_key: Path = None) -> Files:
    """ArgumentError names the argument whose file cannot be read."""
    files = Files(_read_path("tls_ca", tls_ca, CA_RULE),
                  _read_path("tls_certificate", tls_certificate, CERTIFICATE_RULE),
                  _read_path("tls_key", tls_key, KEY_RULE))
    if files.key and not files.certificate:
        raise ArgumentError("tls_key", files.key, "given with tls_certificate: the certificate of this key")
    return files


def _read_path(name: str, value: Path, rule: str) -> Optional[str]:
    if value is None:
        return None
    try:
        path = os.path.abspath(os.path.expanduser(os.fspath(value)))
        with open(path if not os.path.isdir(path) else os.devnull, "rb"):
            return path
    except (OSError, TypeError, ValueError) as error:
        raise ArgumentError(name, value, f"{rule}: {error}") from error


def make_context(files: Files) -> ssl.SSLContext:
    """One that checks the server's certificate and its name. ArgumentError names the argument and the file."""
    try:
        is_directory = files.ca is not None and os.path.isdir(files.ca)
        context = ssl.create_default_context(cafile=None if is_directory else files.ca,
                                             capath=files.ca if is_directory else None)
    except (OSError, ValueError) as error:
        raise ArgumentError("tls_ca", files.ca, f"{CA_RULE}: {error}") from error
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    context.verify_flags |= _PARTIAL_CHAIN  # the server's own certificate may stand for its CA's
    context.options |= ssl.OP_NO_RENEGOTIATION
    if files.certificate:
        try:
            context.load_cert_chain(files.certificate, files.key, password=lambda: "")  # else a terminal is asked
        except (OSError, ValueError) as error:
            rule = f"{CERTIFICATE_RULE}, to which the key in {files.key or 'it'} belongs, and the key has no password"
            raise ArgumentError("tls_certificate", files.certificate, f"{rule}: {error}") from error
    return context


class Trust:
    """Of a context of the caller's, which stays as it is, or of files."""

    def __init__(self, given: Optional[ssl.SSLContext], files: Files) -> None:
        self._given = given
        self.files = files
        self._made = self._stamps(), make_context(files) if given is None else given

    def _stamps(self) -> List[Stamp]:
        """With the process: a fork's child takes no context of which another thread may have held a lock."""
        found: List[Stamp] = [(os.getpid(),)]
        for path in filter(None, self.files):
            try:
                about = os.stat(path)
                found.append((about.st_mtime_ns, about.st_ino, about.st_size))
            except OSError:
                found.append(())
        return found

    def context(self, journal: Journal) -> ssl.SSLContext:
        """For the next connection. New files that are not sound leave the old ones in force, and that is logged."""
        stamps = self._stamps() if self._given is None else self._made[0]
        if stamps != self._made[0]:
            try:
                self._made = stamps, make_context(self.files)
            except (ArgumentError, OSError) as error:
                journal.warning("TLS goes on with the files as they were before: %s", error)
                self._made = [], self._made[1]  # and they are read again for the next connection
        return self._made[1]

    def explain(self, error: BaseException) -> str:
        """What an error of TLS means here, and what helps; any other one as it is."""
        said = str(error) or repr(error)
        if isinstance(error, ssl.SSLCertVerificationError):
            return self._explain_certificate(error.verify_code, error.verify_message or said)
        if isinstance(error, ssl.SSLError):
            for words, meaning in _MEANINGS.items():
                if any(word in (error.reason or said) for word in words.split()):
                    return f"{meaning} ({said})"
        return said

    def _explain_certificate(self, code: int, said: str) -> str:
        if code in _WRONG_NAME:
            return f"the server's certificate is for another name: {said.rstrip('.')}; use a name that is in it"
        if code in _WRONG_TIME:
            return f"the server's certificate cannot be used now: {said}; it needs a new one, or this clock is wrong"
        if self._given is not None:
            return f"the server's certificate is not trusted: {said}; load its CA's certificate into the context"
        return (f"the server's certificate is not trusted: {said}; it is checked by {self.files.ca or 'the CAs of this system'}"
                ", and tls_ca names a file with its CA's certificate, or with its own")


_WRONG_NAME = (62, 63, 64)  # of X509_V_ERR_*
_WRONG_TIME = (9, 10, 13, 14)
_MEANINGS: Dict[str, str] = {  # by words of OpenSSL's
    "WRONG_VERSION_NUMBER RECORD_LAYER_FAILURE PACKET_LENGTH_TOO_LONG UNKNOWN_PROTOCOL HTTP_REQUEST":
    "the server speaks no TLS there: a listener without it is tcp://HOST:PORT",
    "UNEXPECTED_EOF violation": "the server closed in the handshake: a listener without TLS is tcp://HOST:PORT",
    "ALERT_CERTIFICATE_REQUIRED ALERT_HANDSHAKE_FAILURE": "the server wants a certificate of this client: see "
    "tls_certificate and tls_key",
    "ALERT_UNKNOWN_CA ALERT_BAD_CERTIFICATE ALERT_CERTIFICATE ALERT_UNSUPPORTED_CERTIFICATE ALERT_DECRYPT_ERROR "
    "ALERT_ACCESS_DENIED": "the server does not take this client's certificate: see tls_certificate",
    "PROTOCOL_VERSION UNSUPPORTED_PROTOCOL": "the server and this client have no version of TLS in common",
}
