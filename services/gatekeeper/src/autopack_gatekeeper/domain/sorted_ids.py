"""Working on sorted lists of ids without hashing them."""

from collections.abc import Sequence

_LONGEST_STRIDE = 1 << 12


def differences(first: Sequence[str], second: Sequence[str]) -> tuple[list[str], list[str]]:
    """The ids that only ``first`` holds and those that only ``second`` holds, both ascending.

    Both lists are strictly ascending. Equal stretches are passed in strides that double as long as they fit, each one
    comparison of slices, so that the cost is that of the few differences and of one look at each id.
    """
    only_first: list[str] = []
    only_second: list[str] = []
    i = j = 0
    stride = 1
    while i < len(first) and j < len(second):
        if first[i : i + stride] == second[j : j + stride]:
            i += stride
            j += stride
            stride = min(stride * 2, _LONGEST_STRIDE)
        elif stride > 1:
            stride //= 2
        elif first[i] < second[j]:
            only_first.append(first[i])
            i += 1
        else:
            only_second.append(second[j])
            j += 1
    return [*only_first, *first[i:]], [*only_second, *second[j:]]
