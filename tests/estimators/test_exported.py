"""Host values as arrays like others."""

import numpy as np

from mixfold.estimators.exported import exported


def test_values_are_a_copy_of_the_type_of_another_array():
    values = np.ones((2, 2))
    like = exported(values, np.zeros(1))
    like[0, 0] = 5.0
    assert (values[0, 0], exported(values, np.zeros(1, dtype=np.float32)).dtype) == (1.0, np.float32)
