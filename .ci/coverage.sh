#!/bin/sh
# coverage.sh: docs/COVERAGE.md against the tests. Each file in a rule's row has a test with the rule's tag (a guest
# program has the rule's id in its text), each tag is in the row of its rule, and each rule of a heading's range has one
# row.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."

# shellcheck disable=SC2046 # no space in these names
awk '
  function bad(why) { print at ": " why; failed = 1 }
  function ids(text, file) { # those of TEXT are in FILE
    while (match(text, /[MPS]-[0-9]+[a-z]?/)) {
      found[file, substr(text, RSTART, RLENGTH)] = 1
      text = substr(text, RSTART + RLENGTH)
    }
  }
  function path_of(name,   i) { # as the page abbreviates it; empty if there is no such file
    if (name ~ /^sd_/) name = "guest_tests/softdirty/" name ".c"
    for (i = 1; i <= folders; ++i) if ((folder[i] name) in is_file) return folder[i] name
    return ""
  }
  function row(rule, cell,   name, path) {
    if (rule in rows) bad(rule " has two rows")
    rows[rule] = 1
    while (match(cell, /`[^`]*`/)) {
      name = substr(cell, RSTART + 1, RLENGTH - 2)
      cell = substr(cell, RSTART + RLENGTH)
      if (name !~ /_test\.cpp$|^guest_tests\/|^sd_/) continue
      path = path_of(name)
      if (path == "") bad(rule ": there is no " name)
      else if (!((path, rule) in found))
        bad(rule ": " path (path ~ /^guest_tests/ ? " does not name it" : " has no test with its tag"))
      named[path, rule] = 1
    }
  }
  BEGIN { folders = split(":mmu/tests/:kernel_model/tests/", folder, ":") }
  { at = FILENAME ":" FNR }
  FNR == 1 { is_file[FILENAME] = 1 }
  FILENAME ~ /^guest_tests\// { ids($0, FILENAME); next }
  FILENAME != "docs/COVERAGE.md" {
    for (line = $0; match(line, /"(\[[^]"]*\])+"/);) { # a string of nothing but tags
      tags = substr(line, RSTART, RLENGTH)
      line = substr(line, RSTART + RLENGTH)
      while (match(tags, /\[[MPS]-[0-9]+[a-z]?\]/)) {
        rule = substr(tags, RSTART + 1, RLENGTH - 2)
        found[FILENAME, rule] = 1
        tagged[++n] = FILENAME SUBSEP rule
        tagged_at[n] = at
        tags = substr(tags, RSTART + RLENGTH)
      }
    }
    next
  }
  /^## .*\([MPS]-1 to [MPS]-[0-9]+\)$/ { # all rules from the first to the last
    last = $NF
    gsub(/[^0-9]/, "", last)
    match($0, /\([MPS]/)
    until[substr($0, RSTART + 1, 1)] = last + 0
  }
  /^\| [MPS]-[0-9]/ {
    cells = split($0, cell, "|")
    words = split(cell[2], word, " ")
    letter = substr(word[1], 1, 2)
    if (words == 1) row(word[1], cell[4])
    else for (i = substr(word[1], 3) + 0; i <= substr(word[3], 3) + 0; ++i) row(letter i, cell[4]) # "S-40 to S-49"
  }
  END {
    for (i = 1; i <= n; ++i) {
      at = tagged_at[i]
      split(tagged[i], key, SUBSEP)
      if (!(tagged[i] in named)) bad("the row of " key[2] " in docs/COVERAGE.md does not name this file")
    }
    at = "docs/COVERAGE.md"
    for (letter in until)
      for (i = 1; i <= until[letter]; ++i) if (!((letter "-" i) in rows)) bad(letter "-" i " has no row")
    if (!("M" in until) || !("P" in until)) bad("no heading with the range of M or P")
    if (!n) bad("no tags found")
    exit failed
  }' $(find -- */tests guest_tests -name '*.cpp' -o -name '*.c' -o -name '*.txt' | sort) docs/COVERAGE.md
