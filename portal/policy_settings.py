"""The policy that the settings choose, where nobody has to sign: a preset, the category rules, and how long is kept.

It is put together as one text like any other policy, so that it can be shown, compared, dated and, later, signed.
"""

import functools
from pathlib import Path

from analytics.categories import RulesError, as_stated, load
from portal.config import Config, ConfigError
from privacy.capture import DEFAULT_PRESET, preset_text
from privacy.capture_policy import CapturePolicy, PolicyBroken, read
from privacy.policy_text import categories_text


def chosen_body(config: Config) -> str:
    """Return the body of the text that the settings choose."""
    rules = config.category_rules
    changed = None if rules is None else rules.stat().st_mtime_ns
    return _body(config.capture_preset, rules, changed, config.retain_months, config.retain_log_years)


@functools.lru_cache(maxsize=64)
def _body(preset: str, rules: Path | None, _changed: int | None, months: int, log_years: int) -> str:
    try:
        categories = as_stated(load(rules))
    except RulesError as error:
        raise ConfigError(f"SAMEVIEW_CATEGORY_RULES: {error}") from error
    body = (
        preset_text(preset)
        .replace("\nmonths = 13\n", f"\nmonths = {months}\n", 1)
        .replace("\nlog_years = 3\n", f"\nlog_years = {log_years}\n", 1)
    )
    body += categories_text(categories)
    try:
        read(body, draft=True)
    except PolicyBroken as error:
        raise ConfigError(f"SAMEVIEW_CATEGORY_RULES: no policy can state these rules: {error}") from error
    return body


def contradictions(config: Config, policy: CapturePolicy) -> list[str]:
    """Return which settings choose something else than a policy that was signed says; defaults choose nothing."""
    found = []
    if config.capture_preset not in (DEFAULT_PRESET, policy.name):
        found.append(
            f"SAMEVIEW_CAPTURE_PRESET is {config.capture_preset}, but the signed policy is {policy.name}: the setting"
            " has no say any more; leave it out"
        )
    if config.category_rules is not None and as_stated(load(config.category_rules)) != policy.categories:
        found.append(
            "SAMEVIEW_CATEGORY_RULES: the file has other rules than the signed policy: the setting has no say any more;"
            " leave it out"
        )
    return found
