#!/bin/bash
# Instructions and loads per MAC (per output, of what multiplies nothing) of each kind of layer: what layers.cpp prints beside what
# loads.c counts.
# usage: kinds.sh NETWORK.CORE LOG COMMAND..., which runs layers.cpp with the plugin writing LOG
set -euo pipefail
name=$1 log=$2
shift 2
"$@" > "$log.layers"
awk -v name="$name" '
  FNR == NR { if ($1 == "between" && ++marks % 2 == 0) { at = marks / 2; instructions[at] = $2; loads[at] = $3; bytes[at] = $4 } next }
  $1 == "layer" {
    ++n
    for (i = 4; i < NF; ++i) { if ($i == "macs") macs = $(i + 1); if ($i == "outputs") outputs = $(i + 1) }
    work[$3] += macs > 0 ? macs : outputs; unit[$3] = macs > 0 ? "MAC" : "output"
    a[$3] += instructions[n]; b[$3] += loads[n]; c[$3] += bytes[n] / 4
    total += instructions[n]
  }
  END {
    if (n == 0 || n * 2 != marks) { print "the plugin saw " marks " marks for " n " layers"; exit 1 }
    for (kind in work) {
      printf "figure instructions_per_%s.%s.%s %.3f\n", unit[kind], kind, name, a[kind] / work[kind]
      printf "figure loads_per_%s.%s.%s %.3f (%.3f words) in %.1f%% of %.1f million instructions\n", unit[kind], kind, name,
        b[kind] / work[kind], c[kind] / work[kind], 100 * a[kind] / total, total / 1e6
    }
  }' "$log" "$log.layers" | sort
