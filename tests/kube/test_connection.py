"""Finding the API server, and being somebody there."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from approver.kube.connection import connect
from approver.kube.errors import ConfigurationError, UnreachableError
from approver.kube.session import Session
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import ALICE, BOB, CAROL, Identity
from tests.controlplane.manifests import Manifest
from tests.controlplane.pki import Authority

cluster_test = pytest.mark.cluster


async def user(
    kubeconfig: Path | None = None,
    context: str | None = None,
    environment: Mapping[str, str] | None = None,
    service_account: Path = Path("nowhere"),
) -> str:
    """Connect and ask who we are."""
    async with await connect(
        kubeconfig, context, environment=environment or {}, service_account=service_account
    ) as transport:
        return await whoami(Session(transport))


async def whoami(session: Session) -> str:
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = json.loads(await session.call("POST", path, body=review))
    return str(answer["status"]["userInfo"]["username"])


def token(cluster: ControlPlane, identity: Identity) -> str:
    return str(content(cluster, identity)["users"][0]["user"]["token"])


def content(cluster: ControlPlane, identity: Identity) -> Manifest:
    manifest: Manifest = json.loads(cluster.kubeconfig(identity).read_text())
    return manifest


def write(path: Path, manifest: Manifest) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(manifest))
    return path


@cluster_test
async def test_the_order_in_which_a_way_is_looked_for(
    cluster: ControlPlane, tmp_path: Path
) -> None:
    write(tmp_path / ".kube" / "config", content(cluster, CAROL))
    account = service_account(cluster, tmp_path, BOB)
    api_server = urlsplit(cluster.url)
    home = {"HOME": str(tmp_path)}
    pod = {
        **home,
        "KUBERNETES_SERVICE_HOST": str(api_server.hostname),
        "KUBERNETES_SERVICE_PORT": str(api_server.port),
    }
    alice = write(tmp_path / "alice", content(cluster, ALICE))
    named = {**pod, "KUBECONFIG": str(alice)}

    assert await user(environment=home) == CAROL.name
    assert await user(environment=pod) == CAROL.name
    assert await user(environment=pod, service_account=account) == BOB.name
    assert await user(environment=named, service_account=account) == ALICE.name
    carol = tmp_path / ".kube" / "config"
    assert await user(carol, environment=named, service_account=account) == CAROL.name
    # A context is something that only a kubeconfig has.
    assert await user(None, "tests", pod, account) == CAROL.name


@cluster_test
async def test_kubeconfig_may_be_several_files_and_have_several_contexts(
    cluster: ControlPlane, tmp_path: Path
) -> None:
    first, second = content(cluster, ALICE), content(cluster, BOB)
    second["contexts"][0]["name"] = "other"
    write(tmp_path / "first", {**first, "users": []})
    write(tmp_path / "second", {**second, "users": first["users"] + second["users"]})
    paths = ":".join(str(tmp_path / name) for name in ("missing", "first", "second"))
    environment = {"KUBECONFIG": paths}

    assert await user(None, "tests", environment) == ALICE.name
    assert await user(None, "other", environment) == BOB.name


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "while parsing a flow node"),
        ("just text", "not a kubeconfig"),
        ("[]", "not a kubeconfig"),
        ("{}", "current-context"),
        ("", "not a kubeconfig"),
        (
            '{"current-context": "a", "contexts": [{"name": "b"}], "clusters": [], "users": []}',
            "Expected object with name a in ",
        ),
        (
            json.dumps(
                {
                    "current-context": "a",
                    "contexts": [{"name": "a", "context": {"cluster": "c", "user": "u"}}],
                    "clusters": [
                        {
                            "name": "c",
                            "cluster": {"server": "https://x", "certificate-authority": "ca"},
                        }
                    ],
                    "users": [],
                }
            ),
            "File does not exists: ",
        ),
    ],
)
async def test_a_kubeconfig_that_is_none(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        await connect(path)

    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert problem in message
    assert "\n" not in message


async def test_no_kubeconfig(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(ConfigurationError, match=rf"^{missing}: no such file$"):
        await connect(missing)
    with pytest.raises(ConfigurationError, match=rf"^{missing}: no such file$"):
        await connect(environment={"KUBECONFIG": str(missing)})
    with pytest.raises(ConfigurationError, match=r"^no kubeconfig: \$KUBECONFIG is not set and "):
        await connect(environment={"HOME": str(tmp_path)}, service_account=missing)


@cluster_test
async def test_a_server_that_cannot_be_trusted(cluster: ControlPlane, tmp_path: Path) -> None:
    other = tmp_path / "ca.crt"
    other.write_text(Authority("somebody else").pair.certificate)
    config = content(cluster, ALICE)
    config["clusters"][0]["cluster"]["certificate-authority"] = str(other)
    with pytest.raises(UnreachableError, match=rf"^{cluster.url}: .*CERTIFICATE_VERIFY_FAILED"):
        await user(write(tmp_path / "config", config))


@cluster_test
async def test_a_server_that_must_be_known_by_another_name(
    cluster: ControlPlane, tmp_path: Path
) -> None:
    config = content(cluster, ALICE)
    place = config["clusters"][0]["cluster"]
    place["server"] = cluster.url.replace("127.0.0.1", "localhost")
    with pytest.raises(UnreachableError, match=r"not valid for 'localhost'"):
        await user(write(tmp_path / "config", config))

    place["tls-server-name"] = "127.0.0.1"
    assert await user(write(tmp_path / "config", config)) == ALICE.name


@cluster_test
async def test_a_token_file_may_end_with_a_line_break(
    cluster: ControlPlane, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(f"{token(cluster, ALICE)}\n")
    config = content(cluster, ALICE)
    config["users"][0]["user"] = {"tokenFile": "token"}

    assert await user(write(tmp_path / "config", config)) == ALICE.name


@cluster_test
async def test_credentials_of_a_plugin_are_renewed(
    cluster: ControlPlane,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    credential = tmp_path / "credential"
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "cat",
        "args": [str(credential)],
    }
    config = content(cluster, ALICE)
    config["users"][0]["user"] = {"exec": plugin}

    def issue(identity: Identity) -> None:
        status = {"token": token(cluster, identity)}
        header = {"apiVersion": plugin["apiVersion"], "kind": "ExecCredential"}
        write(credential, {**header, "status": status})

    issue(ALICE)
    async with await connect(write(tmp_path / "config", config), renewal_seconds=0) as transport:
        session = Session(transport)
        assert await whoami(session) == ALICE.name
        issue(BOB)
        assert await whoami(session) == BOB.name
        credential.unlink()
        assert await whoami(session) == BOB.name
        assert "cannot renew the credentials of the kubeconfig: exec: process" in caplog.text
        issue(CAROL)
        assert await whoami(session) == CAROL.name


@cluster_test
async def test_the_token_of_a_service_account_rotates(
    cluster: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    period = "kubernetes_asyncio.config.incluster_config.TOKEN_REFRESH_PERIOD"
    monkeypatch.setattr(period, timedelta(0))
    account = service_account(cluster, tmp_path, ALICE)
    api_server = urlsplit(cluster.url)
    environment = {
        "KUBERNETES_SERVICE_HOST": str(api_server.hostname),
        "KUBERNETES_SERVICE_PORT": str(api_server.port),
    }
    async with await connect(environment=environment, service_account=account) as transport:
        assert await whoami(Session(transport)) == ALICE.name
        service_account(cluster, tmp_path, BOB)
        assert await whoami(Session(transport)) == BOB.name


def service_account(cluster: ControlPlane, folder: Path, identity: Identity) -> Path:
    """Lay out the files that a pod finds."""
    (folder / "token").write_text(f"{token(cluster, identity)}\n")
    (folder / "ca.crt").write_text(cluster.ca_file.read_text())
    return folder


@cluster_test
async def test_a_proxy_of_the_environment_is_used_unless_it_says_not_to(
    cluster: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubeconfig = cluster.kubeconfig(ALICE)
    for name in ("HTTPS_PROXY", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with pytest.raises(UnreachableError, match=r"Connect call failed \('127.0.0.1', 1\)"):
        await user(kubeconfig)

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert await user(kubeconfig) == ALICE.name
