#pragma once
#include <thimble/kernels/arm_thumb/tile.hpp>
