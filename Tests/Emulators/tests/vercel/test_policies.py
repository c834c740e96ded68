"""Network policies: what is accepted, and how it is read back."""

from typing import Any

import pytest

RULE = {"match": {"path": {"startsWith": "/"}, "method": ["GET"]}}


@pytest.mark.parametrize(("sent", "read"), [
    ({"mode": "allow-all"}, {"mode": "allow-all"}),
    ({"allow": ["a.example", "b.example"]}, {"mode": "custom", "allowedDomains": ["a.example", "b.example"]}),
    ({"subnets": {"deny": ["10.0.0.0/8"]}}, {"mode": "custom", "deniedCIDRs": ["10.0.0.0/8"]}),
    ({"mode": "custom", "allowedDomains": ["a"], "allowedCIDRs": ["1.1.1.1/32"],
      "injectionRules": [{"domain": "a", "headers": {"Key": "secret"}}]},
     {"mode": "custom", "allowedDomains": ["a"], "allowedCIDRs": ["1.1.1.1/32"],
      "injectionRules": [{"domain": "a", "headerNames": ["Key"]}]}),
    ({"allow": {"a": [{**RULE, "forwardURL": "https://b"}], "c": [{"response": {"statusCode": 403}}]}},
     {"mode": "custom", "allowedDomains": ["a", "c"],
      "forwardRules": [{"domain": "a", "forwardURL": "https://b", "matchDimensions": ["path", "method"]}],
      "responseRules": [{"domain": "c", "statusCode": 403}]}),
])
def test_read_back(api: Any, sent: Any, read: Any) -> None:
    _, session = api.create(networkPolicy=sent)
    assert api("GET", session).json["session"]["networkPolicy"] == read
    assert api("POST", session + "/network-policy", {"mode": "deny-all"}).json["session"]["networkPolicy"] == {
        "mode": "deny-all"
    }
    assert api("POST", session + "/network-policy", sent).json["session"]["networkPolicy"] == read


@pytest.mark.parametrize("sent", [
    {"mode": "none"}, {"allow": 1}, {"allow": {"a": 1}}, {"allow": {"a": [{"unknown": 1}]}}, {"subnets": {"all": []}},
    {"mode": "deny-all", "allow": []}, {"allow": {"a": [{"response": {"statusCode": 1000}}]}},
    {"mode": "custom", "injectionRules": [{"headers": {}}]},
])
def test_refused(api: Any, sent: Any) -> None:
    _, session = api.create()
    assert api("POST", session + "/network-policy", sent).status == 400
