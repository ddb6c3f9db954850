"""The inverse of a large symmetric matrix as a triangular factor: half of the work of the whole inverse, nearly all in matrix products."""

from __future__ import annotations

from typing import Final

import numpy as np

from bot.matching.features import Floats

_SMALL: Final = 256  # rows up to which LAPACK does it, and the zeros of a triangle are multiplied, too


def invert_to_factor(matrix: Floats) -> None:
    """Overwrite a symmetric positive definite matrix by the lower triangle W for which W.T @ W is its inverse."""
    _factorise(matrix)
    for row in range(len(matrix)):
        matrix[row, row + 1 :] = 0


def _factorise(matrix: Floats) -> None:
    """Write the factor over the lower triangle, by halves; what is above the diagonal is neither read nor cleared."""
    size = len(matrix)
    if size <= _SMALL:
        matrix[:] = np.linalg.inv(np.linalg.cholesky(matrix))
        return
    half = size // 2
    top, side, bottom = matrix[:half, :half], matrix[half:, :half], matrix[half:, half:]
    _factorise(top)
    _multiply_by_transposed(side, top)
    _subtract_square(bottom, side)
    _factorise(bottom)
    _multiply_by(side, top)
    _multiply_from_left(side, bottom)
    np.negative(side, out=side)


def _multiply_by_transposed(matrix: Floats, lower: Floats) -> None:
    """Multiply in place by the transpose of a lower triangle."""
    size = len(lower)
    if size <= _SMALL:
        matrix[:] = matrix @ np.tril(lower).T
        return
    half = size // 2
    _multiply_by_transposed(matrix[:, half:], lower[half:, half:])
    matrix[:, half:] += matrix[:, :half] @ lower[half:, :half].T
    _multiply_by_transposed(matrix[:, :half], lower[:half, :half])


def _multiply_by(matrix: Floats, lower: Floats) -> None:
    """Multiply in place by a lower triangle."""
    size = len(lower)
    if size <= _SMALL:
        matrix[:] = matrix @ np.tril(lower)
        return
    half = size // 2
    _multiply_by(matrix[:, :half], lower[:half, :half])
    matrix[:, :half] += matrix[:, half:] @ lower[half:, :half]
    _multiply_by(matrix[:, half:], lower[half:, half:])


def _multiply_from_left(matrix: Floats, lower: Floats) -> None:
    """Multiply a lower triangle by a matrix, in place of the latter."""
    size = len(lower)
    if size <= _SMALL:
        matrix[:] = np.tril(lower) @ matrix
        return
    half = size // 2
    _multiply_from_left(matrix[half:], lower[half:, half:])
    matrix[half:] += lower[half:, :half] @ matrix[:half]
    _multiply_from_left(matrix[:half], lower[:half, :half])


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
