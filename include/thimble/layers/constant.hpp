// A tensor that lies in flash.
#pragma once
#include <boost/mp11/list.hpp>

#include <thimble/network/rule.hpp>

namespace thimble::constant {

/// No step, no SRAM: who reads it reads flash. The layer says `static const std::int8_t* data()`.
struct rules {
  using forward = boost::mp11::mp_list<>;
  using gradient = boost::mp11::mp_list<>;
  static constexpr void complete_constant(facts& f) {
    f.kind = "constant";
    f.is_constant = true;
  }
};

}  // namespace thimble::constant
