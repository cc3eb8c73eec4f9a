"""What Prometheus' own tool says of the alerts, given series that somebody has written down."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.alerts.rules import FILE
from tests.controlplane import binaries

_SECONDS: Final = 30
_INTERVAL: Final = "1m"
_LONG: Final = "x100"  # more intervals than any case looks at
_HEALTHY: Final = (
    {
        "policy_approver_build_info": f"1{_LONG}",
        'leader_election_master_status{name="policy.cert-manager.io"}': f"1{_LONG}",
        'policy_approver_pending_requests{state="new"}': f"0{_LONG}",
    },
    {
        "policy_approver_build_info": f"1{_LONG}",
        'leader_election_master_status{name="policy.cert-manager.io"}': f"0{_LONG}",
        'policy_approver_pending_requests{state="new"}': f"0{_LONG}",
    },
)


@dataclass(frozen=True, slots=True)
class Case:
    """Two replicas that are well but for some series: `leader` and `standby`, a sample a minute.

    Series are in Prometheus' notation for tests, as is the time in `firing`, which has the names
    of all alerts that fire then. It is one of those that are about the alert `about`.
    """

    name: str
    about: str
    firing: Mapping[str, Sequence[str]]
    leader: Mapping[str, str]
    standby: Mapping[str, str]

    @classmethod
    def parse(cls, written: Mapping[str, Any]) -> "Case":
        """Read it from YAML."""
        return cls(**{"leader": {}, "standby": {}, **written})


def check(file: Path) -> subprocess.CompletedProcess[str]:
    """Let it read a file of rules."""
    return _promtool("check", "rules", "--lint=all", "--lint-fatal", str(file))


def run(case: Case, folder: Path, rules: Path = FILE) -> subprocess.CompletedProcess[str]:
    """Let it see whether just those alerts fire that the case says."""
    file = folder / "tests.json"
    file.write_text(json.dumps(_tests(case, rules)))
    return _promtool("test", "rules", str(file))


def _tests(case: Case, rules: Path) -> Mapping[str, Any]:
    return {
        "rule_files": [str(rules)],
        "evaluation_interval": _INTERVAL,
        "tests": [
            {
                "interval": _INTERVAL,
                "input_series": [*_series(case)],
                "promql_expr_test": [_expected(*each) for each in case.firing.items()],
            }
        ],
    }


def _series(case: Case) -> Iterator[Mapping[str, str]]:
    for replica, (healthy, own) in enumerate(
        zip(_HEALTHY, (case.leader, case.standby), strict=True)
    ):
        for name, values in {**healthy, **own}.items():
            yield {"series": _of(name, replica), "values": values}


def _of(series: str, replica: int) -> str:
    metric, _, labels = series.removesuffix("}").partition("{")
    own = f'job="a", namespace="n", instance="{replica}"'
    return f"{metric}{{{', '.join(filter(None, (labels, own)))}}}"


def _expected(time: str, names: Sequence[str]) -> Mapping[str, Any]:
    return {
        "eval_time": time,
        "expr": 'group by (alertname) (ALERTS{alertstate="firing"})',
        "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in names],
    }


def _promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(binaries.find("promtool")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
