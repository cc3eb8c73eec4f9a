"""The alerts: well formed, documented, and each both loud and silent, by Prometheus' own tool."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.alerts.promtool import Case, check, run
from tests.alerts.rules import FILE, Alert, alerts, hastened
from tests.crds.examples import REPOSITORY

ALERTS = alerts()
# As text alone, since 0x60 is a number in YAML.
WRITTEN = yaml.load(Path(__file__).with_name("cases.yaml").read_text(), yaml.BaseLoader)  # noqa: S506
CASES = [Case.parse(written) for written in WRITTEN]
RUNBOOKS = REPOSITORY / "docs" / "runbooks.md"


def runbooks() -> Iterator[tuple[str, str]]:
    """Yield the headings of the page, and what is below each."""
    _, *sections = re.split(r"(?m)^## ", RUNBOOKS.read_text(encoding="utf-8"))
    for section in sections:
        name, _, text = section.partition("\n")
        yield name, text


each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)


def test_the_file_is_valid() -> None:
    checked = check(FILE)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_mistake_in_the_file_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "rules.yaml"
    wrong.write_text(FILE.read_text().replace("absent(", "abscent(", 1))
    assert check(wrong).returncode != 0


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_just_these_fire(case: Case, tmp_path: Path) -> None:
    ran = run(case, tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_case_fails_if_another_alert_fires(tmp_path: Path) -> None:
    [case] = [each for each in CASES if each.name == "nobody holds the Lease"]
    wrong = Case(case.name, case.about, {"14m": []}, case.leader, case.standby)
    assert "PolicyApproverNoLeader" in run(wrong, tmp_path).stderr


@each_alert
def test_each_fires_in_a_case_and_is_silent_in_another(alert: Alert) -> None:
    about = [case for case in CASES if case.about == alert.name]
    loud = [case for case in about if alert.name in set().union(*case.firing.values())]
    assert loud
    assert len(loud) < len(about)


def test_cases_are_about_alerts_that_exist() -> None:
    assert {case.about for case in CASES} == {alert.name for alert in ALERTS}


@each_alert
def test_each_says_what_it_is_and_where_to_read_on(alert: Alert) -> None:
    assert alert.severity in {"critical", "warning", "info"}
    assert alert.annotations.keys() == {"summary", "description", "runbook_url"}
    assert alert.annotations["runbook_url"] == (
        "https://github.com/policy-approver/policy-approver/blob/main/docs/runbooks.md"
        f"#{alert.name.lower()}"
    )


@each_alert
def test_what_it_says_names_only_labels_that_it_has(alert: Alert) -> None:
    said = set(re.findall(r"\$labels\.(\w+)", " ".join(alert.annotations.values())))
    grouped = re.findall(r"\bby \(([^)]*)\)", alert.expression)
    kept = (
        set.intersection(*(set(re.findall(r"\w+", labels)) for labels in grouped))
        if (grouped)
        else {"cluster", "job", "namespace", "instance"}
    )
    assert said <= kept


def test_there_is_one_runbook_for_each_in_the_order_of_the_file() -> None:
    assert [name for name, _ in runbooks()] == [alert.name for alert in ALERTS]


@each_alert
def test_each_runbook_has_all_four_parts(alert: Alert) -> None:
    text = dict(runbooks())[alert.name]
    parts = re.findall(r"(?m)^\*\*(\w+)\.\*\* \S", text)
    assert parts == ["Meaning", "Impact", "Look", "Do"]


def test_hastened_rules_are_the_same_in_less_time(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(hastened(60))
    assert check(file).returncode == 0
    assert "[30s]" in file.read_text()
    assert not re.search(r"\[\d+[mhd]\]|for: \d+[mhd]", file.read_text())
