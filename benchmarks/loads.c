/* A plugin of QEMU 6 to 8 (`-plugin libloads.so -d plugin -D LOG`): what is executed between each two calls of thimble_mark, as lines
   "between INSTRUCTIONS LOADS BYTES". A load is one access: LDRD makes two, a vector one for each of its elements or words.
   The declarations are our own, as Debian packages no qemu-plugin.h. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint32_t qemu_plugin_meminfo_t;
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb*));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn*, void (*)(unsigned, void*), int registers, void*);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn*,
                                      void (*)(unsigned, qemu_plugin_meminfo_t, uint64_t, void*), int registers,
                                      int kinds, void*);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t);
unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb*);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb*, size_t);
const char* qemu_plugin_insn_symbol(const struct qemu_plugin_insn*);
void qemu_plugin_outs(const char*);

enum { no_registers = 0, reads_and_writes = 3 }; /* QEMU 7.2 loses some where only reads are asked for */
static uint64_t instructions, loads, bytes;

static void execute(unsigned cpu, void* data) {
  (void)cpu, (void)data;
  ++instructions;
}
static void load(unsigned cpu, qemu_plugin_meminfo_t what, uint64_t address, void* data) {
  (void)cpu, (void)address, (void)data;
  if (qemu_plugin_mem_is_store(what)) return;
  ++loads;
  bytes += 1u << qemu_plugin_mem_size_shift(what);
}
static void mark(unsigned cpu, void* data) {
  (void)cpu, (void)data;
  char line[100];
  snprintf(line, sizeof line, "between %llu %llu %llu\n", (unsigned long long)instructions, (unsigned long long)loads,
           (unsigned long long)bytes);
  qemu_plugin_outs(line);
  instructions = loads = bytes = 0;
}
static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb* block) {
  (void)id;
  const size_t n = qemu_plugin_tb_n_insns(block);
  for (size_t i = 0; i < n; ++i) {
    struct qemu_plugin_insn* at = qemu_plugin_tb_get_insn(block, i);
    const char* symbol = qemu_plugin_insn_symbol(at);
    if (i == 0 && symbol != NULL && strcmp(symbol, "thimble_mark") == 0)
      qemu_plugin_register_vcpu_insn_exec_cb(at, mark, no_registers, NULL);
    qemu_plugin_register_vcpu_insn_exec_cb(at, execute, no_registers, NULL);
    qemu_plugin_register_vcpu_mem_cb(at, load, no_registers, reads_and_writes, NULL);
  }
}

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const void* info, int count,
                                                               char** arguments) {
  (void)info, (void)count, (void)arguments;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
  return 0;
}
