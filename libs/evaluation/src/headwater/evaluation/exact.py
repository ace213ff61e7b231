"""Sums without rounding.

A finite float is an integer times a power of two, and so is every sum and product of floats. `Exact` keeps that integer
at any length: addition is associative, commutative and invertible, and rounding happens only once, when a value is
read. Neither compensated nor pairwise summation has these properties.

The array functions take one-dimensional float64 arrays of finite numbers; they add integers per exponent
(numpy's histogram of 26-bit halves, exact below 2**53) and so cost a few passes over the array.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HALF = 26
_CHUNK = 1 << 20  # rows per pass: 2**20 halves of 27 bits stay below 2**53
_SPLIT = 134217729.0  # 2**27 + 1: Veltkamp's constant for binary64


@dataclass(frozen=True, slots=True)
class Exact:
    """`mantissa * 2**exponent`. Canonical: the mantissa is odd, or both are 0, so equal numbers are equal objects."""

    mantissa: int = 0
    exponent: int = 0

    @staticmethod
    def of(mantissa: int, exponent: int) -> Exact:
        """The canonical form of `mantissa * 2**exponent`."""
        if mantissa == 0:
            return ZERO
        zeros = (mantissa & -mantissa).bit_length() - 1
        return Exact(mantissa >> zeros, exponent + zeros)

    @staticmethod
    def from_float(value: float) -> Exact:
        """The exact value of a finite float. Raises ValueError or OverflowError otherwise."""
        numerator, denominator = value.as_integer_ratio()
        return Exact.of(numerator, 1 - denominator.bit_length())

    def __add__(self, other: Exact) -> Exact:
        low = min(self.exponent, other.exponent)
        return Exact.of(self._at(low) + other._at(low), low)

    def __sub__(self, other: Exact) -> Exact:
        low = min(self.exponent, other.exponent)
        return Exact.of(self._at(low) - other._at(low), low)

    def __mul__(self, other: Exact) -> Exact:
        return Exact.of(self.mantissa * other.mantissa, self.exponent + other.exponent)

    def __bool__(self) -> bool:
        return self.mantissa != 0

    def __float__(self) -> float:
        """The nearest float (ties to even). Raises OverflowError beyond the largest."""
        return ratio(self, ONE)

    def _at(self, exponent: int) -> int:
        return self.mantissa << (self.exponent - exponent) if self.mantissa else 0


ZERO = Exact()
ONE = Exact(1, 0)


def integer(value: int) -> Exact:
    return Exact.of(value, 0)


def ratio(numerator: Exact, denominator: Exact) -> float:
    """The quotient, rounded once. Raises ZeroDivisionError, or OverflowError beyond the largest float."""
    above, below = _aligned(numerator, denominator)
    return above / below


def sqrt_ratio(numerator: Exact, denominator: Exact) -> float:
    """The square root of the quotient of two numbers >= 0, rounded once."""
    above, below = _aligned(numerator, denominator)
    if below == 0:
        raise ZeroDivisionError("the denominator is 0")
    shift = max(0, 130 + below.bit_length() - above.bit_length()) // 2 + 1
    squared, rest = divmod(above << (2 * shift), below)
    root = isqrt(squared)
    inexact = rest != 0 or root * root != squared
    # A sticky bit below the rounding position, as in hardware.
    return (root * 2 + inexact) / (1 << (shift + 1))


def _aligned(a: Exact, b: Exact) -> tuple[int, int]:
    low = min(a.exponent, b.exponent)
    return a._at(low), b._at(low)


def total(values: Floats) -> Exact:
    """The sum of an array."""
    return _sum(*_mantissas(values))


def dot(x: Floats, y: Floats) -> Exact:
    """The sum of `x * y`; each product is kept as two floats, without error."""
    (a, i), (b, j) = _mantissas(x), _mantissas(y)
    high, low = _two_product(a, b)
    return _sum(high, i + j) + _sum(low, i + j)


def triple(x: Floats, y: Floats, z: Floats) -> Exact:
    """The sum of `x * y * z`; each product is kept as four floats, without error."""
    (a, i), (b, j), (c, k) = _mantissas(x), _mantissas(y), _mantissas(z)
    exponents = i + j + k
    result = ZERO
    for part in _two_product(a, b):
        for piece in _two_product(part, c):
            result += _sum(piece, exponents)
    return result


def _mantissas(values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    mantissas, exponents = np.frexp(values)
    return mantissas, exponents.astype(np.int64)


def _two_product(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """`x * y` as rounded product and error (Dekker 1971, doi:10.1007/BF01397083).

    Exact because the factors are mantissas: nothing can overflow or underflow.
    """
    product = x * y
    xh, xl = _split(x)
    yh, yl = _split(y)
    return product, ((xh * yh - product) + xh * yl + xl * yh) + xl * yl


def _split(x: Floats) -> tuple[Floats, Floats]:
    scaled = _SPLIT * x
    high = scaled - (scaled - x)
    return high, x - high


def _sum(values: Floats, exponents: NDArray[np.int64]) -> Exact:
    """The sum of `values * 2**exponents`."""
    result = ZERO
    for start in range(0, len(values), _CHUNK):
        part = slice(start, start + _CHUNK)
        result += _sum_chunk(values[part], exponents[part])
    return result


def _sum_chunk(values: Floats, exponents: NDArray[np.int64]) -> Exact:
    mantissas, shifts = np.frexp(values)
    integers = np.ldexp(mantissas, 53).astype(np.int64)
    places = exponents + shifts - 53
    lowest = int(places.min())
    places = places - lowest
    high = np.bincount(places, weights=(integers >> _HALF).astype(np.float64))
    low = np.bincount(places, weights=(integers & ((1 << _HALF) - 1)).astype(np.float64))
    whole = 0
    for place in np.flatnonzero((high != 0) | (low != 0)).tolist():
        whole += ((int(high[place]) << _HALF) + int(low[place])) << place
    return Exact.of(whole, lowest)
