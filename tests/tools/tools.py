"""How to have a CSR made by each of some programs, in the ways that people use them."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

SECONDS: Final = 60
_SUBJECT: Final = "/C=DE/O=Example and Sons/CN=www.example.com"
_SAN: Final = "subjectAltName=DNS:www.example.com,IP:10.0.0.1,email:a@example.com,URI:spiffe://a/b"

_CONFIG: Final = """\
[req]
prompt = no
distinguished_name = name
attributes = more
string_mask = pkix
[name]
CN = www.example.com
[more]
challengePassword = secret
unstructuredName = x
"""


@dataclass(frozen=True)
class Form:
    """What a program is asked for: the arguments of its calls, in which `{folder}` is a folder.

    The CSR is in `request.pem` there, or on standard output of the last call. `needs` is what a
    policy that permits every name, subject and usage must permit beside; `spec` is of the request.
    """

    title: str
    calls: Sequence[Sequence[str]]
    needs: Mapping[str, Any] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """A program; `version` are the arguments that make it say its version."""

    name: str
    program: str
    version: Sequence[str]
    forms: Sequence[Form]

    @property
    def installed(self) -> str | None:
        """The version that is installed, None if none is."""
        if not shutil.which(self.program):
            return None
        said = _run([self.program, *self.version])
        found = re.search(r"[0-9]+\.[0-9]+[.0-9]*", said)
        return found[0] if found else None

    def make(self, form: Form, folder: Path) -> bytes:
        """Have a CSR made."""
        for name, text in form.files.items():
            (folder / name).write_text(text)
        said = ""
        for call in form.calls:
            said = _run([self.program, *(part.format(folder=folder) for part in call)])
        file = folder / "request.pem"
        return file.read_bytes() if file.exists() else said.encode()


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout or done.stderr


def _openssl(title: str, *arguments: str, key: str = "rsa:2048", **more: Any) -> Form:  # noqa: ANN401 - as Form
    keys = ["-newkey", *key.split(), "-nodes", "-keyout", "{folder}/key.pem"]
    request = ["req", "-new", *keys, "-subj", _SUBJECT, "-out", "{folder}/request.pem"]
    return Form(title, [[*request, *arguments]], **more)


def _openssl_forms() -> Iterator[Form]:
    yield _openssl("an RSA key and four kinds of names", "-addext", _SAN)
    yield _openssl("an ECDSA key", "-addext", _SAN, key="ec -pkeyopt ec_paramgen_curve:prime256v1")
    yield _openssl("an Ed25519 key", "-addext", _SAN, key="ed25519")
    yield _openssl("text before the block (-text)", "-addext", _SAN, "-text")
    yield _openssl("the old label (-newhdr)", "-addext", _SAN, "-newhdr")
    yield _openssl("no extension at all")
    yield _openssl(
        "RSASSA-PSS", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"
    )
    yield _openssl(
        "the usages of a server",
        *("-addext", "basicConstraints=CA:FALSE"),
        *("-addext", "keyUsage=critical,digitalSignature,keyEncipherment"),
        *("-addext", "extendedKeyUsage=serverAuth"),
        spec={"usages": ["digital signature", "key encipherment", "server auth"]},
    )
    yield _openssl(
        "a CA for one domain",
        *("-addext", "basicConstraints=critical,CA:TRUE,pathlen:0"),
        *("-addext", "nameConstraints=critical,permitted;DNS:team-a.example.com"),
        needs={"nameConstraints": {"permitted": {"dnsDomains": {"values": ["team-a.*"]}}}},
        spec={"isCA": True},
    )
    yield _openssl(
        "must-staple",
        "-addext",
        "tlsfeature=status_request",
        needs=_extension("1.3.6.1.5.5.7.1.24"),
    )
    yield _openssl(
        "smart card logon",
        *("-addext", "extendedKeyUsage=clientAuth,msSmartcardLogin"),
        needs={"otherUsages": [{"oid": "1.3.6.1.4.1.311.20.2.2"}]},
        spec={"usages": ["client auth"]},
    )
    yield _openssl("a user principal name", "-addext", "subjectAltName=otherName:msUPN;UTF8:a@b")
    yield _openssl(
        "a challenge password and an unstructured name",
        "-config",
        "{folder}/config",
        files={"config": _CONFIG},
    )


def _extension(oid: str) -> Mapping[str, Any]:
    return {"extensions": [{"oid": oid}]}


def _keytool(title: str, algorithm: str, *arguments: str, **more: Any) -> Form:  # noqa: ANN401 - as Form
    store = ["-keystore", "{folder}/store", "-storepass", "changeit", "-alias", "web"]
    name = ["-dname", "CN=www.example.com, OU=Web, O=Example, C=DE", "-keyalg", algorithm]
    request = ["-certreq", *store, "-file", "{folder}/request.pem", *arguments]
    return Form(title, [["-genkeypair", *store, *name], request], **more)


def _keytool_forms() -> Iterator[Form]:
    yield _keytool("an RSA key", "RSA", "-ext", "san=dns:www.example.com,ip:10.0.0.1")
    yield _keytool("an ECDSA key", "EC", "-ext", "san=dns:www.example.com")
    yield _keytool("an Ed25519 key", "Ed25519", "-ext", "san=dns:www.example.com")
    yield _keytool(
        "the usages of a server",
        "RSA",
        *("-ext", "ku=digitalSignature,keyEncipherment", "-ext", "eku=serverAuth"),
        spec={"usages": ["digital signature", "key encipherment", "server auth"]},
    )


_TEMPLATE: Final = (
    'cn = "www.example.com"\norganization = "Example"\ndns_name = "www.example.com"\n'
)


def _certtool(title: str, key: str, *arguments: str, template: str = "") -> Form:
    private = ["--generate-privkey", f"--key-type={key}", "--outfile={folder}/key.pem"]
    request = ["--generate-request", "--load-privkey={folder}/key.pem"]
    files = ["--template={folder}/template", "--outfile={folder}/request.pem"]
    return Form(
        title, [private, [*request, *files, *arguments]], files={"template": _TEMPLATE + template}
    )


def _certtool_forms() -> Iterator[Form]:
    yield _certtool("an RSA key, with text", "rsa")
    yield _certtool("an ECDSA key, without text", "ecdsa", "--no-text")
    yield _certtool("an Ed25519 key", "ed25519")
    yield _certtool("a challenge password", "rsa", template='challenge_password = "secret"\n')


def _certutil_forms() -> Iterator[Form]:
    database = ["-d", "sql:{folder}"]
    make = ["-N", *database, "--empty-password"]
    noise = ["-z", "{folder}/noise"]
    request = ["-R", *database, "-s", "CN=www.example.com,O=Example", "-8", "www.example.com"]
    files = {"noise": "0123456789" * 200}
    for title, key in (("an RSA key", "rsa"), ("an ECDSA key", "ec")):
        curve = ["-q", "nistp256"] if key == "ec" else ["-g", "2048"]
        call = [*request, "-k", key, *curve, *noise, "-a", "-o", "{folder}/request.pem"]
        yield Form(f"{title}, with text", [make, call], files=files)


TOOLS: Final = (
    Tool("OpenSSL", "openssl", ["version"], tuple(_openssl_forms())),
    Tool("Java's keytool", "keytool", ["-J-version"], tuple(_keytool_forms())),
    Tool("GnuTLS certtool", "certtool", ["--version"], tuple(_certtool_forms())),
    Tool("NSS certutil", "certutil", ["--version"], tuple(_certutil_forms())),
)
