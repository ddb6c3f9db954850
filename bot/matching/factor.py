"""A large symmetric matrix as a triangular factor, to solve by it: nearly all of the work is in matrix products."""

from __future__ import annotations

from typing import Final

import numpy as np

from bot.matching.features import Floats

_SMALL: Final = 128  # rows up to which LAPACK does it, and the zeros of a triangle are multiplied, too


class Factor:
    """The lower triangle L for which L @ L.T is a positive definite matrix; it is kept by halves, in the place of that matrix."""

    def __init__(self, matrix: Floats, split: int = 0) -> None:
        """Factorise a matrix in place; what is above its diagonal is not read.

        `split`: the row where the lower half begins, the middle where it is 0. There is no lower half of 128 rows or fewer."""
        half = split or len(matrix) // 2
        if len(matrix) <= _SMALL:
            self.lower: Factor | None = None
            self._inverse = np.linalg.inv(np.linalg.cholesky(matrix))
            return
        self._upper, self._side = Factor(matrix[:half, :half]), matrix[half:, :half]
        self._upper.divide(self._side)
        _subtract_square(matrix[half:, half:], self._side)
        self.lower = Factor(matrix[half:, half:])

    def divide(self, rows: Floats) -> None:
        """Replace rows by X for which X @ L.T is what they were."""
        if self.lower is None:
            rows[:] = rows @ self._inverse.T
            return
        half = self._side.shape[1]
        self._upper.divide(rows[:, :half])
        rows[:, half:] -= rows[:, :half] @ self._side.T
        self.lower.divide(rows[:, half:])

    def solve(self, rows: Floats) -> None:
        """Replace rows by X for which X times the matrix is what they were."""
        self.divide(rows)
        self._divide_again(rows)

    def _divide_again(self, rows: Floats) -> None:
        """Replace rows by X for which X @ L is what they were."""
        if self.lower is None:
            rows[:] = rows @ self._inverse
            return
        half = self._side.shape[1]
        self.lower._divide_again(rows[:, half:])
        rows[:, :half] -= rows[:, half:] @ self._side
        self._upper._divide_again(rows[:, :half])


def _subtract_square(matrix: Floats, side: Floats) -> None:
    """Subtract side @ side.T from the lower triangle."""
    size = len(matrix)
    if size <= _SMALL:
        matrix -= side @ side.T
        return
    half = size // 2
    _subtract_square(matrix[:half, :half], side[:half])
    matrix[half:, :half] -= side[half:] @ side[:half].T
    _subtract_square(matrix[half:, half:], side[half:])
