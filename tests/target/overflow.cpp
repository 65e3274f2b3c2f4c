// A stack that overflows its budget faults: the run fails instead of eating its own data. (The list says that this must not return 0.)
[[gnu::noinline]] static int deeper(volatile int* levels) {
  volatile char buffer[200];
  buffer[0] = 1;
  if (*levels == 0) return buffer[0];
  *levels = *levels - 1;
  return deeper(levels) + buffer[0];
}

int main() {
  static volatile int levels = 5;
  if (deeper(&levels) != 6) return 0;  // 1.2 KB of 2
  levels = 1000;
  return deeper(&levels) == 0;
}
