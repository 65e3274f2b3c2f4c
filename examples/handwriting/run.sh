#!/bin/bash
# Runs the demo's three images in QEMU and prints what they say. usage: run.sh BUILD_FOLDER QEMU_RUNNER BOARD
set -euo pipefail
build=$1 qemu=$2 board=$3
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

run() { "$qemu" ${3:+"$3"} --timeout 1800 "$board" "$build/handwriting_$1.elf" data/digits.bin ${2:+"$2"}; }

"$build/handwriting_plan"
echo
echo "The head alone, and everything, learn the same lessons meanwhile on the other core."
{ run classifier && run full; } > "$build/others.log" 2>&1 & others=$!
run sparse
wait $others
echo
grep figure "$build/others.log"
for image in sparse classifier full; do run $image count --icount | grep instructions; done

# Flash: what the image stores, code, constants and initial data.
arm-none-eabi-size "$build/handwriting_sparse.elf" | awk 'NR == 2 {print "figure demo.flash_bytes", $1 + $2, "bytes"}'
if [ -f "$build/compile_cost" ]; then
  tail -n 2 "$build/compile_cost" | sort -n | tail -n 1 |
    awk -F_ '{print "figure compile.demo_seconds", $1, "s"; printf "figure compile.demo_megabytes %.0f MB\n", $2 / 1024}'
fi
