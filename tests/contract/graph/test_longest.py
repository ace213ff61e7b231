"""The gateway's side of the limits: the longest is accepted, one byte more is refused with the name of the field."""

import pytest

from headwater.contracts.refusals import Invalid
from tests.contract.graph.longest import ALPHABETS, EVERY, Longest, text_of


@pytest.mark.parametrize("case", EVERY, ids=[f"{case.topic}-{case.field}" for case in EVERY])
@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_the_longest_passes_and_one_byte_more_is_refused_naming_field_and_limit(case: Longest, alphabet: str) -> None:
    longest = text_of(alphabet, case.limit)
    assert len(longest.encode()) == case.limit
    case.record(longest)
    with pytest.raises(Invalid) as refused:
        case.record(longest + "x")
    assert case.field in [error.field for error in refused.value.errors]
    assert all(str(case.limit) in error.message for error in refused.value.errors)
