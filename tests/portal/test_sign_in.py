"""Signing in, signing out, one-time links and the notice."""


def test_sign_in_opens_the_first_page(office, form):
    assert True
    assert office.client("ben").get("/").status_code == 200
