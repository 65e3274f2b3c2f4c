#pragma once
#include <thimble/kernels/arm_thumb/plane.hpp>
