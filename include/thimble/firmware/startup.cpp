// Start-up of a Cortex-M, M0 to M55, in place of the C library's: vectors, memory, FPU, constructors, main, exit.
#include <thimble/firmware/semihosting.hpp>
#include <thimble/firmware/stack.hpp>

namespace firmware = thimble::firmware;

extern "C" {
using function = void (*)();

extern std::uint32_t thimble_data_image[], thimble_data_begin[], thimble_data_end[];  // link.ld.S
extern std::uint32_t thimble_bss_begin[], thimble_bss_end[];
extern const function thimble_init_begin[], thimble_init_end[];

int program() asm("main");  // C++ forbids calling main by its name

// main's end is the program's end, so nothing is ever destroyed
void* __dso_handle = nullptr;
int __aeabi_atexit(void*, void (*)(void*), void*) { return 0; }
void __cxa_pure_virtual() { firmware::exit(120); }

/// `stack` is the stack pointer at the handler's entry: eight words, the seventh the faulting instruction's address.
[[noreturn, gnu::used]] void thimble_fault(const std::uint32_t* stack) {
  std::uint32_t exception;
  asm volatile("mrs %0, ipsr" : "=r"(exception));
  if (stack < thimble_stack_bottom) {
    firmware::print("fault: stack overflow\n");
  } else {
    firmware::print("fault: exception ", exception, " at ", firmware::hex{stack[6]});
#if __ARM_ARCH_ISA_THUMB >= 2
    const auto configurable_fault_status = *reinterpret_cast<const volatile std::uint32_t*>(0xe000ed28);
    firmware::print(", CFSR ", firmware::hex{configurable_fault_status});
#endif
    firmware::print("\n");
  }
  firmware::exit(121);
}

[[gnu::naked]] void thimble_fault_handler() {
  asm volatile(
      ".syntax unified\n\t"
      "mrs r0, msp\n\t"
      "ldr r1, =thimble_stack_bottom + 256\n\t"
      "cmp r0, r1\n\t"
      "bhs 1f\n\t"
      "ldr r1, =thimble_stack_top\n\t"  // too little is left to report with: begin the stack afresh
      "msr msp, r1\n"
      "1: bl thimble_fault\n\t"
      ".ltorg");
}

[[noreturn, gnu::used]] void thimble_reset() {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  *reinterpret_cast<volatile std::uint32_t*>(0xe000ed88) |= 0xfu << 20;  // CPACR: full access to CP10 and CP11
  asm volatile("dsb\n\tisb" ::: "memory");
#endif
  // volatile: no calls of memcpy and memset while memory is not ready
  const volatile std::uint32_t* image = thimble_data_image;
  for (volatile std::uint32_t* word = thimble_data_begin; word < thimble_data_end;) *word++ = *image++;
  for (volatile std::uint32_t* word = thimble_bss_begin; word < thimble_bss_end;) *word++ = 0;
  firmware::repaint_stack();
  for (const function* constructor = thimble_init_begin; constructor < thimble_init_end; ++constructor)
    (*constructor)();
  firmware::exit(program());
}

struct vector_table {
  std::uint32_t* stack;
  function handlers[15];
};

/// Reset; NMI, HardFault, MemManage, BusFault, UsageFault, SecureFault; SVCall, DebugMonitor; PendSV, SysTick.
[[gnu::section(".vectors"), gnu::used]] const vector_table thimble_vectors{
    thimble_stack_top,
    {thimble_reset, thimble_fault_handler, thimble_fault_handler, thimble_fault_handler, thimble_fault_handler,
     thimble_fault_handler, thimble_fault_handler, nullptr, nullptr, nullptr, thimble_fault_handler,
     thimble_fault_handler, nullptr, thimble_fault_handler, thimble_fault_handler}};
}
