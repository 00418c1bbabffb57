"""Few things in many places: what is stored beside some of the places are those things alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analytics.repeated import Repeated, at

PLACES = st.lists(st.integers(0, 5), max_size=30)
THINGS = [f"thing {number}" for number in range(6)]


@given(PLACES, st.data())
def test_it_is_a_sequence_of_its_things_and_holds_no_others(places: list[int], data: st.DataObject) -> None:
    whole = Repeated.of(THINGS, np.array(places, np.int64))
    chosen = data.draw(st.lists(st.integers(0, len(places) - 1), max_size=10)) if places else []

    some = at(whole, np.array(chosen, np.int64))

    assert list(whole) == [whole[n] for n in range(len(whole))] == [THINGS[place] for place in places]
    assert list(some) == at([THINGS[place] for place in places], np.array(chosen, np.int64))
    assert set(whole.different) == set(whole)
    assert isinstance(some, Repeated)
    assert set(some.different) == set(some)
    assert list(whole[1:3]) == list(whole)[1:3]
