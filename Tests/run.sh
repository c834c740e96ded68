#!/usr/bin/env bash
# Runs the tests of each target in a process of its own, one after another: they measure memory, freeze processes and
# fill connection pools, and must not do that to each other.
#
#   Tests/run.sh [flags of `swift test`]
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

limit="${SANDFLEET_TEST_LIMIT:-600}"
passed=0
failed=()
log="$(mktemp)"
# What went wrong, told once more at the end, where it is looked for.
troubles="$(mktemp)"
trap 'rm -f "$log" "$troubles"' EXIT
for folder in Tests/*Tests; do
    target="$(basename "$folder")"
    printf '\n── %s\n' "$target"
    # A test that hangs fails by name here: a whole run that is cut off tells nobody which one it was.
    # Line by line, so that its last lines are there as well.
    timeout --kill-after=10 "$limit" stdbuf --output=L "${SWIFT:-swift}" test --skip-build --filter "^$target\\." "$@" >"$log" 2>&1 </dev/null
    status=$?
    ((status != 124 && status != 137)) || echo "$target did not end within $limit seconds" >>"$log"
    count="$(sed -nE 's/.*Test run with ([0-9]+) tests? .*/\1/p' "$log" | tail -n 1)"
    if ((status == 0)) && [[ "${count:-0}" -gt 0 ]]; then
        grep -E 'skipped|Test run with' "$log"
        passed=$((passed + count))
    else
        # A target in which no test ran is broken as well.
        cat "$log"
        failed+=("$target")
        grep -E '✘|did not end|error:|rash' "$log" | sed "s/^/$target: /" | cut -c1-400 | tail -n 20 >>"$troubles"
    fi
done
# The emulators of clouds, proven by their own tests and by the providers' SDKs. Single failures are counted there.
printf '\n── Emulators\n'
"${SANDFLEET_TEST_PYTHON:-/usr/bin/python3}" -B Tests/Conformance/sdk/run.py >"$log" 2>&1 </dev/null
status=$?
read -r proven _ broken _ < <(tail -n 1 "$log")
if ((status == 0)); then
    grep -vE '^[0-9]+ passed, ' "$log"
else
    cat "$log"
    grep -E '^(FAILED|ERROR|✘)|did not end' "$log" | cut -c1-400 | tail -n 20 >>"$troubles"
    failed+=(Emulators)
fi
[[ "$proven" =~ ^[0-9]+$ ]] || proven=0
# What benchmarks judge by.
printf '\n── Benchmarks\n'
(cd Benchmarks && "${SANDFLEET_TEST_PYTHON:-/usr/bin/python3}" -B -m unittest discover --start-directory tests --top-level-directory .) >"$log" 2>&1 </dev/null
status=$?
count="$(sed -nE 's/^Ran ([0-9]+) tests? .*/\1/p' "$log")"
if ((status == 0)) && ((${count:-0} > 0)); then
    tail -n 3 "$log"
    passed=$((passed + count))
else
    cat "$log"
    grep -E '^(FAIL|ERROR):' "$log" | tail -n 20 >>"$troubles"
    failed+=(Benchmarks)
fi
[[ "$broken" =~ ^[0-9]+$ ]] || broken=1
passed=$((passed + proven))
# One stands in the list of failed already.
more=$((broken > 1 ? broken - 1 : 0))
echo
cat "$troubles"
((${#failed[@]} == 0)) || echo "failed: ${failed[*]}"
echo "$passed passed, $((${#failed[@]} + more)) failed"
((${#failed[@]} == 0))
