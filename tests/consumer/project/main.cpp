// A user's program, the same for host and device. Its main returns 0 if all is well.
#include <boost/mp11.hpp>

#if __has_include(<thimble/thimble.hpp>)
#include <thimble/thimble.hpp>
#endif

int main() {
  using list = boost::mp11::mp_list<int, char>;
  return boost::mp11::mp_size<list>::value == 2 ? 0 : 1;
}
