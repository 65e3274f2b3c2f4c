// What of digits should learn. Found by thimble's lab.
// Learner: 40712 bytes (arena 15260, changed by training 25440), as of portable kernels.
// A step: 1609872 MACs, of which a latent spares 411600.
// Gain over the classifier alone, by the sum of its parts: 23.66 loss saved, hundredths of a nat.
// Budget: 40960 bytes. Data: digits:digits.bin, 600 + 500, seed 1.
#pragma once
#include <thimble/training/sparse_update.hpp>

struct found_for_digits
    : thimble::sparse_update<thimble::biases_of_last<8>, thimble::weights<8, thimble::ratio{1, 4}>,
                             thimble::weights<9, thimble::ratio{1, 2}>, thimble::weights<11, thimble::ratio{1, 8}>,
                             thimble::weights<12, thimble::ratio{1, 2}>, thimble::weights<13, thimble::ratio{1, 2}>,
                             thimble::weights_of_head> {};
