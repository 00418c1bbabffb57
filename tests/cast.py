"""The people of the tests: always the same five, so that a test reads as a story."""

ANA = "a" * 32  # manages Ben
BEN = "b" * 32  # an employee
CLEO = "c" * 32  # reviews compliance
DAN = "d" * 32  # a stranger to all of them
ODA = "0da" + "0" * 29  # the operator
