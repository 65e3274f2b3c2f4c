// All that firmware includes.
#pragma once
#include <thimble/classifier.hpp>
#include <thimble/inference.hpp>
#include <thimble/layers/add.hpp>
#include <thimble/layers/conv2d.hpp>
#include <thimble/layers/dense.hpp>
#include <thimble/layers/depthwise_conv2d.hpp>
#include <thimble/layers/flatten.hpp>
#include <thimble/layers/input.hpp>
#include <thimble/layers/pool.hpp>
#include <thimble/network/replace_head.hpp>
#include <thimble/replay.hpp>
#include <thimble/sensor.hpp>
#include <thimble/trainer.hpp>
#include <thimble/training/schedules.hpp>
