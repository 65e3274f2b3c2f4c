// 9 KB of data for an SRAM budget of 8 KB: must not link.
static volatile char memory[9 * 1024];

int main() {
  memory[1] = 1;
  return memory[0];
}
