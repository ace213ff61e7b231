"""What is wrong with what somebody sent."""

from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem


def invalid(field: str, message: str) -> Problem:
    """422 that names the field."""
    return Problem(Problems.INVALID, f"{field}: {message}", errors=[{"field": field, "message": message}])
