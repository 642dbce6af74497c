"""A certificate authority of a test's own, by the openssl command: certificates of servers and of clients, and the paths
of their files."""

import shutil
import subprocess

import pytest

EXTENSIONS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"


class Certificate:
    """`certificate` and `key` are paths of PEM files, which may be made again under the same names."""

    def __init__(self, directory, name):
        self.certificate = directory / f"{name}.pem"
        self.key = directory / f"{name}.key"


class Authority(Certificate):
    def __init__(self, directory, name="ca"):
        if not shutil.which("openssl"):
            pytest.skip("no openssl to make certificates with")
        super().__init__(directory, name)
        self.directory = directory
        openssl("req", "-x509", *NEW_KEY, "-keyout", self.key, "-out", self.certificate, "-days", "2", "-subj",
                f"/CN={name} of a test", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def make(self, name, alternatives="IP:127.0.0.1", days=2):
        """A certificate for these names, with /CN=NAME. With fewer than no days it is over."""
        made = Certificate(self.directory, name)
        request = self.directory / f"{name}.csr"
        extensions = self.directory / f"{name}.ext"
        extensions.write_text(EXTENSIONS + (f"subjectAltName={alternatives}\n" if alternatives else ""))
        openssl("req", *NEW_KEY, "-keyout", made.key, "-out", request, "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-days", str(days),
                "-CAcreateserial", "-extfile", extensions, "-out", made.certificate)
        return made


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
