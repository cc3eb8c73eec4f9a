"""What the objects are: requests, decisions, and the values in them."""

from approver.model.decision import Decision, PolicyTrace, Problem, Verdict, Violation
from approver.model.duration import format_duration, parse_duration
from approver.model.errors import Error, InvalidObjectError
from approver.model.objects import Condition, MetadataOnly, Object, ObjectMeta, without_nulls
from approver.model.request import IssuerRef, Request, Requester, RequestSpec, RequestStatus
from approver.model.service_account import ServiceAccount, groups_of
from approver.model.text import fitting, quote, quote_all, shorten, some

__all__ = [
    "Condition",
    "Decision",
    "Error",
    "InvalidObjectError",
    "IssuerRef",
    "MetadataOnly",
    "Object",
    "ObjectMeta",
    "PolicyTrace",
    "Problem",
    "Request",
    "RequestSpec",
    "RequestStatus",
    "Requester",
    "ServiceAccount",
    "Verdict",
    "Violation",
    "fitting",
    "format_duration",
    "groups_of",
    "parse_duration",
    "quote",
    "quote_all",
    "shorten",
    "some",
    "without_nulls",
]
