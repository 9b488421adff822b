#!/bin/sh
# d1 of a commit, told again in a few lines that share nothing with ours: d1.sh COMMIT. Needs git, awk, sha256sum.
set -e
parent=$(git rev-parse -q --verify "$1^" || git hash-object -t tree /dev/null)
export LC_ALL=C
{
  printf 'd1\n'
  git -c core.quotePath=true diff-tree -r -p -U0 -a --no-color --no-ext-diff --no-textconv --no-renames \
    --diff-algorithm=myers --indent-heuristic --inter-hunk-context=0 --src-prefix=a/ --dst-prefix=b/ \
    --submodule=short --ignore-submodules=none --no-relative "$parent" "$1" |
    awk '
      left > 0 { print; if (/^[-+]/) left--; next }
      /^\\/ { print; next }
      /^@@ / { split($2, o, ","); split($3, n, ","); left = (o[2] == "" ? 1 : o[2]) + (n[2] == "" ? 1 : n[2]); next }
      /^diff --git / || /^(old|new|deleted file|new file) mode / { print }'
} | sha256sum | cut -c1-32
