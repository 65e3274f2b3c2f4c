#!/bin/bash
# Runs the demo's three images in QEMU and prints what they say. usage: run.sh BUILD_FOLDER QEMU_RUNNER BOARD
set -euo pipefail
build=$1 qemu=$2 board=$3
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

run() { "$qemu" ${3:+"$3"} --timeout 1800 "$board" "$build/handwriting_$1.elf" data/digits.bin ${2:+"$2"}; }

"$build/handwriting_plan"
echo
echo "Sparse update. (Meanwhile, on the other core, everything learns the same lessons; the head alone follows.)"
run full > "$build/full.log" 2>&1 & full=$!
run sparse
echo
echo "The head alone."
run classifier
echo
echo "Everything (ten minutes in all; waiting)."
wait $full || { cat "$build/full.log"; exit 1; }
cat "$build/full.log"
echo
for image in sparse classifier full; do run $image count --icount | grep instructions; done

# Flash: what the image stores, code, constants and initial data.
arm-none-eabi-size "$build/handwriting_sparse.elf" | awk 'NR == 2 {print "figure demo.flash_bytes", $1 + $2, "bytes"}'
if [ -f "$build/compile_cost" ]; then
  tail -n 2 "$build/compile_cost" | sort -n | tail -n 1 |
    awk -F_ '{print "figure compile.demo_seconds", $1, "s"; printf "figure compile.demo_megabytes %.0f MB\n", $2 / 1024}'
fi
