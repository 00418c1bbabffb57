"""The names of the pages that the browser opens; `conftest.places` has their addresses."""

EMPLOYEE_PAGES = {
    "today": "/",
    "mirror": "/me/as-seen-by-manager",
    "who looked": "/me/access",
    "recorded": "/me/recorded",
    "trends": "/me/trends",
    "pattern": "/me/pattern",
    "account": "/me/account",
    "tokens": "/me/tokens",
    "notices": "/me/notices",
}
NAMES = (
    *EMPLOYEE_PAGES,
    "roster",
    "person",
    "closed week",
    "running week",
    "past day",
    "empty day",
    "first run",
    "welcome",
    "invitation",
    "log",
    "entry",
    "verification",
    "people",
    "system",
    "sign-in",
    "not found",
)
