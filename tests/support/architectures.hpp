// Small networks that together hold every kind of layer in many shapes: for the tests of forward, gradients and the plan.
#pragma once
#include <thimble/thimble.hpp>

namespace thimble::test {

// clang-format off
struct pointwise_tails : network<input<shape{6, 5, 1}>, conv2d<2>, conv2d<3, relu>, conv2d<5, relu6>, conv2d<7>,
                                 dense<3>> {};
struct pointwise_wide : network<input<shape{7, 6, 6}>, conv2d<8, stride{2}>, conv2d<9, relu6>, conv2d<17>, conv2d<16>,
                                conv2d<13, stride{2, 1}>, dense<3>> {};
struct square3 : network<input<shape{11, 14, 2}>, conv2d<5, kernel{3}>, conv2d<6, kernel{3}, valid>,
                         conv2d<4, kernel{3}, stride{2}, relu6>, conv2d<7, kernel{3}, stride{2}, valid>, dense<4>> {};
struct square3_even : network<input<shape{12, 9, 4}>, conv2d<8, kernel{3}, stride{2}, relu>,
                              conv2d<3, kernel{3}, stride{2, 1}>, conv2d<11, kernel{3}, stride{2}, valid>, dense<5>> {};
struct square5 : network<input<shape{13, 10, 3}>, conv2d<4, kernel{5}, relu>, conv2d<5, kernel{5}, stride{2}>,
                         conv2d<6, kernel{5}, valid>, dense<5>> {};
struct square5_even : network<input<shape{12, 16, 1}>, conv2d<3, kernel{5}, stride{2}, relu6>,
                              conv2d<9, kernel{5}, stride{2, 1}, valid>, dense<2>> {};
struct rectangular : network<input<shape{25, 6, 1}>, conv2d<8, kernel{10, 4}, stride{2}, relu>,
                             conv2d<5, kernel{3, 1}, stride{2, 1}>, conv2d<6, kernel{1, 3}, valid>, conv2d<3, kernel{2}>,
                             dense<12>> {};
struct rectangular_valid : network<input<shape{12, 7, 2}>, conv2d<4, kernel{10, 4}, valid, relu6>, dense<4>> {};
struct larger_stride : network<input<shape{10, 11, 3}>, conv2d<6, kernel{2}, stride{3}>, conv2d<5, stride{3, 2}, relu>,
                               dense<3>> {};
struct depthwise3 : network<input<shape{9, 12, 5}>, depthwise_conv2d<>, depthwise_conv2d<stride{2}, relu6>,
                            depthwise_conv2d<valid, relu>, depthwise_conv2d<stride{2, 1}>, dense<4>> {};
struct depthwise3_even : network<input<shape{12, 8, 6}>, depthwise_conv2d<stride{2}>,
                                 depthwise_conv2d<stride{2}, valid, relu6>, dense<3>> {};
struct depthwise5 : network<input<shape{12, 11, 7}>, depthwise_conv2d<kernel{5}, relu6>,
                            depthwise_conv2d<kernel{5}, stride{2}>, depthwise_conv2d<kernel{5}, valid>, dense<6>> {};
struct depthwise7 : network<input<shape{15, 14, 3}>, conv2d<17>, depthwise_conv2d<kernel{7}, stride{2}, relu6>,
                            depthwise_conv2d<kernel{7}>, depthwise_conv2d<kernel{7}, valid>, dense<5>> {};
struct depthwise_rectangular : network<input<shape{12, 9, 9}>, depthwise_conv2d<kernel{10, 4}, stride{2, 1}, relu>,
                                       depthwise_conv2d<kernel{1, 3}, stride{1, 2}>, dense<4>> {};
struct bottleneck : network<input<shape{8, 7, 4}>, conv2d<4>,
                            residual<conv2d<13, relu6>, depthwise_conv2d<relu6>, conv2d<4>>, dense<10>> {};
struct nested : network<input<shape{7, 6, 3}>, conv2d<6, kernel{3}>,
                        residual<conv2d<6, kernel{3}, relu>, residual<depthwise_conv2d<relu6>, conv2d<6>>, conv2d<6>>,
                        residual<residual<conv2d<6>>>, global_average_pool, dense<4>> {};
struct chained : network<input<shape{5, 6, 5}>, conv2d<8, relu6>, residual<conv2d<8, kernel{3}>>, residual<conv2d<8>>,
                         conv2d<12, stride{2}>, residual<depthwise_conv2d<>, conv2d<12>>, dense<3>> {};
struct pools : network<input<shape{13, 12, 5}>, conv2d<6>, average_pool<kernel{3}, stride{2}, same>,
                       conv2d<7, kernel{3}>, max_pool<>, conv2d<8>, flatten, dense<4>> {};
struct pools_overlapping : network<input<shape{11, 14, 3}>, conv2d<9, relu6>, max_pool<kernel{3}, stride{2}>,
                                   conv2d<5>, average_pool<kernel{3}, stride{1}, same>, dense<5>> {};
struct pools_odd : network<input<shape{9, 10, 4}>, conv2d<6>, max_pool<kernel{3}, stride{1}, same>,
                           average_pool<kernel{3, 2}, stride{1}>, conv2d<5>, average_pool<kernel{2}, stride{3}, same>,
                           dense<4>> {};
struct pools_global : network<input<shape{6, 9, 3}>, conv2d<10>, residual<average_pool<kernel{3}, stride{1}, same>>,
                              residual<max_pool<kernel{3}, stride{1}, same>, conv2d<10>>, global_max_pool, dense<4>> {};
struct dense_chain : network<input<shape{4, 3, 3}>, flatten, dense<17, relu>, dense<9, relu6>, dense<5>,
                             residual<dense<5>>, dense<4>> {};
struct dense_after_map : network<input<shape{6, 6, 2}>, conv2d<5, kernel{3}, relu6>, flatten, dense<11, relu>, dense<3>> {};
struct head_only : network<input<shape{4, 4, 3}>, dense<5>> {};
struct doubled : network<input<shape{5, 5, 3}>, conv2d<6>, residual<>, residual<residual<>>, dense<3>> {};
struct like_the_demo : network<input<shape{28, 28, 1}>, conv2d<8, kernel{3}, stride{2}, relu6>,
                               depthwise_conv2d<relu6>, conv2d<12>,
                               residual<conv2d<24, relu6>, depthwise_conv2d<relu6>, conv2d<12>>,
                               conv2d<24, relu6>, depthwise_conv2d<stride{2}, relu6>, conv2d<16>,
                               residual<conv2d<32, relu6>, depthwise_conv2d<relu6>, conv2d<16>>,
                               global_average_pool, dense<10>> {};
/// Of its front a group of layers can be made again, whose first reads rows that lie over those they were made of.
struct group_after_rows_laid_over : network<input<shape{40, 37, 3}>, conv2d<8, kernel{3}, stride{2}, relu6>,
                                            depthwise_conv2d<kernel{3}, relu6>, conv2d<160, relu6>,
                                            depthwise_conv2d<kernel{1, 3}, relu6>, conv2d<8>,
                                            conv2d<8, kernel{3}, stride{4}, relu6>, conv2d<64>, conv2d<64>, conv2d<64>,
                                            conv2d<64>, conv2d<64>, conv2d<64>, conv2d<64>> {};
// clang-format on

}  // namespace thimble::test
