"""The dashboard of policy-approver: what it shows, and in which order an operator asks."""

from typing import Final

from tests.dashboard.board import Annotation, Board, Kind, Link, Panel, Query, Row, Unit, Variable

DOCS: Final = "https://github.com/policy-approver/policy-approver/blob/main/docs"

_LEASE: Final = 'name="policy.cert-manager.io"'
_QUEUE: Final = 'name="requests"'
_CONTROLLER: Final = 'controller="certificaterequest"'
_APPROVED: Final = 'decision="approved"'
_BY_A_POLICY: Final = 'policy!=""'
_DENIED: Final = 'decision="denied"'
_ERROR: Final = 'state="error"'
_WAITING: Final = 'state="waiting"'
_UNMATCHED: Final = 'status="unmatched"'
_AT_ONCE: Final = 'held="false"'
_REFUSED: Final = 'answer="refused"'
_HELD: Final = 'held="true"'
_RATE: Final = "$__rate_interval"


def _of(metric: str, *matchers: str) -> str:
    """Select a metric of the clusters and jobs that the user has chosen."""
    chosen = ('cluster=~"$cluster"', 'job=~"$job"')
    return f"{metric}{{{', '.join((*matchers, *chosen))}}}"


_SAME_REPLICA: Final = "and on (cluster, job, namespace, instance)"
_LEADER: Final = f"{_SAME_REPLICA} ({_of('leader_election_master_status', _LEASE)} == 1)"
# approver-policy has metrics of the same names, and a Lease of this one.
_OURS: Final = f"{_SAME_REPLICA} {_of('policy_approver_build_info')}"


def _rate(metric: str, *matchers: str, ours: bool = False) -> str:
    return f"rate({_of(metric, *matchers)}[{_RATE}])" + f" {_OURS}" * ours


def _increase(metric: str, time: str, *matchers: str) -> str:
    return f"increase({_of(metric, *matchers)}[{time}])"


def _quantiles(histogram: str, *matchers: str, ours: bool = False) -> tuple[Query, ...]:
    rate = _rate(f"{histogram}_bucket", *matchers, ours=ours)
    return tuple(
        Query(f"histogram_quantile({share}, sum by (le) ({rate}))", legend)
        for share, legend in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
    )


_AT_A_GLANCE: Final = Row(
    "At a glance",
    (
        Panel(
            "Leader",
            Kind.NAME,
            (Query(f"{_of('leader_election_master_status', _LEASE)} == 1 {_OURS}", "{{pod}}"),),
            "The replica that decides. If there is none, no certificate is issued or renewed.",
            width=4,
            height=4,
        ),
        Panel(
            "Undecided by error",
            Kind.NUMBER,
            (
                Query(
                    f"sum({_of('policy_approver_pending_requests', _ERROR)} {_LEADER}) or vector(0)"
                ),
            ),
            "Requests whose review or write failed and is tried again. More than 0 for long is an"
            " outage.",
            width=4,
            height=4,
            alarm_from=1,
        ),
        Panel(
            "Waiting for a policy",
            Kind.NUMBER,
            (
                Query(
                    f"sum({_of('policy_approver_pending_requests', _WAITING)} {_LEADER})"
                    " or vector(0)"
                ),
            ),
            "Requests that a policy might approve which is not ready.",
            width=4,
            height=4,
            warn_from=1,
        ),
        Panel(
            "Oldest undecided",
            Kind.NUMBER,
            (Query(f"max({_of('policy_approver_oldest_pending_seconds')} {_LEADER})"),),
            "How long ago the oldest undecided request was created.",
            Unit.SECONDS,
            width=4,
            height=4,
            warn_from=300,
            alarm_from=3600,
        ),
        Panel(
            "Denied, last hour",
            Kind.NUMBER,
            (
                Query(
                    f"sum({_increase('policy_approver_decisions_total', '1h', _DENIED)})"
                    " or vector(0)"
                ),
            ),
            "Denials that were written in the last hour.",
            width=4,
            height=4,
        ),
        Panel(
            "Decided by others, last day",
            Kind.NUMBER,
            (
                Query(
                    f"sum({_increase('policy_approver_foreign_decisions_total', '1d')})"
                    " or vector(0)"
                ),
            ),
            "More than 0: another approver is active, and policies do not decide alone.",
            width=4,
            height=4,
            alarm_from=1,
        ),
    ),
)

_DECISIONS: Final = Row(
    "Decisions",
    (
        Panel(
            "Decisions by outcome",
            Kind.STACKED,
            (
                Query(
                    f"sum by (decision, enforcement) ({_rate('policy_approver_decisions_total')})",
                    "{{decision}} ({{enforcement}})",
                ),
            ),
            "Decisions that were written. Those of audit were approved against the policies.",
            Unit.RATE,
        ),
        Panel(
            "Approvals by policy",
            Kind.STACKED,
            (
                Query(
                    "topk(10, sum by (policy)"
                    f" ({_rate('policy_approver_decisions_total', _APPROVED, _BY_A_POLICY)}))",
                    "{{policy}}",
                ),
            ),
            "The ten policies that approve most.",
            Unit.RATE,
        ),
        Panel(
            "Decisions by namespace",
            Kind.STACKED,
            (
                Query(
                    "topk(10, sum by (request_namespace, decision)"
                    f" ({_rate('policy_approver_namespace_decisions_total')}))",
                    "{{request_namespace}}: {{decision}}",
                ),
            ),
            "The ten namespaces for whose requests most is decided.",
            Unit.RATE,
        ),
        Panel(
            "Violations by field",
            Kind.STACKED,
            (
                Query(
                    f"sum by (field) ({_increase('policy_approver_violations_total', '5m')})",
                    "{{field}}",
                ),
            ),
            "What denied requests ask for and policies do not permit, in five minutes; what audit"
            " policies object to, too.",
            width=12,
        ),
        Panel(
            "Violations, last day",
            Kind.TABLE,
            (
                Query(
                    "sort_desc(sum by (policy, field)"
                    f" ({_increase('policy_approver_violations_total', '1d')}) > 0)"
                ),
            ),
            "Which policy objects to which field, and how often.",
            width=12,
        ),
    ),
)

_UNDECIDED: Final = Row(
    "Undecided requests",
    (
        Panel(
            "Undecided by state",
            Kind.STACKED,
            (
                Query(
                    f"sum by (state) ({_of('policy_approver_pending_requests')} {_LEADER})",
                    "{{state}}",
                ),
            ),
            "new: not reviewed yet; unmatched: no policy applies; waiting: a policy that might"
            " approve is not ready; error: the review or the write failed and is tried again.",
            width=12,
        ),
        Panel(
            "Undecided by namespace",
            Kind.TABLE,
            (
                Query(
                    "sort_desc(max by (exported_namespace) ("
                    + _of(
                        "certmanager_approverpolicy_certificaterequests_approval",
                        _UNMATCHED,
                    )
                    + f" {_OURS}) > 0)"
                ),
            ),
            "Where the requests are that nobody has decided, for whatever reason.",
            width=12,
        ),
    ),
)

_LATENCY: Final = Row(
    "Latency",
    (
        Panel(
            "Decision time",
            Kind.LINES,
            _quantiles("policy_approver_decision_seconds", _AT_ONCE),
            "From first seeing a request to its written decision, of requests that their first"
            " review decides.",
            Unit.SECONDS,
        ),
        Panel(
            "Decision time, distribution",
            Kind.HEATMAP,
            (
                Query(
                    "sum by (le) ("
                    + _increase("policy_approver_decision_seconds_bucket", _RATE, _AT_ONCE)
                    + ")",
                    "{{le}}",
                ),
            ),
            "How many of these decisions took how long.",
            Unit.SECONDS,
        ),
        Panel(
            "Decision time of held requests",
            Kind.LINES,
            _quantiles("policy_approver_decision_seconds", _HELD),
            "Of requests that waited: for a policy, for a permission, or for the API server.",
            Unit.SECONDS,
        ),
        Panel(
            "Review time",
            Kind.LINES,
            _quantiles("policy_approver_review_seconds"),
            "Reading a CSR and evaluating the policies, without the API server.",
            Unit.SECONDS,
        ),
        Panel(
            "Time in the queue",
            Kind.LINES,
            _quantiles("workqueue_queue_duration_seconds", _QUEUE, ours=True),
            "How long requests wait for a worker.",
            Unit.SECONDS,
        ),
        Panel(
            "Time of a worker",
            Kind.LINES,
            _quantiles("workqueue_work_duration_seconds", _QUEUE, ours=True),
            "The review with what it waits for, and the write.",
            Unit.SECONDS,
        ),
    ),
)

_SATURATION: Final = Row(
    "Saturation",
    (
        Panel(
            "Queue",
            Kind.LINES,
            (
                Query(f"sum({_of('workqueue_depth', _QUEUE)} {_LEADER} {_OURS})", "waiting"),
                Query(f"sum({_rate('workqueue_adds_total', _QUEUE, ours=True)})", "added /s"),
                Query(f"sum({_rate('workqueue_retries_total', _QUEUE, ours=True)})", "retried /s"),
            ),
            "Requests that wait for a review, those that come in a second, and reviews put back.",
        ),
        Panel(
            "Reviews by result",
            Kind.STACKED,
            (
                Query(
                    "sum by (result) ("
                    + _rate(
                        "controller_runtime_reconcile_total",
                        _CONTROLLER,
                        ours=True,
                    )
                    + ")",
                    "{{result}}",
                ),
            ),
            "How reviews end; requeue_after: to be looked at again, without a failure.",
            Unit.RATE,
        ),
        Panel(
            "CPU",
            Kind.LINES,
            (Query(_rate("process_cpu_seconds_total", ours=True), "{{pod}}"),),
            "Cores in use. A replica decides on one; the processes of rules are not counted.",
        ),
        Panel(
            "Memory",
            Kind.LINES,
            (
                Query(f"{_of('process_resident_memory_bytes')} {_OURS}", "{{pod}}"),
                Query(_of("policy_approver_rule_worker_resident_memory_bytes"), "{{pod}}, rules"),
            ),
            "Of each replica, and of the processes in which it evaluates rules.",
            Unit.BYTES,
        ),
        Panel(
            "Lag of the event loop",
            Kind.LINES,
            _quantiles("policy_approver_loop_lag_seconds"),
            "How late the one thread is that does everything.",
            Unit.SECONDS,
        ),
        Panel(
            "Rules stopped",
            Kind.LINES,
            (
                Query(
                    "sum by (cause)"
                    f" ({_increase('policy_approver_rule_worker_restarts_total', '5m')})",
                    "{{cause}}",
                ),
                Query(f"sum({_of('policy_approver_rules_blocked')})", "rules held back"),
            ),
            "Processes of rules that ended in five minutes, and rules that were stopped lately.",
        ),
    ),
)

_POLICIES: Final = Row(
    "Policies and permissions",
    (
        Panel(
            "Policies",
            Kind.STACKED,
            (
                Query(
                    f"max by (mode, ready) ({_of('policy_approver_policies')})",
                    "{{mode}}, ready: {{ready}}",
                ),
            ),
            "Policies by mode and readiness.",
        ),
        Panel(
            "Policies that are not ready",
            Kind.TABLE,
            (Query(f"count by (policy, mode) ({_of('policy_approver_policy_ready')} == 0)"),),
            "Requests that one of them might approve wait."
            " The value counts the replicas that say so.",
        ),
        Panel(
            "Policies that approved nothing in 30 days",
            Kind.TABLE,
            (
                Query(
                    f"max by (policy, mode) ({_of('policy_approver_policy_ready')})"
                    " unless on (policy) (sum by (policy) ("
                    + _increase("policy_approver_decisions_total", "30d", _APPROVED)
                    + ") > 0)"
                ),
            ),
            "They may be unused; value 1: ready. Prometheus must have kept 30 days.",
        ),
        Panel(
            "Kinds of signers without permission",
            Kind.TABLE,
            (Query(f"count by (signer) ({_of('policy_approver_may_approve')} == 0)"),),
            "Kinds of issuers that policies select, and for which the approver may not approve: it"
            " lacks `approve` on signers. The value counts the replicas that say so.",
            width=12,
            height=5,
        ),
        Panel(
            "Fields lost",
            Kind.NUMBER,
            (Query(f"max({_of('policy_approver_crd_missing_fields')})"),),
            "Fields of policies that the installed CustomResourceDefinition drops.",
            width=6,
            height=5,
            alarm_from=1,
        ),
        Panel(
            "Webhooks amiss",
            Kind.NUMBER,
            (Query(f"max({_of('policy_approver_cert_manager_webhook_problems')})"),),
            "Configurations of cert-manager's webhook that are missing or can be passed by: a"
            " request may then name any requester.",
            width=6,
            height=5,
            alarm_from=1,
        ),
    ),
)

_API: Final = Row(
    "Kubernetes API",
    (
        Panel(
            "Calls by status",
            Kind.STACKED,
            (
                Query(
                    f"sum by (code) ({_rate('rest_client_requests_total', ours=True)})", "{{code}}"
                ),
            ),
            "409: somebody else wrote first. 403: a permission is missing. <error>: no answer.",
            Unit.RATE,
        ),
        Panel(
            "Time of calls",
            Kind.LINES,
            tuple(
                Query(
                    f"histogram_quantile({share}, sum by (verb, le) ("
                    + _rate("rest_client_request_duration_seconds_bucket", ours=True)
                    + "))",
                    f"{{{{verb}}}} {legend}",
                )
                for share, legend in ((0.5, "p50"), (0.99, "p99"))
            ),
            "Until the answer; of a watch, until it is open.",
            Unit.SECONDS,
        ),
        Panel(
            "Access reviews",
            Kind.STACKED,
            (
                Query(
                    f"sum by (result) ({_rate('policy_approver_access_reviews_total')})",
                    "{{result}}",
                ),
            ),
            "Questions whether a requester may use a policy.",
            Unit.RATE,
        ),
        Panel(
            "Watch restarts",
            Kind.LINES,
            (
                Query(
                    "sum by (resource, cause)"
                    f" ({_increase('policy_approver_watch_restarts_total', '5m')}) > 0",
                    "{{resource}}: {{cause}}",
                ),
            ),
            "Interrupted watches in five minutes. An API server ends each now and then.",
        ),
        Panel(
            "Decided by others",
            Kind.LINES,
            (
                Query(
                    "sum by (approver)"
                    f" ({_increase('policy_approver_foreign_decisions_total', '5m')})",
                    "{{approver}}",
                ),
            ),
            "Requests that another approver decided, in five minutes.",
        ),
        Panel(
            "Events lost",
            Kind.LINES,
            (
                Query(
                    f"sum by (cause) ({_increase('policy_approver_events_lost_total', '5m')})",
                    "{{cause}}",
                ),
            ),
            "Events that could not be written, in five minutes. Decisions do not wait for them.",
        ),
    ),
    collapsed=True,
)

_WEBHOOK: Final = Row(
    "Webhook",
    (
        Panel(
            "Answers of the webhook",
            Kind.STACKED,
            (
                Query(
                    f"sum by (webhook, answer) ({_rate('policy_approver_webhook_answers_total')})",
                    "{{webhook}}: {{answer}}",
                ),
            ),
            "What was said of policies and requests when they were written; unchecked: it could"
            " not be said.",
            Unit.RATE,
        ),
        Panel(
            "Calls of the webhook by status",
            Kind.STACKED,
            (
                Query(
                    "sum by (webhook, code)"
                    f" ({_rate('controller_runtime_webhook_requests_total', ours=True)})",
                    "{{webhook}}: {{code}}",
                ),
            ),
            "200: answered, a refusal, too. The API server alone knows of calls that did not"
            " arrive.",
            Unit.RATE,
        ),
        Panel(
            "Time of the webhook",
            Kind.LINES,
            (
                Query(
                    "histogram_quantile(0.99, sum by (webhook, le) ("
                    + _rate("controller_runtime_webhook_latency_seconds_bucket", ours=True)
                    + "))",
                    "{{webhook}} p99",
                ),
            ),
            "How long the API server waits for one in a hundred answers, without the network.",
            Unit.SECONDS,
        ),
        Panel(
            "Policies refused",
            Kind.LINES,
            (
                Query(
                    "sum by (webhook)"
                    f" ({_increase('policy_approver_webhook_answers_total', '5m', _REFUSED)})",
                    "{{webhook}}",
                ),
            ),
            "Policies that could not have become ready, and were not written, in five minutes.",
        ),
        Panel(
            "The webhook's certificate expires in",
            Kind.NUMBER,
            (
                Query(
                    "min("
                    + _of("policy_approver_webhook_certificate_expiry_timestamp_seconds")
                    + " > 0) - time()"
                ),
            ),
            "Of the replica whose certificate expires first. It is renewed when a third of its"
            " life is left.",
            Unit.SECONDS,
        ),
        Panel(
            "CAs of the webhook made",
            Kind.NUMBER,
            (Query(f"sum({_increase('policy_approver_webhook_ca_rotations_total', '30d')})"),),
            "In 30 days. The next CA is trusted before it signs.",
        ),
    ),
    collapsed=True,
)

_SHADOW: Final = Row(
    "Shadow, and versions",
    (
        Panel(
            "Beside another approver",
            Kind.TABLE,
            (
                Query(
                    "sort_desc(sum by (ours, theirs)"
                    f" ({_increase('policy_approver_shadow_total', '$__range')}) > 0)"
                ),
            ),
            "What a shadow would have decided, and what the other approver did; none: the request"
            " was deleted.",
            width=12,
            height=6,
        ),
        Panel(
            "Versions",
            Kind.TABLE,
            (
                Query(
                    "count by (version, revision, python, cel)"
                    f" ({_of('policy_approver_build_info')})"
                ),
            ),
            "Replicas by what they run; cel: whether rules can be evaluated.",
            width=12,
            height=6,
        ),
    ),
    collapsed=True,
)

BOARD: Final = Board(
    uid="policy-approver",
    title="policy-approver",
    rows=(
        _AT_A_GLANCE,
        _DECISIONS,
        _UNDECIDED,
        _LATENCY,
        _SATURATION,
        _POLICIES,
        _API,
        _WEBHOOK,
        _SHADOW,
    ),
    variables=(
        Variable("cluster", "policy_approver_build_info"),
        Variable("job", 'policy_approver_build_info{cluster=~"$cluster"}'),
    ),
    annotations=(
        Annotation(
            "Leader changed",
            f"changes({_of('leader_election_master_status', _LEASE)}[{_RATE}]) > 0 {_OURS}",
            "purple",
            "{{pod}}",
        ),
        Annotation(
            "Restarted",
            f"{_of('process_start_time_seconds')} * 1000 {_OURS}",
            "red",
            "{{pod}}",
            times=True,
        ),
    ),
    links=(Link("Runbooks", f"{DOCS}/runbooks.md"), Link("Metrics", f"{DOCS}/metrics.md")),
)
