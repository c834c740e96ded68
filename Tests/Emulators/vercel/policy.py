"""Network policies: what is sent, and how it is read back, without secrets.

They are kept and shown, not enforced: no machine has a way to the internet in any case.
"""

from typing import Any

from cloud.fields import Fields
from vercel.refusals import invalid

ALLOW_ALL = {"mode": "allow-all"}


def parse(value: Any) -> dict[str, Any]:
    """Takes both forms, the one by domain and the one of lists, and gives the one that is shown."""
    fields = Fields(value, invalid, "networkPolicy")
    mode = fields.text("mode", allowed=("allow-all", "deny-all", "custom"))
    if mode in ("allow-all", "deny-all"):
        fields.done()
        return {"mode": mode}
    shown: dict[str, Any] = {"mode": "custom"}
    if "allow" in fields or "subnets" in fields or mode is None:
        if "allow" not in fields and "subnets" not in fields:
            raise invalid("networkPolicy needs a mode, allow or subnets")
        _by_domain(fields, shown)
    else:
        shown["allowedDomains"] = fields.texts("allowedDomains", [])
        for name in ("allowedCIDRs", "deniedCIDRs"):
            if (listed := fields.texts(name)) is not None:
                shown[name] = listed
        for rule in fields.objects("injectionRules") or []:
            domain, headers = rule.needed_text("domain"), rule.text_map("headers", {}) or {}
            rule.done()
            _add(shown, "injectionRules", {"domain": domain, "headerNames": list(headers)})
    fields.done()
    return shown


def _by_domain(fields: Fields, shown: dict[str, Any]) -> None:
    allow = fields.anything("allow")
    if isinstance(allow, list) and all(isinstance(each, str) for each in allow):
        shown["allowedDomains"] = allow
    elif isinstance(allow, dict):
        shown["allowedDomains"] = list(allow)
        for domain, rules in allow.items():
            if not isinstance(rules, list):
                raise invalid(f"networkPolicy.allow.{domain} must be a list")
            for rule in rules:
                _rule(domain, Fields(rule, invalid, f"networkPolicy.allow.{domain}"), shown)
    elif allow is not None:
        raise invalid("networkPolicy.allow has the wrong type")
    if subnets := fields.object("subnets"):
        for name, shown_as in (("allow", "allowedCIDRs"), ("deny", "deniedCIDRs")):
            if (listed := subnets.texts(name)) is not None:
                shown[shown_as] = listed
        subnets.done()


def _rule(domain: str, rule: Fields, shown: dict[str, Any]) -> None:
    match = rule.anything("match")
    dimensions = {"matchDimensions": list(match)} if isinstance(match, dict) else {}
    if transforms := rule.objects("transform"):
        for transform in transforms:
            headers = transform.text_map("headers", {}) or {}
            transform.done()
            _add(shown, "injectionRules", {"domain": domain, "headerNames": list(headers), **dimensions})
    if url := rule.text("forwardURL"):
        _add(shown, "forwardRules", {"domain": domain, "forwardURL": url, **dimensions})
    if response := rule.object("response"):
        status = response.integer("statusCode", least=200)
        if status is None or status > 599:
            raise invalid("response.statusCode must be between 200 and 599")
        _add(shown, "responseRules", {"domain": domain, "statusCode": status, **dimensions})
    rule.done()


def _add(shown: dict[str, Any], name: str, entry: dict[str, Any]) -> None:
    shown.setdefault(name, []).append(entry)
