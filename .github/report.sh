#!/usr/bin/env bash
# report.sh TITLE FILE…: open an issue of that title with the end of the files, or add them to the one that is open.
set -euo pipefail
title=$1; shift
body=$(mktemp)
for file in "$@"; do
    [ -e "$file" ] && { echo "### $file"; echo '```'; tail -n 80 "$file" | cut -c1-300; echo '```'; } >> "$body"
done
number=$(gh issue list --state open --search "in:title \"$title\"" --json number --jq '.[0].number // empty')
if [ -n "$number" ]; then gh issue comment "$number" --body-file "$body"; else gh issue create --title "$title" --body-file "$body"; fi
